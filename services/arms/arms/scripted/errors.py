"""Errors as OpenAI sends them: `{"error": {"message", "type", "param", "code"}}`.

Codes: platform.openai.com/docs/guides/error-codes; the client's exception classes follow from
the status alone (`openai._exceptions`).
"""

from __future__ import annotations

from dataclasses import dataclass

from arms.scripted.request import Json
from arms.scripted.script import Reply


@dataclass(frozen=True)
class Refusal:
    """An error that is the answer to a request. `retry` False asks the client not to try again."""

    status: int
    message: str
    type: str = "invalid_request_error"
    code: str | None = None
    param: str | None = None
    retry_after: float | None = None
    retry: bool = True

    @property
    def body(self) -> Json:
        """What is sent."""
        members: Json = {
            "message": self.message,
            "type": self.type,
            "param": self.param,
            "code": self.code,
        }
        return {"error": members}

    @property
    def headers(self) -> dict[str, str]:
        """`Retry-After` in seconds (RFC 9110 §10.2.3), and OpenAI's `x-should-retry`."""
        headers = {} if self.retry_after is None else {"retry-after": f"{self.retry_after:g}"}
        return headers if self.retry else headers | {"x-should-retry": "false"}


USUAL = {
    400: Refusal(
        400,
        "This model's maximum context length is smaller than your messages and completion.",
        code="context_length_exceeded",
        param="messages",
    ),
    401: Refusal(401, "Incorrect API key provided.", code="invalid_api_key"),
    403: Refusal(403, "You are not allowed to use this model.", code="model_not_allowed"),
    404: Refusal(404, "The model does not exist.", code="model_not_found"),
    429: Refusal(429, "Rate limit reached for requests.", "requests", "rate_limit_exceeded"),
    500: Refusal(500, "The server had an error while processing your request.", "server_error"),
    503: Refusal(503, "That model is currently overloaded.", "server_error"),
}


def wrong_key() -> Refusal:
    """The key that was sent is not the provider's."""
    return USUAL[401]


def unknown_model(name: str) -> Refusal:
    """The model is none of those the provider names."""
    return Refusal(404, f"The model `{name}` does not exist.", code="model_not_found")


def too_long(most: int, wanted: int, param: str) -> Refusal:
    """The input is longer than what the model reads; both are in tokens."""
    message = (
        f"This model's maximum context length is {most} tokens. "
        f"However, your messages resulted in {wanted} tokens."
    )
    return Refusal(400, message, code="context_length_exceeded", param=param)


def malformed(message: str, param: str | None = None) -> Refusal:
    """The body is not what the endpoint takes."""
    return Refusal(400, message, param=param)


def no_such_route(method: str, path: str) -> Refusal:
    """There is no such endpoint here."""
    return Refusal(404, f"Invalid URL ({method} {path})", code="unknown_url")


def off_script(message: str) -> Refusal:
    """The script has no answer to a request. Not to be retried: it will have none then either."""
    return Refusal(400, message, "script_error", "off_script", retry=False)


def scripted(reply: Reply) -> Refusal:
    """Return the error that a reply asks for, whose `status` is 400 or more."""
    usual = USUAL.get(reply.status)
    if usual is None:
        kind = "server_error" if reply.status >= 500 else "invalid_request_error"
        usual = Refusal(reply.status, f"Answered {reply.status} as told.", kind)
    return Refusal(
        reply.status,
        reply.message or usual.message,
        usual.type,
        reply.code or usual.code,
        usual.param,
        reply.retry_after,
    )
