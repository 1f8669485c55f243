"""Every error a caller can meet, on the wire and in the client.

    OctoError
    ├── InvalidRequest            422  a field is missing, wrong or past its limit
    │   ├── UnknownArm            422  `assigned_arm` names no arm there is
    │   └── ArmUnavailable        422  the arm lacks a setting, such as a model
    ├── RefusedByPolicy           422  the Reflex Layer found what the policy forbids
    │   ├── PiiDetected
    │   └── InjectionDetected
    ├── IdempotencyKeyReused      422  the key was used before, with another body
    ├── MalformedRequest          400  what came is no HTTP
    ├── Unauthenticated           401  no key, or one that nobody was given
    ├── Forbidden                 403  the key lacks the scope `missing_scope`
    ├── OriginNotAllowed          403  a page of another site asks a server without keys
    ├── NotFound                  404
    │   ├── TaskNotFound
    │   └── DocumentNotFound
    ├── MethodNotAllowed          405
    ├── RequestTimeout            408  the request came too slowly
    ├── IllegalTransition         409  nothing leaves a final status
    ├── BodyTooLarge              413
    ├── HostNotAllowed            421  a server without keys is asked by a name it does not know
    ├── HeadersTooLarge           431
    ├── RateLimited               429  carries `retry_after`
    │   └── QueueFull             429  too many tasks of the tenant's own are waiting
    ├── Unavailable               503  carries `retry_after`
    │   ├── ReflexUnavailable
    │   ├── DatabaseUnavailable
    │   ├── Overloaded            503  too many tasks are waiting, whosever they are
    │   └── TooManyConnections    503  as many are open as may be
    ├── PrivateValuesUnreadable   500  none of the operator's keys fits
    ├── InternalError             500
    ├── TaskFailure               why a task ended `failed`; stored with the task
    │   ├── BudgetExceeded
    │   ├── AttemptsExhausted
    │   ├── OutputRefused
    │   ├── CriteriaNotMet
    │   ├── PriceUnknown
    │   ├── ModelFailed
    │   └── ArmFailed
    ├── ServerUnreachable         client side: no answer at all
    └── WaitTimeout               client side: the task is not final yet

Each class knows its HTTP status and its problem type. A service renders an error with
`OctoError.problem` as RFC 9457 `application/problem+json`; the client raises the same class
again with `from_problem`.
"""

from __future__ import annotations

from typing import Any, cast

from octollm.problem import PROBLEM_TYPE_PREFIX as PROBLEM_TYPE_PREFIX  # as `errors` has both, too
from octollm.problem import Fault as Fault
from octollm.problem import Found as Found
from octollm.problem import OctoError as OctoError

_STANDARD_MEMBERS = {"type", "title", "status", "detail", "request_id", "retry_after"}


class InvalidRequest(OctoError):
    """Carries `errors`: a list of `{field, message}`, one for each thing that is wrong."""

    status, slug = 422, "invalid-request"
    title = "The request is not valid"

    @property
    def errors(self) -> list[Fault]:
        """What is wrong, one for each fault."""
        return cast(list[Fault], self.extra.get("errors", []))


class UnknownArm(InvalidRequest):
    slug, title = "unknown-arm", "There is no arm of that name"


class ArmUnavailable(InvalidRequest):
    slug, title = "arm-unavailable", "The arm cannot be used on this server as it is set up"


class RefusedByPolicy(OctoError):
    """Carries `findings`: a list of `{field, kind, start, end}`; never the text itself."""

    status, slug = 422, "refused-by-policy"
    title = "The text was refused"

    @property
    def findings(self) -> list[Found]:
        """What was found and where, without the text."""
        return cast(list[Found], self.extra.get("findings", []))


class PiiDetected(RefusedByPolicy):
    slug, title = "pii-detected", "The text holds private data"


class InjectionDetected(RefusedByPolicy):
    slug, title = "injection-detected", "The text tries to override instructions"


class IdempotencyKeyReused(OctoError):
    status, slug = 422, "idempotency-key-reused"
    title = "This Idempotency-Key was used before, with another body"


class MalformedRequest(OctoError):
    status, slug, title = 400, "malformed-request", "This is not an HTTP request"


class Unauthenticated(OctoError):
    status, slug, title = 401, "unauthenticated", "A key is needed, and this is none"


class Forbidden(OctoError):
    """Carries `missing_scope`: what the key would have to be made with."""

    status, slug, title = 403, "forbidden", "The key does not allow this"


class OriginNotAllowed(OctoError):
    status, slug = 403, "origin-not-allowed"
    title = "A page of another site may not do this"


class NotFound(OctoError):
    status, slug, title = 404, "not-found", "There is nothing here"


class TaskNotFound(NotFound):
    slug, title = "task-not-found", "There is no such task"


class DocumentNotFound(NotFound):
    slug, title = "document-not-found", "There is no such document"


class MethodNotAllowed(OctoError):
    status, slug, title = 405, "method-not-allowed", "This method is not offered here"


class RequestTimeout(OctoError):
    status, slug, title = 408, "request-timeout", "The request did not come to its end in time"


class IllegalTransition(OctoError):
    status, slug = 409, "illegal-transition"
    title = "The task is in a status that does not allow this"


class BodyTooLarge(OctoError):
    status, slug, title = 413, "body-too-large", "The request body is too large"


class HostNotAllowed(OctoError):
    status, slug, title = 421, "host-not-allowed", "This server does not go by that name"


class HeadersTooLarge(OctoError):
    status, slug, title = 431, "headers-too-large", "The request's headers are too large"


class RateLimited(OctoError):
    status, slug, title = 429, "rate-limited", "Too many requests"


class QueueFull(RateLimited):
    slug, title = "queue-full", "Too many tasks of yours are waiting; nothing was stored"


class Unavailable(OctoError):
    status, slug, title = 503, "unavailable", "A part we need is away; try again"


class ReflexUnavailable(Unavailable):
    slug = "reflex-unavailable"
    title = "The text could not be screened, so it was not accepted"


class DatabaseUnavailable(Unavailable):
    slug, title = "database-unavailable", "The database is away"


class Overloaded(Unavailable):
    slug, title = "overloaded", "Too many tasks are waiting; nothing was stored"


class TooManyConnections(Unavailable):
    slug, title = "too-many-connections", "Too many connections are open; try again"


class PrivateValuesUnreadable(OctoError):
    """What placeholders stand for was encrypted with a key this server no longer has."""

    slug = "private-values-unreadable"
    title = (
        "The private values of this task cannot be read: the operator must add the key they were "
        "encrypted with to OCTOLLM_SECRET_KEY, behind the first"
    )


class InternalError(OctoError):
    """An error nobody foresaw. The log has it under the same `request_id`."""

    slug = "internal-error"


class TaskFailure(OctoError):
    """Why a task ended `failed`. Kept with the task; never the answer to a request."""

    status, slug, title = 500, "task-failed", "The task failed"


class BudgetExceeded(TaskFailure):
    """Carries `dimension`, what ran out: `tokens`, `cost` or `time`. The detail begins with it."""

    slug, title = "budget-exceeded", "The task ran out of its budget"

    def __init__(
        self, /, detail: str | None = None, *, retry_after: float | None = None, **members: object
    ) -> None:
        dimension = members.get("dimension")
        if dimension and not (detail or "").startswith(f"{dimension}:"):
            detail = f"{dimension}: {detail or self.title}"
        super().__init__(detail, retry_after=retry_after, **members)


class AttemptsExhausted(TaskFailure):
    slug, title = "attempts-exhausted", "The task was tried as often as it may be"


class OutputRefused(TaskFailure):
    """Carries `findings`, as `RefusedByPolicy` does."""

    slug, title = "output-refused", "The arm's output did not pass the screening"

    @property
    def findings(self) -> list[Found]:
        """What was found and where, without the text."""
        return cast(list[Found], self.extra.get("findings", []))


class CriteriaNotMet(TaskFailure):
    """The best output is kept with the task, and what was judged of it."""

    slug, title = "criteria-not-met", "The output does not meet the acceptance criteria"


class PriceUnknown(TaskFailure):
    """Under a cap in dollars a model is called only if its price is known."""

    slug, title = "price-unknown", "The price of the model is not known"


class ModelFailed(TaskFailure):
    """A model refused a request for good: key, model name or length of the context."""

    slug, title = "model-failed", "The model did not answer"


class ArmFailed(TaskFailure):
    slug, title = "arm-failed", "The arm could not do the work"


class ServerUnreachable(OctoError):
    """Raised by the client alone: no server, or no HTTP answer from it."""

    status, slug, title = 503, "server-unreachable", "The server gave no answer"


class WaitTimeout(OctoError):
    """Raised by `wait` when the task was still not final after the time it was given."""

    status, slug, title = 504, "wait-timeout", "The task is not finished yet"


def from_problem(document: dict[str, Any], status: int | None = None) -> OctoError:
    """Rebuild the error a problem document stands for.

    An unknown `type` gives an `OctoError` that keeps the document's own type, title and `status`
    (or the `status` given), so that a newer server does not break an older client. A member of
    the wrong type counts as absent.
    """
    slug = (_text(document, "type") or "").removeprefix(PROBLEM_TYPE_PREFIX) or "unknown"
    known = {cls.slug: cls for cls in reversed(list(OctoError.tree())) if cls is not OctoError}
    error = known.get(slug, OctoError)(
        _text(document, "detail"),
        retry_after=_seconds(document.get("retry_after")),
        **{name: value for name, value in document.items() if name not in _STANDARD_MEMBERS},
    )
    if slug not in known:
        own_status = document.get("status")
        error.__dict__.update(
            status=own_status if type(own_status) is int else status or 500,
            title=_text(document, "title") or "The server refused",
            slug=slug,
        )
    error.request_id = _text(document, "request_id")
    return error


def _text(document: dict[str, Any], member: str) -> str | None:
    """Return a member that is a text and not empty, else None."""
    value = document.get(member)
    return value if isinstance(value, str) and value else None


def _seconds(value: Any) -> float | None:
    """Return a time to wait, if that is what the value is."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and 0 <= value < float("inf") else None
