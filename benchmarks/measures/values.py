"""Private values of every kind, made up from published formats and ranges kept for fiction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from random import Random
from typing import Final

from measures import credentials, numbers
from measures.numbers import DIGITS, UPPER, some
from octollm.verdict import PiiType

_NAMES: Final = (
    "ines",
    "tariq",
    "o.lindqvist",
    "m-okafor",
    "yuki.t",
    "b_novak",
    "paula99",
    "kemal",
)
_HOSTS: Final = ("kestrel", "mail.harbour", "tundra-lab", "post.lagoon", "acacia", "maple.north")
_ENDS: Final = ("example.com", "example.org", "example.net", "example.co.uk", "example.de")
_CARDS: Final = (("4", 16), ("51", 16), ("2221", 16), ("34", 15), ("6011", 16), ("3528", 16))
# Ranges kept for films and books: NANPA, Ofcom, Bundesnetzagentur, ARCEP, ACMA, PTS. The rest of
# the world keeps none: there, numbers are made up.
_PHONES: Final = (
    ("+1 {a} 555-01##", "({a}) 555-01##", "{a}-555-01##", "{a}.555.01##", "+1{a}55501##"),
    ("+44 20 7946 0###", "020 7946 0###", "+44 (0)20 7946 0###", "+442079460###"),
    ("+49 30 23125###", "030 23125###", "030/23125###", "+49 171 39200##"),
    ("+33 1 99 00 ## ##", "01 99 00 ## ##", "+33199 00####"),
    ("+61 491 570 1##", "0491 570 1##", "(02) 5550 1###"),
    ("+46 70 174 06 ##", "070-174 06 ##"),
    ("+34 911 23 ## ##", "+39 06 1234 ####", "+31 6 1234####", "+48 22 123 ## ##"),
    ("+91 98123 4####", "+81 3-1234-####", "+55 11 91234-####"),
)
_IBANS: Final = {
    "DE": "##################",
    "GB": "NWBK##############",
    "FR": "####################A##",
    "ES": "####################",
    "IT": "X######################",
    "NL": "ABNA##########",
    "PL": "########################",
    "CH": "#################",
    "AT": "################",
    "BE": "############",
    "SE": "####################",
    "NO": "###########",
}
_PASSPORTS: Final = ("#########", "@########", "@@#######", "##@@#####", "@@######", "@#######")
_LICENCES: Final = ("@#######", "@############", "@########", "@@######", "MORGA6532#4SM9IJ")


def shaped(random: Random, form: str) -> str:
    """Return `form` with a digit for each `#` and a capital for each `@`."""
    drawn = {"#": DIGITS, "@": UPPER}
    return "".join(random.choice(drawn[c]) if c in drawn else c for c in form)


def _email(random: Random) -> str:
    return f"{random.choice(_NAMES)}@{random.choice(_HOSTS)}.{random.choice(_ENDS)}"


def _phone(random: Random) -> str:
    area = random.choice(("212", "310", "415", "617", "312", "206"))
    return shaped(random, random.choice(random.choice(_PHONES)).replace("{a}", area))


def _ssn(random: Random) -> str:
    area = random.choice([n for n in range(100, 770) if n != 666])
    parts = f"{area}", f"{random.randint(1, 99):02}", f"{random.randint(1, 9999):04}"
    return random.choice("-- ").join(parts)


def _itin(random: Random) -> str:
    group = random.choice([*range(70, 89), 90, 91, 92, *range(94, 100)])
    return f"9{some(random, DIGITS, 2)}-{group}-{random.randint(1, 9999):04}"


def _card(random: Random) -> str:
    prefix, length = random.choice(_CARDS)
    number = prefix + some(random, DIGITS, length - len(prefix) - 1)
    number += numbers.luhn(number)
    groups = (4, 6, 5) if length == 15 else (4, 4, 4, 4)
    starts = [sum(groups[:place]) for place in range(len(groups))]
    parts = (number[s : s + g] for s, g in zip(starts, groups, strict=True))
    return random.choice(("", " ", "-")).join(parts)


def _ipv4(random: Random) -> str:
    first = random.choice([n for n in range(11, 224) if n not in (127, 169, 172, 192)])
    return ".".join(map(str, [first, *(random.randint(0, 255) for _ in range(2)), 77]))


def _ipv6(random: Random) -> str:
    groups = [f"{random.randint(1, 0xFFFF):x}" for _ in range(5)]
    if random.random() < 0.5:
        return f"2001:db8:{groups[0]}::{groups[1]}"
    return ":".join(["2001", "db8", *groups, "1a"])


def _mac(random: Random) -> str:
    pairs = [some(random, DIGITS + "abcdef", 2) for _ in range(6)]
    if random.random() < 0.2:
        return ".".join(a + b for a, b in zip(pairs[::2], pairs[1::2], strict=True))
    joined = random.choice(":-").join(pairs)
    return joined.upper() if random.random() < 0.5 else joined


def _iban(random: Random) -> str:
    country = random.choice(list(_IBANS))
    whole = numbers.iban(country, shaped(random, _IBANS[country]))
    if random.random() < 0.5:
        return " ".join(whole[i : i + 4] for i in range(0, len(whole), 4))
    return whole


def _account(random: Random) -> str:
    return shaped(random, random.choice(("########", "##########", "############")))


def _wallet(random: Random) -> str:
    return random.choice(
        (
            numbers.base58check(random.choice((0, 5)), random.randbytes(20)),
            numbers.segwit(0, random.randbytes(20)),
            numbers.segwit(1, random.randbytes(32)),
            "0x" + random.randbytes(20).hex(),
        )
    )


def _url(random: Random) -> str:
    path = random.choice(("", "/", "/orders/8841", "/a/b?page=2&sort=asc", "/help#returns"))
    start = random.choice(("https://", "http://", "https://www.", "www."))
    return f"{start}{random.choice(_HOSTS)}.{random.choice(_ENDS)}{path}"


def _coordinates(random: Random) -> str:
    latitude, longitude = random.uniform(-70, 70), random.uniform(-170, 170)
    if random.random() < 0.3:
        ns, ew = "NS"[latitude < 0], "EW"[longitude < 0]
        minute, second = random.randint(0, 59), random.randint(0, 59)
        return (
            f"{abs(int(latitude))}°{minute:02}'{second:02}\"{ns} "
            f"{abs(int(longitude))}°{second:02}'{minute:02}\"{ew}"
        )
    return f"{latitude:.5f}, {longitude:.5f}"


def _vin(random: Random) -> str:
    letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
    start = random.choice(("1HG", "WVW", "JTD", "5YJ")) + some(random, letters + DIGITS, 5)
    return numbers.vin(start, some(random, letters, 2) + some(random, DIGITS, 6))


def _birth(random: Random) -> str:
    day = date(1940, 1, 1) + timedelta(days=random.randint(0, 24_000))
    month = f"{day:%B}"
    return random.choice(
        (
            f"{day:%Y-%m-%d}",
            f"{day:%m/%d/%Y}",
            f"{day:%d.%m.%Y}",
            f"{month} {day.day}, {day.year}",
            f"{day.day} {month} {day.year}",
        )
    )


def _record(random: Random) -> str:
    return shaped(random, random.choice(("#######", "########", "@@######")))


def _npi(random: Random) -> str:
    number = random.choice("12") + some(random, DIGITS, 8)
    return number + numbers.luhn(f"80840{number}")


def _routing(random: Random) -> str:
    return numbers.routing(
        f"{random.choice([*range(1, 13), *range(21, 33)]):02}{_account(random)}"[:8]
    )


MAKERS: Final[Mapping[PiiType, Callable[[Random], str]]] = {
    PiiType.EMAIL: _email,
    PiiType.PHONE: _phone,
    PiiType.SSN: _ssn,
    PiiType.ITIN: _itin,
    PiiType.CREDIT_CARD: _card,
    PiiType.IPV4: _ipv4,
    PiiType.IPV6: _ipv6,
    PiiType.MAC_ADDRESS: _mac,
    PiiType.IBAN: _iban,
    PiiType.BANK_ACCOUNT: _account,
    PiiType.ROUTING_NUMBER: _routing,
    PiiType.CRYPTO_ADDRESS: _wallet,
    PiiType.URL: _url,
    PiiType.COORDINATES: _coordinates,
    PiiType.VIN: _vin,
    PiiType.DATE_OF_BIRTH: _birth,
    PiiType.MEDICAL_RECORD_NUMBER: _record,
    PiiType.NPI: _npi,
    PiiType.PASSPORT: lambda random: shaped(random, random.choice(_PASSPORTS)),
    PiiType.DRIVER_LICENSE: lambda random: shaped(random, random.choice(_LICENCES)),
    PiiType.AWS_KEY: credentials.aws_key,
    PiiType.GITHUB_TOKEN: credentials.github_token,
    PiiType.GENERIC_API_KEY: credentials.provider_key,
    PiiType.PASSWORD: credentials.password,
    PiiType.JWT: credentials.jwt,
    PiiType.PRIVATE_KEY: credentials.private_key,
}
"""One maker for each kind."""
