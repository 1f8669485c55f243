"""A Reflex Layer of its own for each test, spoken to as over HTTP; and a Redis to share."""

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
import redis
import uvicorn

from reflex_layer.config import Settings
from reflex_layer.main import create_app

Connect = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]
Start = Callable[..., AbstractContextManager[httpx2.Client]]

USUAL_REDIS = "redis://127.0.0.1:6379/0"


@asynccontextmanager
async def _connect(**settings: object) -> AsyncIterator[httpx2.AsyncClient]:
    app = create_app(Settings.model_validate(settings))
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://reflex") as client,
    ):
        yield client


@asynccontextmanager
async def _serve(**settings: object) -> AsyncIterator[httpx2.AsyncClient]:
    class Server(uvicorn.Server):
        up = asyncio.Event()

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            self.up.set()

    app = create_app(Settings.model_validate(settings))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(uvicorn.Config(app, log_config=None))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await server.up.wait()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            async with httpx2.AsyncClient(base_url=url, trust_env=False, timeout=30) as client:
                yield client
        finally:
            server.should_exit = True
            await serving


@contextmanager
def _start(**environment: str) -> Iterator[httpx2.Client]:
    command = [sys.executable, "-c", "from reflex_layer.commands import reflex; reflex()"]
    variables = os.environ | {"REFLEX_PORT": "0"} | environment
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=variables) as process:
        try:
            with httpx2.Client(base_url=_address(process), trust_env=False, timeout=30) as client:
                yield client
        finally:
            process.terminate()


def _address(process: subprocess.Popen[str]) -> str:
    """Read the service's log until it says where it listens."""
    assert process.stderr is not None
    for line in iter(process.stderr.readline, ""):
        if found := re.search(r"http://127\.0\.0\.1:[0-9]+", line):
            return found.group()
    raise AssertionError("the service ended before it listened")


@pytest.fixture(autouse=True)
def no_settings_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep `REFLEX_*` variables of the machine out of the tests."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"REFLEX_{name.upper()}", raising=False)


@pytest.fixture
def connect() -> Connect:
    """A Reflex Layer with the settings given, ready and running inside this process."""
    return _connect


@pytest.fixture
def serve() -> Connect:
    """A Reflex Layer with the settings given, on a loopback port."""
    return _serve


@pytest.fixture
def start() -> Start:
    """`octollm reflex` as a process of its own, with the variables given, on a loopback port."""
    return _start


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """A Reflex Layer with the default settings."""
    async with _connect() as connected:
        yield connected


class OwnRedis:
    """A Redis of the test's own, to be stopped and started as it likes. Keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        command = ["redis-server", "--port", str(self._port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no", "--dir", str(self._folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if b"Ready to accept connections" in line:
                return
        raise AssertionError("redis-server ended before it listened")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    """A Redis that runs, and may be stopped."""
    _skip_without_redis_server()
    server = OwnRedis(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The Redis of this machine; where there is none, one for this test process."""
    try:
        with redis.Redis.from_url(USUAL_REDIS, socket_connect_timeout=1) as usual:
            usual.ping()
    except redis.RedisError:
        _skip_without_redis_server()
        server = OwnRedis(tmp_path_factory.mktemp("redis"))
        server.start()
        yield server.url
        server.stop()
    else:
        yield USUAL_REDIS


@pytest.fixture
def shared(redis_url: str) -> Iterator[dict[str, object]]:
    """Settings by which replicas share verdicts and limits, under names of this test's own."""
    prefix = f"octollm-test:{uuid4().hex}"
    yield {
        "redis_url": redis_url,
        "redis_prefix": prefix,
        "redis_timeout": 5,
        "cache_secret": "a secret of all the replicas of this test",
    }
    with redis.Redis.from_url(redis_url) as client:
        for name in client.scan_iter(f"{prefix}:*"):
            client.delete(name)


def _skip_without_redis_server() -> None:
    if shutil.which("redis-server") is None:
        pytest.skip("no Redis at 127.0.0.1:6379, and no redis-server to start one")
