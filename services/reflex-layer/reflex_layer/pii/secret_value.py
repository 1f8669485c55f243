"""Pure: what tells a secret from a placeholder, an identifier or a word."""

from __future__ import annotations

from typing import Final

from reflex_layer.engine import compiled, is_whole, stands_in

LONGEST: Final = 1_000
"""A longer run without a space is data, not somebody's secret; characters."""

_STAND_IN: Final = (
    r"^(?:<|\$\{|\$\(|\{\{|\{|%\(|#\{|@\{|\[|%[a-z_]+%$|\$[a-z_]+[0-9]?$|process\.env|os\.|env[.:(]"
    r"|vault:|ref:|arn:|ssm:|secretref|self\.|this\.|-----|\\u|\\f[ibr]|%s$|%[sdr])"
    r"|\*\*\*|\.\.\.|xxxx|placeholder|your[-_.]?[a-z]|my[-_]?(?:api|secret|token|super|app)?[-_]?"
    r"(?:key|token)$|change[-_]?(?:me|this|it)|replace|example|redacted|insert[-_]|todo|dummy|"
    r"\bfake|sample|<[a-z_ -]+>|\$\{|\{\{|-here$|_here$|goes[-_]?here|00000000|12345678901|"
    r"abcdefghij|foo[-_]?bar|not[-_]?a[-_]?real|lorem"
)
_LITERAL: Final = (
    r"^(?:true|false|none|null|nil|undefined|nan|string|str|int[0-9]*|bool|bytes|text|required|"
    r"optional|varchar2?|void|object|auto|default|yes|no|on|off|test|unknown|empty|hidden|n/a|"
    r"(?:sha|md|hmac|aes|rsa|base|utf|hs|rs|es|ps|ed|oauth|argon|bcrypt|scrypt|pbkdf)[-_]?[0-9]+"
    r"(?:[-_a-z0-9]*)?|(?:pass|pw|pwd|passwd|password|passphrase|secret|token|key|credentials?|"
    r"apikey|user|username|login|admin|root|guest)[s0-9]?)$"
)
_ADDRESS: Final = r"^(?:[a-z][a-z0-9+.-]*://|\.{0,2}/[a-z._]|~/|[a-z]:\\|www\.|data:|mailto:)"
_FILE: Final = (
    r"\.(?:py|js|ts|json|ya?ml|xml|txt|md|html?|pem|key|crt|cer|cfg|ini|conf|sh|java|go|rs|c|h|"
    r"png|svg|jpe?g|gif|css|so|com|org|net|io|dev|local|internal)$"
)
_PLACEHOLDER: Final = compiled(f"{_STAND_IN}|{_LITERAL}")
_NO_VALUE: Final = compiled(f"{_STAND_IN}|{_LITERAL}|{_ADDRESS}|{_FILE}")
_NAME: Final = compiled(r"[A-Za-z_$][A-Za-z_]*[0-9]?(?:(?:\.|->|::|-|/|:)[A-Za-z_]*[0-9]?)*")
_UUID: Final = compiled(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HEX: Final = b"0123456789abcdefABCDEF"
_DIGITS: Final = b"0123456789"
_CODE: Final = compiled(
    r"^[A-Za-z_$][A-Za-z0-9_$.]*[(\[]"
    r"|^[a-z_$][A-Za-z0-9_$]*(?:(?:\.|->|::)[A-Za-z_$][A-Za-z0-9_$]*)+$"
    r"|=>|::|\|\||^[(){\[]|^[!~&*]?[a-z_]+[0-9]?[)\]]|^[+%&|?:=.*)\\-]*$"
)
_CHOSEN: Final = frozenset(
    (
        b"qwerty qwertz azerty qwertyuiop asdfgh asdfghjkl letmein iloveyou sunshine princess"
        b" football baseball superman batman monkey dragon shadow trustno1 welcome supersecret"
        b" secretpassword mysecretpassword mypassword topsecret verysecret passwort s3cr3t"
        b" p4ssw0rd opensesame"
    ).split()
)
_OF_NAMES: Final = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$.:/>-"
_LETTERS: Final = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def is_placeholder(value: bytes) -> bool:
    """Tell whether a value stands for one that is filled in elsewhere, or for none."""
    return len(set(value)) < 3 or stands_in(_PLACEHOLDER, value.lower())


def is_no_value(value: bytes) -> bool:
    """Tell whether a value is a placeholder, a link, a path or the name of a file or host."""
    return len(set(value)) < 3 or stands_in(_NO_VALUE, value.lower())


def is_name(value: bytes) -> bool:
    """Tell whether a value reads as a name in a program, such as `settings.token`."""
    return not value.translate(None, _OF_NAMES) and is_whole(_NAME, value, 0, len(value))


def is_random(value: bytes, shortest: int = 16) -> bool:
    """Tell a key drawn at random from words and names, by what its characters change between.

    `shortest` is the length in characters from which so little can be told at all.
    """
    if (
        not value.isascii()
        or not shortest <= len(value) <= LONGEST
        or len(set(value)) < min(len(value) // 3 + 2, 10)
    ):
        return False
    if not value.translate(None, _HEX):
        drawn = value.islower() != value.isupper() and not value.isalpha()
    elif len(value) == 36 and is_whole(_UUID, value.lower(), 0, len(value)):
        return True
    else:
        with_digit = len(value.translate(None, _DIGITS)) < len(value)
        needed = max(4, len(value) // (6 if with_digit else 3))
        drawn = (with_digit or len(value) >= 20) and _changes(value) >= needed
    return drawn and not is_no_value(value)


def is_password(value: bytes, shortest: int = 6) -> bool:
    """Tell a password somebody chose from a word: letters and something else besides."""
    if not shortest <= len(value) <= 128 or value.isalpha():
        return False
    joined = value.translate(None, b"_-.,:/!?")
    letters = len(joined.translate(None, _LETTERS)) < len(joined)
    return letters and not joined.isalpha() and not is_no_value(value)


def is_word_people_choose(value: bytes) -> bool:
    """Tell a word that is well known for being somebody's password."""
    return value.lower() in _CHOSEN


_CLASS: Final = bytes(
    1 if 97 <= c <= 122 else 2 if 65 <= c <= 90 else 3 if 48 <= c <= 57 else 0 for c in range(256)
)
_PAIRS: Final = (b"\1\2", b"\2\1", b"\1\3", b"\3\1", b"\2\3", b"\3\2")
_WORD_BEGINS: Final = b"\1\2\1"


def _changes(value: bytes) -> int:
    """Count where a character is of another class than the one before it.

    A capital that begins a word does not count, so that `getAccessTokenFrom` has few.
    """
    classes = value.translate(_CLASS)
    return sum(map(classes.count, _PAIRS)) - 2 * classes.count(_WORD_BEGINS)


def is_code(value: bytes) -> bool:
    """Tell whether an unquoted value reads as an expression of a program."""
    return not value.isalnum() and stands_in(_CODE, value)
