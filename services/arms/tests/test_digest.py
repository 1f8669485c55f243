"""The digest arm: what it reads, what it is asked for, and how much it answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from arms.digest import Digest
from arms.digest.arm import guess
from arms.digest.report import MAX_CHARACTERS
from octollm.errors import ArmFailed
from octollm.fields import json_value

LOG = "2024-05-01 10:00:00 INFO start\n2024-05-01 10:00:05 ERROR it broke\n"
CSV = "name,age\nann,31\nbob,29\n"
JSON = '{"name": "ann", "age": 31}'
TEXT = "The quick brown fox jumps. It jumps over the lazy dog, and then it rests.\n"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (LOG, "log"),
        (CSV, "csv"),
        (JSON, "json"),
        (TEXT, "text"),
        ("  [1, 2, 3]\n", "json"),
        ('{"a": 1}\n{"a": 2}\n', "json"),
        ("\ufeff" + CSV, "csv"),
        (CSV.replace(",", "\t"), "csv"),
        ("1;2\n3;4\n", "csv"),
        ("time,level,message\n2024-05-01T10:00:00Z,ERROR,broke\n", "csv"),
        ("2024-05-01 10:00:00,123 INFO a\n2024-05-01 10:00:01,456 INFO b\n", "log"),
        ("2024-05-01 10:00:00 | INFO | a\n2024-05-01 10:00:01 | INFO | b\n", "log"),
        ("[error] a\n[info] b\n", "log"),
        ("Dear Ann, I write to you.\nDear Bob, I do not.\nDear Cid, who are you\n", "text"),
        ("One, two\nthree\nfour, five, six\n", "text"),
        ("{not json", "text"),
        ("[ ] buy milk\n[x] call home\n", "text"),
        ("17", "text"),
        ("Hello", "text"),
        ("a,b\n" + "x" * 140_000, "text"),  # past the field limit of the csv module
    ],
)
def test_guesses_the_format(text: str, kind: str) -> None:
    assert guess(text) == kind


async def test_reads_the_context(attempt: Any) -> None:
    outcome = await attempt.run(Digest(), goal="Summarise", context=CSV)
    assert outcome.output.startswith("# CSV: 2 rows, 2 columns\n")
    assert outcome.data["format"] == "csv"
    assert outcome.data["source"] == "context"
    assert outcome.data["characters"] == len(CSV)


@pytest.mark.parametrize("context", [None, "", "\n "])
async def test_reads_the_goal_when_there_is_no_context(attempt: Any, context: str | None) -> None:
    outcome = await attempt.run(Digest(), goal=JSON, context=context)
    assert outcome.data["format"] == "json"
    assert outcome.data["source"] == "goal"


@pytest.mark.parametrize("kind", ["log", "csv", "json", "text"])
async def test_reads_the_format_it_is_told(attempt: Any, kind: str) -> None:
    text = {"log": LOG, "csv": CSV, "json": JSON, "text": LOG}[kind]
    outcome = await attempt.run(Digest(), context=text, constraints={"format": kind})
    assert outcome.data["format"] == kind


@pytest.mark.parametrize("kind", ["log", "csv", "json"])
async def test_refuses_another_format_without_quoting_it(attempt: Any, kind: str) -> None:
    with pytest.raises(ArmFailed) as caught:
        await attempt.run(Digest(), context="private", constraints={"format": kind})
    assert str(caught.value).startswith(f"The content is not {kind}: ")
    assert "private" not in str(caught.value)
    assert caught.value.__suppress_context__  # no traceback that quotes it either


@pytest.mark.parametrize("value", ["xml", "JSON", "", 1, ["csv"], {"a": 1}])
async def test_refuses_a_format_it_does_not_know(attempt: Any, value: Any) -> None:
    with pytest.raises(ArmFailed, match=r"constraints.format must be one of log, csv, json, text"):
        await attempt.run(Digest(), context=CSV, constraints={"format": value})


@pytest.mark.parametrize("value", [0, 51, -1, "5", 2.5, True, None, [5]])
async def test_refuses_a_top_out_of_bounds(attempt: Any, value: Any) -> None:
    with pytest.raises(ArmFailed, match=r"constraints.top must be a whole number from 1 to 50"):
        await attempt.run(Digest(), context=CSV, constraints={"top": value})


@pytest.mark.parametrize(("top", "listed"), [(None, 5), (1, 1), (9, 9), (50, 26)])
async def test_top_sets_how_many_are_listed(attempt: Any, top: int | None, listed: int) -> None:
    letters = "".join(f"ERROR failed at {letter * 3}\n" for letter in "abcdefghijklmnopqrstuvwxyz")
    constraints = {"unknown": "ignored"} | ({} if top is None else {"top": top})
    outcome = await attempt.run(Digest(), context=letters, constraints=constraints)
    assert len(outcome.data["messages"]) == listed
    assert len(outcome.data["matters"]) == listed


async def test_the_same_text_gives_the_same_digest(attempt: Any) -> None:
    first = await attempt.run(Digest(), context=LOG)
    assert await attempt.run(Digest(), context=LOG) == first


LARGE = {
    "log": "\n".join(f"ERROR {chr(97 + n % 26) * (n // 26 + 1)} {'x' * 150}" for n in range(250)),
    "wide": ",".join(f"{'c' * 20}{n}" for n in range(800)) + "\n" + ",".join(["v" * 20] * 800),
    "json": json.dumps([{f"{'k' * 30}{n}": "v" * 200} for n in range(180)]),
    "text": ". ".join(f"Sentence{n} " + f"word{n} " * 20 for n in range(250)),
}


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE)
async def test_the_answer_stays_small_however_much_there_is(attempt: Any, text: str) -> None:
    outcome = await attempt.run(Digest(), context=text[:50_000], constraints={"top": 50})
    assert len(outcome.output) <= MAX_CHARACTERS
    json_value(outcome.data)
    json.dumps(outcome.data, allow_nan=False)


async def test_says_how_much_was_left_out(attempt: Any) -> None:
    outcome = await attempt.run(Digest(), context=LARGE["log"], constraints={"top": 50})
    headings = [line for line in outcome.output.splitlines() if line.startswith("#")]
    assert headings[-2:] == ["## Lines that matter most", "## Most frequent messages"]
    assert outcome.output.count("\n… and ") == 2


async def test_says_when_lists_were_cut(attempt: Any) -> None:
    header = ",".join(f"c{n}" for n in range(50))
    rows = "\n".join(",".join(f"value{n}-{r}" for n in range(50)) for r in range(90))
    text = f"{header}\n{rows}"[:50_000]
    whole = await attempt.run(Digest(), context=text, constraints={"top": 1})
    cut = await attempt.run(Digest(), context=text, constraints={"top": 50})
    assert "cut" not in whole.data
    assert cut.data["cut"] is True


async def test_content_is_never_markup(attempt: Any) -> None:
    text = 'ERROR `code` **bold** | <b>x</b> \u202e\x1b[31m\n"a" ERROR b'
    outcome = await attempt.run(Digest(), context=text)
    assert "`ˋcodeˋ **bold** | <b>x</b> [31m`" in outcome.output


def test_scores_by_what_is_asked(contract: Any) -> None:
    score = Digest().score
    assert score(contract("Summarise this log", context=LOG)) == 0.7
    assert score(contract("Here", context=LOG)) == 0.5
    assert score(contract("Here")) == 0.2
