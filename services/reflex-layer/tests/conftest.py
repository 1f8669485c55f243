"""A Reflex Layer of its own for each test, spoken to as over HTTP."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx2
import pytest

from reflex_layer.config import Settings
from reflex_layer.main import create_app

Connect = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]


@asynccontextmanager
async def _connect(**settings: object) -> AsyncIterator[httpx2.AsyncClient]:
    app = create_app(Settings.model_validate(settings))
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://reflex") as client,
    ):
        yield client


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
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """A Reflex Layer with the default settings."""
    async with _connect() as connected:
        yield connected
