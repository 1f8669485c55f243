"""The door of the console: who comes in by a cookie, and that a form was ours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, cast
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from starlette.responses import Response

from app.admission import Admission
from app.api_keys import Caller, Scope
from app.console import sheet, ticket
from app.parts import Parts
from app.streaming import Streams
from octollm.errors import Forbidden
from octollm.validation import invalid

MAX_FIELDS: Final = 50
_FORM: Final = "application/x-www-form-urlencoded"
_OWN_SITES: Final = (None, "same-origin", "none")


@dataclass(frozen=True)
class Visit:
    """A request to the console: who makes it, and what its form holds, by field."""

    request: Request
    caller: Caller
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def parts(self) -> Parts:
        return cast(Parts, self.request.app.state.parts)

    @property
    def streams(self) -> Streams:
        return cast(Streams, self.request.app.state.streams)

    @property
    def tenant(self) -> str:
        return self.caller.tenant

    def page(self, name: str, status: int = 200, **shown: Any) -> Response:
        """Return a page with the frame that all have."""
        return sheet.page(self.request, name, status, caller=self.caller, **shown)


def entering(scope: Scope) -> Callable[[Request], Awaitable[Visit]]:
    """Return the dependency that lets those in whose key has a scope.

    It raises Unauthenticated, Forbidden, RateLimited, DatabaseUnavailable, and what `form_of`
    raises where a form is sent.
    """

    async def enter(request: Request) -> Visit:
        admission: Admission = request.app.state.admission
        key = ticket.key_of(request.cookies)
        caller = await admission.admit_holder(key, request, scope)
        request.state.caller = caller
        form = await form_of(request) if request.method == "POST" else {}
        return Visit(request, caller, form)

    return enter


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a form of ours. Raises Forbidden for one that may be another site's,
    and InvalidRequest for what is no form."""
    if request.headers.get("sec-fetch-site") not in _OWN_SITES:
        raise Forbidden("This form was sent from another site.")
    if request.headers.get("content-type", "").partition(";")[0].strip() != _FORM:
        raise invalid("body", f"must be a form, sent with Content-Type: {_FORM}")
    try:
        text = (await request.body()).decode()
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        message = f"must be a form in UTF-8 with at most {MAX_FIELDS} fields"
        raise invalid("body", message) from None
    form = {name: value.replace("\r\n", "\n") for name, value in pairs}
    cookies = request.cookies
    if not ticket.fits(form.pop("token", ""), ticket.seed_of(cookies), ticket.key_of(cookies)):
        raise Forbidden("This form is out of date: go back, reload the page, and send it again.")
    return form


Reader = Annotated[Visit, Depends(entering("read"))]
Submitter = Annotated[Visit, Depends(entering("submit"))]
Canceller = Annotated[Visit, Depends(entering("cancel"))]
