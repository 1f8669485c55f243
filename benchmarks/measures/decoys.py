"""Texts that look as if they held something private, and hold nothing."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final
from uuid import UUID

from measures.numbers import DIGITS, some

_HEX: Final = DIGITS + "abcdef"

# `#` is any digit, `$` any lower-case hexadecimal digit; `&` becomes the `#` of a colour.
_FORMS: Final = (
    "Order 4111-1111-1111-1112 was shipped in three parcels.",
    "Invoice 10########## is due in two weeks.",
    "Tracking code 1Z9E8############ is out for delivery.",
    "The part is called ##-####-## in the catalogue.",
    "Case 000-12-#### was closed without a result.",
    "The job ran from 2026-01-0# 10:20:3# to 2026-01-0# 11:05:1#.",
    "Version 1#.4.2#.1 of the driver fixes it.",
    "Upgrade from 3.11.# to 3.12.# first.",
    "Commit $$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$ broke the build.",
    "sha256:$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$$",
    'ETag: W/"$$$$$$$$-$$$$"',
    "ISBN 978-3-16-1484##-# is out of print.",
    "The ratio went from 0.######## to 1.########.",
    "Account managers met ## clients and signed # of them.",
    "The token is stored in the vault; ask the token service for it.",
    "Set password: ******** and press enter.",
    "export API_KEY=<your-api-key>",
    'password = os.environ["DB_PASSWORD"]',
    "The secret of good bread is time.",
    "The passport office opens at 9 and issues ### papers a day.",
    "License: Apache-2.0, see the file LICENSE in the root.",
    "The meeting is on 12.0#.2026 at 14:3#.",
    "Founded on 3 May 19##, the club has ### members.",
    "We sold ##,###,### units in Q#.",
    "Room C4 in building S3 is booked, the EKS cluster is not.",
    "Take route ## north for ##.# miles, then exit ###.",
    "Elapsed 00:0#:1#.##0, 12:34:56 remaining.",
    "User u_######## opened ticket T-#####.",
    "Figure 3.1#, p. 2##; see also 12:4-7.",
    "mail -s report admin@localhost",
    "The file icon@2x.png is missing from the sprite.",
    "Call the function 3 times, then return 212.",
    "std::vector<int> v; a::b::c(d);",
    "Dates: 01/0#/2026, 02/0#/2026 and 03/0#/2026.",
    "epoch 17######## and 17##########",
    "CPU 64-bit, 3.#0 GHz, 16#84 MB, PCI 10de:1f#2",
    "Color &a1b2c# on &ffffff",
    "Rule 20 CFR 404.1###(b) applies.",
    "seat 12A, gate B2#, flight LH 4##",
    "The mean was 45.1#, -122.6# was the minimum of another column.",
)


def _uuid(random: Random) -> str:
    return f"request_id={UUID(bytes=random.randbytes(16), version=4)} took 12 ms"


def _form(random: Random) -> str:
    drawn = {"#": DIGITS, "$": _HEX}
    form = "".join(some(random, drawn[c], 1) if c in drawn else c for c in random.choice(_FORMS))
    return form.replace("&", "#")


_MAKERS: Final[tuple[Callable[[Random], str], ...]] = (_form,) * 9 + (_uuid,)


def decoy(random: Random) -> str:
    """Return one such text."""
    return random.choice(_MAKERS)(random)
