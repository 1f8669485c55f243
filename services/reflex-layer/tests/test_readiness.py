"""A service that is still warming up says so, and screens all the same."""

import gc
import subprocess
import sys

import httpx2

from reflex_layer.config import Settings
from reflex_layer.injection.speech import vocabulary
from reflex_layer.main import create_app


async def test_not_ready_before_the_automata_are_built() -> None:
    transport = httpx2.ASGITransport(app=create_app(Settings()))
    async with httpx2.AsyncClient(transport=transport, base_url="http://reflex") as client:
        answer = await client.get("/ready")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"
        assert answer.json()["type"] == "urn:octollm:problem:unavailable"
        assert (await client.get("/health")).status_code == 200
        verdict = (await client.post("/process", json={"text": "ada@example.org"})).json()
        assert verdict["status"] == "blocked"


async def test_what_was_built_at_the_start_is_left_alone_until_the_end() -> None:
    app = create_app(Settings())
    async with app.router.lifespan_context(app):
        assert gc.get_freeze_count() > 10_000
        assert vocabulary.cache_info().currsize == 1
    assert gc.get_freeze_count() == 0


def test_an_import_builds_no_vocabulary() -> None:
    asked = "import reflex_layer.main as _, reflex_layer.injection.speech as speech"
    code = f"{asked}; print(speech.vocabulary.cache_info().currsize)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"
