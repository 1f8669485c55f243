"""What the digest says of a table."""

from __future__ import annotations

from typing import Any

import pytest

from arms.digest.csv_format import digest
from arms.digest.report import NotThisFormat, render


def data(text: str, top: int = 5) -> dict[str, Any]:
    return digest(text, top).data


def column(cells: list[str], name: str = "x") -> dict[str, Any]:
    rows = "\n".join(f"row,{cell}" for cell in cells)
    found: dict[str, Any] = data(f"first,{name}\n{rows}\n")["columns"][1]
    return found


@pytest.mark.parametrize(
    ("delimiter", "name"), [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "pipe")]
)
def test_finds_the_delimiter(delimiter: str, name: str) -> None:
    text = delimiter.join("ab") + "\n" + delimiter.join("12") + "\n"
    assert data(text)["delimiter"] == name


def test_a_semicolon_wins_over_decimal_commas() -> None:
    found = data("a;b\n1,5;2,5\n2,5;3,5\n")
    assert found["delimiter"] == "semicolon"
    assert found["columns"][0]["mean"] == 2


def test_counts_rows_and_columns_below_the_header() -> None:
    found = data("name,age\nann,31\nbob,29\n")
    assert (found["header"], found["rows"], found["column_count"]) == (True, 2, 2)
    assert [c["name"] for c in found["columns"]] == ["name", "age"]


@pytest.mark.parametrize("text", ["1,2\n3,4\n", "a,a\n1,2\n", "a,\n1,2\n", "a,2024-05-01\n1,2\n"])
def test_does_not_take_values_for_a_header(text: str) -> None:
    found = data(text)
    assert (found["header"], found["rows"]) == (False, 2)
    assert found["columns"][0]["name"] == "column 1"


def test_describes_numbers() -> None:
    assert column(["1", "2.5", "", "-4", "1e2"]) == {
        "name": "x",
        "type": "number",
        "empty": 1,
        "min": -4,
        "median": 1.75,
        "max": 100.0,
        "mean": 24.875,
    }


def test_names_the_lines_of_cells_that_are_no_numbers() -> None:
    found = column(["1", "2", "n/a", "4", "5"])
    assert (found["type"], found["odd"], found["odd_lines"]) == ("number", 1, [4])


@pytest.mark.parametrize(
    "cell", ["007", "1_000", "nan", "inf", "1e999", "٣", "--1", "e", "1" * 401]
)
def test_what_only_looks_like_a_number_is_text(cell: str) -> None:
    assert column([cell])["type"] == "text"


def test_survives_numbers_at_the_edge_of_a_float() -> None:
    found = column(["1e308", "1.7e308", "1.7e308", "9" * 300])
    assert found["max"] == 1.7e308
    assert found["mean"] > 1e308


def test_describes_dates() -> None:
    found = column(["2024-05-03", "2024-05-01T12:00:00Z", "2024-05-02", "2024-05-02", "soon"])
    assert found["type"] == "date"
    assert (found["earliest"], found["latest"]) == ("2024-05-01T12:00:00Z", "2024-05-03")
    assert found["seconds"] == 1.5 * 86_400
    assert found["odd_lines"] == [6]


def test_describes_text_by_its_most_frequent_values() -> None:
    found = column(["red", "blue", "red", " blue ", "green", "red"])
    assert (found["type"], found["distinct"], found["longest"]) == ("text", 3, 5)
    assert found["top"][:2] == [{"value": "red", "count": 3}, {"value": "blue", "count": 2}]


def test_tells_yes_and_no_from_text() -> None:
    assert column(["yes", "No", "TRUE"])["type"] == "yes/no"


def test_names_columns_that_are_empty() -> None:
    assert column(["", " "]) == {"name": "x", "empty": 2, "type": "empty"}


def test_finds_rows_that_do_not_fit() -> None:
    found = data("a,b\n1,2\n1,2\n3\n\n4,5,6\n1,2\n")
    assert found["oddities"] == [
        {"kind": "rows with too few cells", "count": 1, "lines": [4]},
        {"kind": "rows with too many cells", "count": 1, "lines": [6]},
        {"kind": "rows that repeat an earlier one", "count": 2, "lines": [3, 7]},
        {"kind": "blank rows", "count": 1, "lines": []},
    ]


def test_reads_quoted_cells() -> None:
    found = data('a,b\n"x, ""y""\nz",1\n"w",2\n')
    assert found["rows"] == 2
    assert found["columns"][0]["top"][0]["value"] == 'x, "y" z'
    assert found["oddities"] == []


def test_reports_a_quote_that_never_closes() -> None:
    kinds = [odd["kind"] for odd in data('a,b\n1,"2\n3,4\n')["oddities"]]
    assert "a quote that never closes or stands inside a cell" in kinds


def test_describes_so_many_columns_and_counts_the_rest() -> None:
    text = ",".join(f"c{n}" for n in range(99)) + "\n" + ",".join("1" * 99) + "\n"
    found = data(text)
    assert (found["column_count"], len(found["columns"])) == (99, 60)
    assert "Only the first 60 columns are described" in render(digest(text, 5))


def test_takes_one_column_when_told_it_is_a_table() -> None:
    found = data("age\n31\n29\n")
    assert found["columns"][0]["median"] == 30


@pytest.mark.parametrize("text", ["word", "\n\n", ""])
def test_a_single_cell_is_no_table(text: str) -> None:
    with pytest.raises(NotThisFormat, match="neither two rows nor two columns"):
        digest(text, 5)


def test_refuses_what_the_reader_cannot_read() -> None:
    with pytest.raises(NotThisFormat, match="row 2 cannot be read"):
        digest("a,b\n" + "x" * 140_000 + ",1\n", 5)  # past the field limit of the csv module


def test_can_be_read_by_a_person() -> None:
    text = "name,age,on,gone\nann,31,2024-05-01,\nbob,29,2024-05-03,\ncid,x,2024-05-02,\n"
    text += "dan,31,2024-05-02,\neve,31,2024-05-02,\neve,31,2024-05-02,\n3\n"
    shown = render(digest(text, 1))
    assert shown.startswith("# CSV: 7 rows, 4 columns\n")
    assert "- rows with too few cells: 1 (line 8)" in shown
    assert (
        "| `age` | number | 1 | 29 to 31, median 31, mean 30.60; no number: 1 (line 4) |" in shown
    )
    assert "| `on` | date | 1 | `2024-05-01` to `2024-05-03` (2 days) |" in shown
    assert "| `gone` | empty | 7 |  |" in shown
    assert "| `name` | text | 0 | 6 distinct: `eve` ×2 |" in shown


def test_lists_the_lines_of_an_oddity_up_to_top() -> None:
    text = "a,b\n1,2\n" + "".join(f"{n}\n" for n in range(3)) + "4,5\n6,7\n8,9\n"
    assert "- rows with too few cells: 3 (line 3, 4, …)" in render(digest(text, 2))
