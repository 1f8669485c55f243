"""Pure: the calling codes of the world, and whether a number is as long as those behind its code.

Sources: ITU-T E.164, annex "List of assigned country codes" (2016, with its amendments); ITU,
national numbering plans, for the lengths without the prefix 0.
"""

from __future__ import annotations

from typing import Final

from reflex_layer.pii.recogniser import digits_of

# The fewest and the most digits, and the codes behind which numbers have so many.
_PLANS: Final = """
4-7 290 683 690
5-8 47 500 682 676 677 678 685 686 688 247
6-8 597 298 299 672 687
6-9 40 252 355 376 421 508 681 689 248
6-10 46 53 95 880 98
6-11 358 375 595 971 352
6-12 39 43 49 359 381
6-13 63
7-7 238 239 246 269 291 297 592 673 674 680 691 692
7-8 241 599 670 675 853 961 965 975
7-9 220 231 245 265 354 385 423 967 968
7-10 48 84 230 243 254 263 267 353 372 960
7-11 501 503 507 679 886 974
8-8 45 216 222 223 226 227 228 232 235 236 253 257 266 350 356 357 370 371 373 374 389 505 509
8-8 598 800 808 852 973 993
8-9 32 36 51 213 224 233 237 250 258 264 268 377 382 387 591 962 963 386 972
8-10 20 60 64 378 506 850 855 856 964 970 976
8-11 65 66 92 383 502 504 593 977 57 82 62
9-9 31 33 34 41 93 94 211 212 218 221 240 242 244 249 251 255 256 260 261 262 351 420 590 594 596
9-9 979 992 994 995 998 27
9-10 30 44 61 380 81 881 882 883 966 996
9-11 55 56 86 90
10-10 1 7 52 58 91 225 229
10-11 54 234
9-12 870 878 888
"""

_LENGTHS: Final[dict[bytes, range]] = {
    code.encode(): range(int(least), int(most) + 1)
    for row in _PLANS.strip().splitlines()
    for sizes, *codes in (row.split(),)
    for least, most in (sizes.split("-"),)
    for code in codes
}
"""The lengths of national numbers by calling code; no code begins another."""

_LONGEST_CODE: Final = 3


def is_planned(written: bytes) -> bool:
    """Tell whether a number with its country code is as long as that country's are.

    A 0 in brackets, which is dialled at home alone, is not counted.
    """
    code, national = _parts(written)
    if not code:
        return False
    lengths = _LENGTHS[code]
    home = national[:1] == b"0" and len(national) - 1 in lengths
    return (len(national) in lengths or home) and (len(code) > 1 or _is_assignable(national))


def _parts(written: bytes) -> tuple[bytes, bytes]:
    """Return the country's code and the rest of a number, digits alone; empty if there is none."""
    digits = digits_of(written.replace(b"e", b"x").partition(b"x")[0])
    if not written.startswith(b"+"):
        digits = digits.removeprefix(b"011").removeprefix(b"00")
    for width in range(1, _LONGEST_CODE + 1):
        if digits[:width] in _LENGTHS:
            return digits[:width], digits[width:]
    return b"", digits


def is_dialled(written: bytes) -> bool:
    """Tell a number that begins with the prefix 00 or 011 from digits that do by chance.

    Its country's code is in one piece, and signs set it off or part the rest.
    """
    code, national = _parts(written)
    rest = written.removeprefix(b"011").removeprefix(b"00").lstrip(b" -")
    return (
        rest.startswith(code)
        and national[:1] != b"0"
        and not rest.isdigit()
        and b"." not in written
    )


def _is_assignable(national: bytes) -> bool:
    """Tell whether area and exchange are ones of the North American plan; Russia's are as well."""
    return national[:1] >= b"2" and national[3:4] >= b"0"
