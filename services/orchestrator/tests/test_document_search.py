"""Searching the passages of a tenant's documents in PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text, update

from app import document_store
from app.models import Document
from octollm.arm import Found

DOCUMENTS = {
    "leave.md": "Parental leave is 26 weeks. Tell your lead before it begins.",
    "travel.md": "Travel by train where you can. Leave the car; weeks of planning help.",
    "weeks.md": "Weeks, weeks and weeks: weeks of weeks.",
    "food.md": "The canteen opens at noon.",
}
SIGNS = """ &|!<->()'"\\:*%-+~@#$,.?{}[]^=/;`_""" + "\t\n\0\u200d\ud800"


async def add(house: Any, tenant: str = "default", **documents: str) -> None:
    async with house.parts.database.transaction() as session:
        for name, content in documents.items():
            await document_store.add_document(session, tenant, name, content)


async def search(house: Any, query: str, limit: int = 5) -> list[Found]:
    found: list[Found] = await house.parts.library.search("default", query, limit)
    return found


async def names(house: Any, query: str) -> list[str]:
    return [found.document for found in await search(house, query)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("When does the canteen open?", ["food.md"]),
        ("parental leave weeks", ["leave.md", "travel.md", "weeks.md"]),
        ('"parental leave"', ["leave.md"]),
        ('"leave parental"', []),
        ("leave -car", ["leave.md"]),
        ('leave -"weeks of planning"', ["leave.md"]),
        ("LEAVING", ["leave.md", "travel.md"]),
        ("the of and", []),
        ("nobody wrote this", []),
        ("", []),
    ],
)
async def test_passages_with_more_of_the_words_come_first(
    house: Any, query: str, found: list[str]
) -> None:
    await add(house, **DOCUMENTS)
    assert sorted(await names(house, query)) == sorted(found)
    assert (await names(house, query))[:1] == found[:1]


async def test_a_word_repeated_does_not_beat_all_the_words(house: Any) -> None:
    await add(house, many="weeks " * 100, all="weeks of parental " + "and so on " * 80)
    assert await names(house, "parental weeks") == ["all", "many"]


async def test_among_equals_the_shorter_comes_first(house: Any) -> None:
    await add(
        house, long="canteen " + "and so on with words of no use " * 30, short="canteen hours"
    )
    assert await names(house, "canteen") == ["short", "long"]


async def test_what_is_found_stands_where_it_says(house: Any) -> None:
    content = "\n\n".join(f"Paragraph {number}. {'Filler words. ' * 40}" for number in range(20))
    await add(house, doc=content)
    for found in await search(house, "paragraph 13", limit=20):
        assert content[found.start : found.start + len(found.text)] == found.text
        assert 0 < found.rank < 1
    assert "Paragraph 13." in (await search(house, "13"))[0].text


async def test_no_more_is_found_than_was_asked_for(house: Any) -> None:
    await add(house, **{f"{number}.md": "canteen" for number in range(9)})
    assert len(await search(house, "canteen", limit=3)) == 3


async def test_another_tenants_documents_are_never_found(house: Any) -> None:
    await add(house, "somebody else", secret="canteen canteen canteen")
    await add(house, mine="canteen")
    assert await names(house, "canteen") == ["mine"]
    async with house.parts.database.transaction() as session:
        await session.execute(update(Document).values(tenant="somebody else"))
    assert await names(house, "canteen") == []


async def test_no_text_is_an_error(house: Any) -> None:
    await add(house, **DOCUMENTS)
    queries = [
        "a" * 10_000,
        " ".join(f"word{number}" for number in range(1_500)),
        "'; DROP TABLE passages; --",
        "':* & ! ( <-> \\",
        "http://a.example/b?c=1&d='2' user@host /etc/passwd x=y:3A",
        'OR or AND NOT - -- "" -""',
        "漢字 пример ünïcödé 👩‍👩‍👧‍👦",
    ]
    for query in queries:
        await search(house, query)


async def test_no_mixture_of_signs_is_an_error(house: Any) -> None:
    await add(house, **DOCUMENTS)
    mixture = st.text(st.sampled_from(SIGNS + "aOR1é"), max_size=60)
    queries: list[str] = []

    @settings(max_examples=150, database=None, suppress_health_check=list(HealthCheck))
    @given(mixture | st.text(max_size=40))
    def collect(query: str) -> None:
        queries.append(query)

    collect()
    for query in queries:
        await search(house, query)


async def test_the_index_is_used(house: Any) -> None:
    await add(house, doc="canteen")
    many = """INSERT INTO passages (document_id, start, text)
        SELECT id, number, 'word' || number || repeat(' and so on', 20)
        FROM documents, generate_series(1, 3000) AS number"""
    parameters = document_store.search_parameters("default", "word77 word78", 5)
    async with house.parts.database.transaction() as session:
        for statement in (many, "ANALYZE passages", "ANALYZE documents"):
            await session.execute(text(statement))
        plan = await session.execute(text("EXPLAIN " + document_store.SEARCH), parameters)
        lines = "\n".join(plan.scalars())
    assert "idx_passages_search" in lines
    assert "Seq Scan on passages" not in lines
