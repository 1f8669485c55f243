"""Celery with Redis as its broker and rows of PostgreSQL as its results, and FastAPI before it."""

from __future__ import annotations

import os
import sys
from typing import Any

import uvicorn
from celery import Celery, signals
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from trickling import began, handing_in, trickle

MODE, URL, BROKER, COUNT = sys.argv[1:5]
DATABASE = URL.replace("postgresql://", "postgresql+psycopg://")

celery = Celery("bench", broker=BROKER, backend=f"db+{DATABASE}")
engine = create_engine(DATABASE, pool_size=20)
api = FastAPI()


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "submitted"
    id: Mapped[int] = mapped_column(primary_key=True)
    goal: Mapped[str]


class Request(BaseModel):
    goal: str


@celery.task(name="noop")
def noop(goal: str) -> str:
    began(goal)
    return goal


@api.post("/submit", status_code=202)
def submit(request: Request) -> dict[str, int]:
    with Session(engine) as session:
        row = Row(goal=request.goal)
        session.add(row)
        session.commit()
        number = row.id
    noop.delay(request.goal)
    return {"id": number}


@signals.worker_ready.connect
def ready(**_: Any) -> None:
    os.write(2, b"ready\n")  # Celery takes sys.stderr for its log


if MODE == "prepare":
    Base.metadata.create_all(engine)
elif MODE == "submit":
    handing_in()
    for number in range(int(COUNT)):
        noop.delay(f"Summarise report {number:08}.")
elif MODE == "trickle":
    trickle(noop.delay, int(COUNT))
elif MODE == "serve":
    uvicorn.run(api, port=int(COUNT), log_level="error")
else:
    celery.worker_main(["worker", "--loglevel=ERROR"])
