"""DBOS: workflows on a queue, enqueued by its client, and FastAPI before it."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import uvicorn
from dbos import DBOS, DBOSClient, DBOSConfig
from fastapi import FastAPI
from pydantic import BaseModel
from trickling import began, handing_in, trickle

MODE, URL, _, COUNT = sys.argv[1:5]
CONFIG = DBOSConfig(
    name="bench", system_database_url=URL, log_level="ERROR", application_version="1"
)
CONCURRENCY = 50

api = FastAPI()


class Request(BaseModel):
    goal: str


@DBOS.workflow(name="noop")
def noop(goal: str) -> str:
    began(goal)
    return goal


def launched() -> None:
    DBOS(config=CONFIG)
    DBOS.launch()
    DBOS.register_queue("bench", worker_concurrency=CONCURRENCY)


def client() -> DBOSClient:
    return DBOSClient(system_database_url=URL, system_database_pool_size=20)


def enqueue(to: DBOSClient, goal: str) -> str:
    handle = to.enqueue({"workflow_name": "noop", "queue_name": "bench"}, goal)
    return str(handle.get_workflow_id())


if MODE == "prepare":
    launched()
    DBOS.destroy()
elif MODE == "submit":
    ours = client()
    goals = [f"Summarise report {number:08}." for number in range(int(COUNT))]
    handing_in()
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda goal: enqueue(ours, goal), goals))
elif MODE == "trickle":
    ours = client()
    trickle(lambda goal: enqueue(ours, goal), int(COUNT))
elif MODE == "serve":
    ours = client()

    @api.post("/submit", status_code=202)
    def submit(request: Request) -> dict[str, str]:
        return {"id": enqueue(ours, request.goal)}

    uvicorn.run(api, port=int(COUNT), log_level="error")
else:
    launched()
    sys.stderr.write("ready\n")
    threading.Event().wait()
