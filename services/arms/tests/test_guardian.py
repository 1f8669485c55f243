"""The guardian hands a text back without its private values, and says how many there were."""

from __future__ import annotations

from itertools import islice, product
from typing import Any

import pytest

from arms.guardian import Guardian
from octollm.errors import ArmFailed, ReflexUnavailable
from octollm.verdict import MAX_SCREENED_CHARACTERS


async def test_replaces_each_value_by_its_own_placeholder(attempt: Any) -> None:
    text = "ann@x.org wrote to bob@x.org; ann@x.org (SSN 123456789) waits."
    outcome = await attempt.run(Guardian(), context=text)
    redacted = outcome.output[: outcome.data["text_characters"]]
    assert redacted == "<EMAIL_1> wrote to <EMAIL_2>; <EMAIL_1> (SSN <SSN_1>) waits."
    assert outcome.data == {
        "source": "context",
        "text_characters": len(redacted),
        "total": 4,
        "distinct": 3,
        "counts": {"Email": 3, "SSN": 1},
    }
    assert "Replaced 4 private values (3 distinct):\n- Email: 3\n- SSN: 1" in outcome.output


async def test_reports_a_single_value_in_the_singular(attempt: Any) -> None:
    outcome = await attempt.run(Guardian(), context="ann@x.org")
    assert "Replaced 1 private value (1 distinct)" in outcome.output


@pytest.mark.parametrize("context", [None, "", " \n"])
async def test_takes_the_goal_when_there_is_no_context(attempt: Any, context: str | None) -> None:
    outcome = await attempt.run(Guardian(), goal="Mask ann@x.org", context=context)
    assert outcome.output.startswith("Mask <EMAIL_1>\n")
    assert outcome.data["source"] == "goal"


async def test_hands_a_text_without_private_values_back_as_it_is(attempt: Any) -> None:
    outcome = await attempt.run(Guardian(), context="nothing here")
    assert outcome.output.startswith("nothing here\n")
    assert "Found no private values." in outcome.output
    assert outcome.data["counts"] == {}


async def test_replaces_a_value_also_where_the_screening_misses_it(attempt: Any) -> None:
    outcome = await attempt.run(Guardian(), context="SSN 123456789, again: 123456789")
    assert "123456789" not in outcome.output
    assert outcome.data["counts"] == {"SSN": 2}


async def test_leaves_placeholders_that_stood_there_before_apart(attempt: Any) -> None:
    outcome = await attempt.run(Guardian(), context="<EMAIL_1> is not ann@x.org")
    assert outcome.output.startswith("<EMAIL_1> is not <EMAIL_2>\n")


async def test_redacts_what_shows_only_after_the_first_round(make_attempt: Any, found: Any) -> None:
    rounds = iter([[(0, 3)], [(13, 16)], []])  # the second in "<EMAIL_1> or B-2 end"

    async def screen(text: str) -> Any:
        return found(next(rounds))

    outcome = await make_attempt(screen=screen).run(Guardian(), context="A-1 or B-2 end")
    assert "A-1" not in outcome.output
    assert outcome.data["total"] == 2
    assert outcome.data["distinct"] == 2


async def test_fails_rather_than_hand_out_what_still_looks_private(
    make_attempt: Any, found: Any
) -> None:
    async def screen(text: str) -> Any:
        return found([(0, 1)])

    with pytest.raises(ArmFailed, match="still found") as caught:
        await make_attempt(screen=screen).run(Guardian(), context="secret words")
    assert "secret" not in str(caught.value)


async def test_ignores_empty_matches(make_attempt: Any, found: Any) -> None:
    async def screen(text: str) -> Any:
        return found([(3, 3)])

    outcome = await make_attempt(screen=screen).run(Guardian(), context="some words")
    assert outcome.data["total"] == 0


async def test_fails_closed_when_the_screening_is_away(make_attempt: Any) -> None:
    async def screen(text: str) -> Any:
        raise ReflexUnavailable

    with pytest.raises(ReflexUnavailable):
        await make_attempt(screen=screen).run(Guardian(), context="ann@x.org")


@pytest.mark.parametrize("glue", [" ", "\n", "|"])
async def test_screens_a_text_that_grows_past_one_screening(attempt: Any, glue: str) -> None:
    names = ("".join(letters) for letters in product("abcdefghijklmnopqrstu", repeat=3))
    text = glue.join(f"{name}@b" for name in islice(names, 8_333))
    outcome = await attempt.run(Guardian(), context=text)
    assert outcome.data["text_characters"] > MAX_SCREENED_CHARACTERS
    assert "@" not in outcome.output


def test_offers_itself_for_redaction(contract: Any) -> None:
    for goal in (
        "Redact this log",
        "please anonymise the names",
        "Anonymize it",
        "mask all card numbers",
        "Remove personal data",
        "Return it de-identified",
    ):
        assert Guardian().score(contract(goal)) == 0.9, goal


def test_holds_back_for_anything_else(contract: Any) -> None:
    for goal in ("Summarise the log", "Sell face masks", "Remove the last row"):
        assert 0 < Guardian().score(contract(goal)) < 0.2, goal
