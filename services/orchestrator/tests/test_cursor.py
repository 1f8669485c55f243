"""A page's cursor comes back as it was written, and nothing else is taken for one."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import cursor
from octollm.errors import InvalidRequest

TASK = UUID("0b8ff1a2-c1f1-4b0f-8a6c-3b1d5f0e7a11")
NOW = datetime(2026, 11, 22, 12, 0, 0, 123_456, tzinfo=UTC)
ZONES = st.builds(
    lambda minutes: timezone(timedelta(minutes=minutes)), st.integers(-24 * 60 + 1, 24 * 60 - 1)
)
quiet = settings(database=None, deadline=None)


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@quiet
@given(st.datetimes(timezones=ZONES), st.uuids())
def test_a_cursor_comes_back_as_it_was_written(moment: datetime, task_id: UUID) -> None:
    assert cursor.read(cursor.write(moment, task_id)) == (moment, task_id)


@quiet
@given(st.datetimes(timezones=ZONES), st.uuids())
def test_a_cursor_needs_no_quoting_in_a_url_and_fits_the_parameter(
    moment: datetime, task_id: UUID
) -> None:
    written = cursor.write(moment, task_id)
    assert re.fullmatch(r"[A-Za-z0-9_=-]{1,200}", written)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "x",
        "page-2",
        "é",
        "\ud800",
        encoded(""),
        encoded("2026-11-22T12:00:00+00:00"),
        encoded(f"2026-11-22T12:00:00|{TASK}"),
        encoded(f"yesterday|{TASK}"),
        encoded(f"2026-13-22T12:00:00+00:00|{TASK}"),
        encoded(f"{NOW.isoformat()}|42"),
        encoded(f"{NOW.isoformat()}|{TASK}|more"),
        base64.urlsafe_b64encode(b"\xff\xfe|\xff").decode(),
        cursor.write(NOW, TASK)[:-5],
    ],
)
def test_anything_else_is_refused_by_name(wrong: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        cursor.read(wrong)
    message = "is not a cursor of this server"
    assert caught.value.extra == {"errors": [{"field": "cursor", "message": message}]}
    assert caught.value.detail == f"cursor: {message}"


@quiet
@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        moment, _ = cursor.read(text)
    except InvalidRequest:
        return
    assert moment.tzinfo is not None
