"""Presidio's analyser as a service: Flask behind one worker of gunicorn, as its image has it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from gunicorn.app.base import BaseApplication

sys.path.append(str(Path(__file__).parents[1]))
from measures.blank import analyser

MODE, _, _, COUNT = sys.argv[1:5]


def service() -> Flask:
    engine, app = analyser(), Flask(__name__)

    @app.post("/analyze")
    def analyze() -> Response:
        asked = request.get_json()
        found = engine.analyze(asked["text"], language=asked["language"])
        told = json.dumps([one.to_dict() for one in found], default=str)
        return Response(told, content_type="application/json")

    return app


class Server(BaseApplication):
    def load_config(self) -> None:
        self.cfg.set("bind", f"127.0.0.1:{COUNT}")
        self.cfg.set("workers", 1)

    def load(self) -> Any:
        return service()


if MODE == "serve":
    Server().run()
