"""Goes through the console as a browser without JavaScript would: cookies, forms, redirects."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx2


@dataclass
class Visitor:
    """A browser at `http`; `at` is the page it is on, `status` how that was answered."""

    http: httpx2.AsyncClient
    at: str = ""
    status: int = 0
    path: str = ""

    async def goes(self, path: str, **query: Any) -> str:
        """Open a page of the console, follow where it leads, and return it."""
        answer = await self.http.get(f"/console{path}", params=query or None, follow_redirects=True)
        return self._arrived(answer)

    async def sends(self, path: str, **fields: str) -> str:
        """Send a form of the page one is on, with the hidden fields it has and these."""
        action = f"/console{path}"
        answer = await self.http.post(
            action, data=self.hidden(action) | fields, follow_redirects=True
        )
        return self._arrived(answer)

    def hidden(self, action: str) -> dict[str, str]:
        """Return the hidden fields of the form with that action on the page one is on."""
        found = re.search(rf'<form[^>]*action="{action}".*?</form>', self.at, re.DOTALL)
        form = found.group() if found else self.at
        return {
            unescape(name): unescape(value)
            for name, value in re.findall(
                r'<input type="hidden" name="(\w+)" value="([^"]*)"', form
            )
        }

    def cookie(self, name: str) -> str | None:
        return next((cookie.value for cookie in self.http.cookies.jar if cookie.name == name), None)

    def _arrived(self, answer: httpx2.Response) -> str:
        self.at, self.status, self.path = answer.text, answer.status_code, answer.url.path
        return self.at


@asynccontextmanager
async def visiting(house: Any) -> AsyncIterator[Visitor]:
    async with httpx2.AsyncClient(base_url=house.url, timeout=40) as http:
        yield Visitor(http)


@asynccontextmanager
async def logged_in(house: Any, key: str) -> AsyncIterator[Visitor]:
    async with visiting(house) as visitor:
        await visitor.goes("/login")
        await visitor.sends("/login", key=key)
        assert visitor.path == "/console/tasks", visitor.at
        yield visitor


def text_of(page: str) -> str:
    """Return what a page says, its tags left out and white space made one blank."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
