"""A port is checked before it is promised; a process runs until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import httpx2
import pytest
from fastapi import FastAPI

from app.serving import PortTaken, listen, server_of, stop_signal, until_started, url_of

WAITS = """
import asyncio
from app.serving import stop_signal

async def main():
    stop = stop_signal({within})
    print("ready", flush=True)
    await stop.wait()
    print("stopping", flush=True)
    if {drains}:
        await asyncio.Event().wait()

asyncio.run(main())
"""


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


IPV6 = pytest.param(
    "::1", marks=pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")
)


def address(listener: socket.socket) -> tuple[str, int]:
    host, port = listener.getsockname()[:2]
    return host, port


@pytest.mark.parametrize("host", ["127.0.0.1", IPV6, "localhost"])
def test_any_free_port_can_be_had(host: str) -> None:
    with listen(host, 0) as listener, socket.create_connection(address(listener)) as caller:
        assert caller.getpeername()[:2] == address(listener)


async def test_an_answer_is_not_held_back_for_the_next_piece() -> None:
    """Nagle's algorithm and a delayed acknowledgement would have each wait for 40 ms."""
    held: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def answered(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        held.set_result(not connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    with listen("127.0.0.1", 0) as listener:
        async with await asyncio.start_server(answered, sock=listener):
            _, writer = await asyncio.open_connection(*address(listener))
            assert not await held
            writer.close()


def test_a_port_that_is_taken_is_said_to_be() -> None:
    with listen("127.0.0.1", 0) as first:
        host, port = address(first)
        with pytest.raises(PortTaken) as caught:
            listen(host, port)
    assert f"{host}:{port}" in str(caught.value)
    assert "Address already in use" in str(caught.value)
    assert "--port" in str(caught.value)


def test_a_port_can_be_had_again_at_once() -> None:
    with listen("127.0.0.1", 0) as first:
        host, port = address(first)
        with socket.create_connection((host, port)), first.accept()[0]:
            pass
    with listen(host, port) as second:
        assert address(second) == (host, port)


def test_an_address_of_another_machine_cannot_be_had() -> None:
    with pytest.raises(PortTaken, match=r"192\.0\.2\.1"):
        listen("192.0.2.1", 0)  # TEST-NET-1, RFC 5737


@pytest.mark.parametrize("host", ["127.0.0.1", IPV6])
async def test_an_application_is_served_on_the_socket_it_is_given(host: str) -> None:
    app = FastAPI()
    app.get("/")(lambda: "here")
    with listen(host, 0) as listener:
        server = server_of(app)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await until_started(server, serving)
        async with httpx2.AsyncClient() as http:
            answer = await http.get(url_of(listener))
        server.should_exit = True
        await serving
    assert answer.json() == "here"
    assert "server" not in answer.headers


async def test_headers_without_an_end_are_refused() -> None:
    with listen("127.0.0.1", 0) as listener:
        server = server_of(FastAPI())
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await until_started(server, serving)
        reader, writer = await asyncio.open_connection(*address(listener))
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n")
        for _ in range(100):
            writer.write(b"x-big: " + b"x" * 1_000 + b"\r\n")
            await writer.drain()
        answered = await reader.readline()
        writer.close()
        server.should_exit = True
        await serving
    assert answered.startswith(b"HTTP/1.1 431 ")


async def test_a_server_that_gave_up_is_not_waited_for() -> None:
    server = server_of(FastAPI())
    serving = asyncio.create_task(server.serve())
    serving.cancel()
    with pytest.raises(RuntimeError, match="did not start"):
        await until_started(server, serving)


@pytest.fixture
def process(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """A process that waits for the stop signal; `param`: whether it then drains without end, and
    within how many seconds it may."""
    drains, within = getattr(request, "param", (False, None))
    code = WAITS.format(drains=drains, within=within)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)


@BOTH
def test_a_signal_lets_the_process_end_by_itself(
    process: subprocess.Popen[str], number: signal.Signals
) -> None:
    assert line(process) == "ready"
    process.send_signal(number)
    assert line(process) == "stopping"
    assert process.wait(30) == 0


@BOTH
@pytest.mark.parametrize("process", [(True, None)], indirect=True)
def test_a_second_signal_ends_a_process_that_is_still_draining(
    process: subprocess.Popen[str], number: signal.Signals
) -> None:
    assert line(process) == "ready"
    process.send_signal(number)
    assert line(process) == "stopping"
    process.send_signal(number)
    assert process.wait(30) != 0


@BOTH
@pytest.mark.parametrize("process", [(True, 0.1)], indirect=True)
def test_a_process_that_drains_for_too_long_ends_all_the_same(
    process: subprocess.Popen[str], number: signal.Signals
) -> None:
    assert line(process) == "ready"
    process.send_signal(number)
    assert line(process) == "stopping"
    assert process.wait(30) == 0


@BOTH
async def test_the_signal_is_an_event_to_wait_for(number: signal.Signals) -> None:
    stop = stop_signal()
    try:
        assert not stop.is_set()
        signal.raise_signal(number)
        await stop.wait()
    finally:
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().remove_signal_handler(each)
