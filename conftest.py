"""What every test may use: a PostgreSQL of its own, and the house running on it."""

from __future__ import annotations

import asyncio
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import structlog
from fastapi import FastAPI

from app import embedded, migrate, worker
from app.config import Settings
from app.main import create_app
from app.parts import Parts
from app.serving import listen, server_of, until_started
from octollm.arm import Arm
from reflex_layer.config import Settings as ReflexSettings
from reflex_layer.main import create_app as create_reflex

TEMPLATE = "template_house"

# A shell starts what it runs in the background with SIGINT ignored, and every child inherits it:
# no program under test would hear of Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Without the values of all variables, which it takes a minute to draw for an error of a library.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        ),
    ]
)


@pytest.fixture(autouse=True)
def _logs_stay_as_they_are() -> Iterator[None]:
    """What a command under test does to the logs of its process is undone."""
    kept = structlog.get_config()
    yield
    structlog.configure(**kept)


def _room() -> str | None:
    """Return where a throw-away server is quickest: memory, if the machine has enough to spare."""
    memory = Path("/dev/shm")  # noqa: S108  (a mkdtemp folder is made in it)
    if memory.is_dir() and shutil.disk_usage(memory).free > 1_000_000_000:
        return str(memory)
    return None


@pytest.fixture(scope="session")
def postgres() -> Iterator[embedded.Server]:
    """A throw-away PostgreSQL, one for each test process."""
    folder = Path(tempfile.mkdtemp(prefix="octollm-test-", dir=_room()))
    try:
        with embedded.running(folder, durable=False) as server:
            server.create_database(TEMPLATE)
            migrate.upgrade(server.url(TEMPLATE))
            yield server
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def database_url(postgres: embedded.Server) -> Iterator[str]:
    """A migrated, empty database of the test's own, where it may commit and race."""
    name = f"test_{uuid4().hex}"
    postgres.create_database(name, template=TEMPLATE)
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings with every wait short, so that tests wait on events and not on intervals."""
    return Settings(
        database_url=database_url,
        db_pool_size=5,
        reflex_url="http://reflex.in-process",
        worker_instances=1,
        worker_poll=0.05,
        worker_grace=0.2,
        worker_heartbeat=0.2,
        worker_stale=1,
        sweep_interval=0.1,
        reconcile_interval=0.1,
        retry_backoff=0.05,
    )


@asynccontextmanager
async def reflex_in_process() -> AsyncIterator[httpx2.AsyncBaseTransport]:
    app = create_reflex(ReflexSettings())
    async with app.router.lifespan_context(app):
        yield httpx2.ASGITransport(app=app)


@dataclass
class House:
    """A running API on a loopback port, and workers beside it as the test wants them."""

    settings: Settings
    app: FastAPI
    http: httpx2.AsyncClient
    stops: list[tuple[asyncio.Event, asyncio.Task[None]]] = field(default_factory=list)

    @property
    def parts(self) -> Parts:
        parts: Parts = self.app.state.parts
        return parts

    @property
    def url(self) -> str:
        return str(self.http.base_url)

    def start_worker(self) -> None:
        stop = asyncio.Event()
        self.stops.append((stop, asyncio.create_task(worker.work(self.parts, stop))))

    async def stop_workers(self) -> None:
        for stop, _ in self.stops:
            stop.set()
        for _, running in self.stops:
            await running
        self.stops.clear()

    async def submit(self, goal: str = "Count these words.", **fields: Any) -> str:
        answer = await self.http.post("/submit", json={"goal": goal, **fields})
        assert answer.status_code == 202, answer.text
        task_id: str = answer.json()["task_id"]
        return task_id

    async def task(self, task_id: str, wait: float = 0) -> dict[str, Any]:
        answer = await self.http.get(f"/tasks/{task_id}", params={"wait": wait})
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def ended(self, task_id: str) -> dict[str, Any]:
        """Return the task once it has ended; a busy machine is given more than one wait for it."""
        for _ in range(4):
            body = await self.task(task_id, wait=30)
            if body["finished_at"] is not None:
                break
        assert body["status"] in ("completed", "failed", "cancelled"), body
        return body


@pytest.fixture
async def make_house(settings: Settings) -> AsyncIterator[Callable[..., Any]]:
    """A factory of houses: `await make_house(arms=…, transport=…, **settings)`."""
    async with AsyncExitStack() as stack:

        async def make(
            *,
            arms: Mapping[str, Arm] | None = None,
            transport: httpx2.AsyncBaseTransport | None = None,
            **changes: Any,
        ) -> House:
            ours = settings.model_copy(update=changes)
            if transport is None and "reflex_url" not in changes:
                transport = await stack.enter_async_context(reflex_in_process())
            app = create_app(ours, arms=arms, reflex_transport=transport)
            return await stack.enter_async_context(_running(ours, app))

        yield make


@pytest.fixture
async def house(make_house: Callable[..., Any]) -> House:
    """A house with the real Reflex Layer and the installed arms; no worker yet."""
    made: House = await make_house()
    return made


@asynccontextmanager
async def _running(settings: Settings, app: FastAPI) -> AsyncIterator[House]:
    with listen("127.0.0.1", 0) as listener:
        server = server_of(app, settings.trusted_proxies, settings.max_connections)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await until_started(server, serving)
        host, port = listener.getsockname()
        async with httpx2.AsyncClient(base_url=f"http://{host}:{port}", timeout=40) as http:
            house = House(settings, app, http)
            try:
                yield house
            finally:
                await house.stop_workers()
                server.should_exit = True
                await serving
