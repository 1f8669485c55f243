"""Requests go where they were meant to go, and to no metadata service on the way."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address

import httpx2
import pytest

from octollm.outbound import AddressRefused, OutboundTransport, Reach, client, resolved

NEVER = ["169.254.169.254", "fe80::1", "fd00:ec2::254", "100.100.100.200", "0.0.0.0", "224.0.0.1"]
NEVER += ["::ffff:169.254.169.254", "2002:a9fe:a9fe::1", "64:ff9b::a9fe:a9fe", "::"]
PRIVATE = ["127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "::1", "fd12::1", "100.64.0.1"]
PRIVATE += ["::ffff:10.0.0.1"]
PUBLIC = ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]
TIMEOUT = httpx2.Timeout(10)


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("address", NEVER)
def test_a_metadata_service_is_never_asked_by_name_or_address(address: str, private: bool) -> None:
    for host in (address, "models.example"):
        assert not Reach(private).allows(ip_address(address), host)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_leads_to_a_private_address_only_with_leave(address: str) -> None:
    assert not Reach().allows(ip_address(address), "models.example")
    assert Reach(private=True).allows(ip_address(address), "models.example")


@pytest.mark.parametrize("address", [*PRIVATE, *PUBLIC])
def test_an_address_that_was_written_out_is_meant(address: str) -> None:
    assert Reach().allows(ip_address(address), address)


def test_localhost_is_loopback_and_nothing_else() -> None:
    assert Reach().allows(ip_address("127.0.0.1"), "localhost")
    assert not Reach().allows(ip_address("10.0.0.1"), "localhost")


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_have_any_name(address: str) -> None:
    assert Reach().allows(ip_address(address), "models.example")


async def served(answer: bytes) -> tuple[asyncio.Server, list[bytes], int]:
    """Start a server that answers so; return it, the heads it got, and its port."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, heads, server.sockets[0].getsockname()[1]


async def test_the_address_that_was_checked_is_the_one_that_is_asked() -> None:
    server, heads, port = await served(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[object]:
        asked.append(host)
        return [ip_address("127.0.0.1" if len(asked) == 1 else "169.254.169.254")]

    transport = OutboundTransport(Reach(private=True), resolve=resolve)  # type: ignore[arg-type]  # a list
    async with server, httpx2.AsyncClient(transport=transport, timeout=TIMEOUT) as http:
        answer = await http.get(f"http://models.example:{port}/v1")
        assert answer.text == "ok"
        with pytest.raises(AddressRefused):
            await http.get(f"http://models.example:{port}/v1")
    assert f"host: models.example:{port}".encode() in heads[0].lower()
    assert (len(heads), asked) == (1, ["models.example"] * 2)


async def test_a_name_for_loopback_is_not_followed_without_leave() -> None:
    transport = OutboundTransport(Reach(), resolve=lambda _host, _port: [ip_address("127.0.0.1")])
    async with httpx2.AsyncClient(transport=transport, timeout=TIMEOUT) as http:
        with pytest.raises(AddressRefused):
            await http.get("http://models.example/v1")


async def test_one_address_too_many_refuses_them_all() -> None:
    both = [ip_address(PUBLIC[0]), ip_address("169.254.169.254")]
    transport = OutboundTransport(Reach(private=True), resolve=lambda _host, _port: list(both))
    async with httpx2.AsyncClient(transport=transport, timeout=TIMEOUT) as http:
        with pytest.raises(AddressRefused):
            await http.get("http://models.example/v1")


async def test_a_redirect_is_handed_back_and_not_followed() -> None:
    moved = b"HTTP/1.1 307 Moved\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n"
    server, heads, port = await served(moved)
    async with server, client(Reach(), timeout=TIMEOUT) as http:
        answer = await http.post(f"http://127.0.0.1:{port}/v1", json={"prompt": "private"})
    assert (answer.status_code, len(heads)) == (307, 1)


def test_an_address_needs_no_resolver() -> None:
    assert resolved("127.0.0.1", 80) == [ip_address("127.0.0.1")]
    assert ip_address("127.0.0.1") in resolved("localhost", 80)
