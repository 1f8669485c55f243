"""Numbers of every country are found, written as they are dialled from abroad."""

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from reflex_layer.screen import screen

NUMBERS = [
    pytest.param(phonenumbers.format_number(number, form), id=f"{region}-{sort}-{form}")
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    for sort in (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
    for form in (PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL)
    if (number := phonenumbers.example_number_for_type(region, sort)) is not None
]


def _found(text: str) -> list[str]:
    matches = screen(text, check_injection=False).pii_matches
    return [text[m.start : m.end] for m in matches if m.pii_type == "Phone"]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_with_its_country_code_is_found_as_a_whole(number: str) -> None:
    assert _found(f"So {number} it is.") == [number]


@pytest.mark.parametrize(
    "harmless",
    [
        "+999 1234567",
        "+49 12",
        "+1 123 456 7890",
        "offset +1719412345678",
        "0049 0049 0049",
        "row 1 2 3 4 5 6 7 8 9",
        "The office took 6266257 steps.",
    ],
)
def test_digits_that_no_country_dials_are_left_alone(harmless: str) -> None:
    assert _found(harmless) == []
