"""Keys and tokens of other providers, and values drawn at random next to a word for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.engine import EDGE, Pattern, compiled, spans, stands_in
from reflex_layer.pii.assigned import LOOKED_BACK, Assigned, assignment, is_setting, judged
from reflex_layer.pii.providers import ANCHORS, FORMATS, LINKS, LITERALS, SETTINGS, SHAPES
from reflex_layer.pii.recogniser import Found, stands_alone
from reflex_layer.pii.secret_value import is_code, is_password, is_placeholder, is_random
from reflex_layer.text import Shadow

_CUE: Final = 3
"""How many characters of a token choose the formats it is compared with."""

_PREFIXES: Final = sorted({prefix for row in FORMATS for prefix in row.prefixes}, key=len)
_ESCAPED: Final = "|".join(
    prefix.replace(".", r"\.").replace("$", r"\$") for prefix in reversed(_PREFIXES)
)
_CANDIDATE: Final = compiled(rf"{EDGE}(?:{_ESCAPED})[A-Za-z0-9_.%$=+/,-]{{12,}}")
_SHAPE: Final = compiled("|".join(SHAPES))
_LINK: Final = compiled("|".join(LINKS))
_SETTING: Final = compiled("|".join(SETTINGS))
_RARE: Final = compiled("|".join((*ANCHORS, *LITERALS)))

_NAMES: Final = (
    r"api[ _.-]?(?:access[ _-]?)?(?:key|token|secret)|secret|token|bearer|credential|cookie"
    r"|session[_-]?id|(?:access|auth|private|encrypt(?:ion)?|signing|account|client|app"
    r"|application|master|consumer"
    r"|service|shared|licen[sc]e|storage|subscription|admin|write|deploy|integration|stripe|twilio"
    r"|sendgrid|datadog|openai|azure|maps|algolia|webhook|jwt|hmac|cipher|aes|root)[ _.-]?key"
    r"|authorization|_key\b|[_-]pat\b|\bpat\b|[_-]auth\b|\bdsn\b"
    r"|schluessel|schlussel|clave|cle d'api|chiave|chave|sleutel"
)
_ASSIGNED: Final = assignment(_NAMES)
_WORDS: Final = (
    r"api[ _.-]?key|token|secret|bearer|credential|cookie|session[_-]?id|[a-z][_-]key"
    r"|(?:access|auth|private|encryption|signing|account|client|app|master|consumer|service|shared"
    r"|licen[sc]e"
    r"|storage|subscription|algolia|admin|deploy|stripe|jwt|hmac|maps|webhook"
    r"|root)[ .]?key|[_-]pat\b"
    r"|\bpat\b|[_-]auth|\bdsn|authorization|schlu?e?ssel|\bclave|cle d'api|\bchiave|\bchave|sleutel"
)
_INNOCENT: Final = compiled(
    r"hash|digest|checksum|\bsha(?:1|256|512)|md5|commit|integrity|fingerprint|etag|signature"
    r"|public"
    r"|pub[_-]?key|publishable|csrf|primary|foreign|_url|_uri|cache|sort|partition|object|tokeniz"
    r"|page|cursor|continuation|next_?token|lock_?token|request_?token|sync_?token|\barn\b|(?:key|token|secret|credential)_?id"
    r"|_name|_path|_file"
    r"|idempoten|revision|\brev\b|blob|tree"
)
_DIGEST: Final = compiled(r"hash|digest|checksum|\bsha(?:1|256|512)|md5|commit")
_NAMED_BY: Final = tuple(f"{digit}:".encode() for digit in range(10))
"""What stands before `secret:name` in the names that clouds give to what they keep."""

_NAME_BYTES: Final = b"abcdefghijklmnopqrstuvwxyz0123456789_-"
_LONGEST: Final = 600


class GenericAPIKey:
    kind = PiiType.GENERIC_API_KEY
    anchor = (
        rf"{EDGE}(?:{_ESCAPED.lower()})[a-z0-9_]|{'|'.join(ANCHORS)}|{'|'.join(LITERALS)}"
        rf"|(?:{_WORDS})[a-z0-9_-]*[\"'`)>\]*\\]*(?:[ \t]*[:=>(]|,[ ]?[\"']"
        r"|[\"']?[\s,]+[\"']?value|[ \t]+for [a-z0-9_.@ -]*(?: is|:)"
        r"|(?:[ \t]+(?:is|ist|es|est|lautet):?)?[ \t]+[\"'`]?[a-z_+/-]*[0-9])"
    )
    positive = (
        "stripe: ⟦sk_live_4eC39HqLyjWDarjtT1zdp7dc⟧",
        "the bot uses ⟦xoxb-210987654321-3210987654321-aB3dE5fG7hJ9kL1mN3pQ5rS7⟧ now",
        "post to ⟦https://hooks.slack.com/services/T00000000/B00000000/aB3dE5fG7hJ9kL1mN3pQ5rS7⟧",
        "maps=⟦AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q⟧",
        "CI_TOKEN: ⟦glpat-aB3dE5fG7hJ9kL1mN3pQ⟧",
        "//packages.example.org/:_authToken=⟦npm_aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5⟧",
        "SG=⟦SG.aB3dE5fG7hJ9kL1mN3pQ5r.aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9f⟧.",
        "hf login --token ⟦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⟧",
        "git clone https://⟦sk_live_4eC39HqLyjWDarjtT1zd⟧@kestrel.dev/a.git",
        "bot ⟦110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1⟧",
        "mc = ⟦0f1e2d3c4b5a69788796a5b4c3d2e1f0-us14⟧",
        "AccountName=x;AccountKey=⟦aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9fG1hJ3==⟧;",
        "API_KEY=⟦q7Rt2Lw9Zx4Vb8Nm3Kp6⟧",
        '"client_secret": "⟦8Q~t7Rt2Lw9Zx4Vb8Nm3Kp6Yd5⟧",',
        "Authorization: Bearer ⟦q7Rt2Lw9Zx4Vb8Nm3Kp6⟧",
        "x-api-key: ⟦3b9e1f7a5c2d4e8f9a0b1c2d3e4f5a6b⟧",
        '<add key="ApiKey" value="⟦q7Rt2Lw9Zx4Vb8Nm3Kp6⟧" />',
        "my api key is ⟦q7Rt2Lw9Zx4Vb8Nm3Kp6⟧, thanks",
        'HEROKU_API_KEY="⟦01234567-89ab-4cde-8f01-23456789abce⟧"',
        "curl --api-key ⟦q7Rt2Lw9Zx4Vb8Nm3Kp6⟧ x",
        "dp token ⟦dp.pt.aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9f⟧",
        "⟦AGE-SECRET-KEY-1QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE⟧",
    )
    negative = (
        "api_key = <your-api-key>",
        "api_key = os.environ['API_KEY']",
        "token = get_access_token2_from_header()",
        "API_KEY=${API_KEY}",
        "secret: {{ secret_2b }}",
        "token=xxxxxxxxxxxxxxxxxxxx",
        "commit 3b9e1f7a5c2d4e8f9a0b1c2d3e4f5a6b7c8d9e0f",
        "id 01234567-89ab-4cde-8f01-23456789abce",
        "token_hash = '3b9e1f7a5c2d4e8f9a0b1c2d3e4f5a6b'",
        "public_key: 3b9e1f7a5c2d4e8f9a0b1c2d3e4f5a6b",
        "The token is then sent to the server in version 2 of the protocol.",
        "sk-learn-contrib-metric-learn and sk-SK locale",
        "sort_key = 'created_at_2024_descending'",
        "token_uri = 'https://oauth2.example.org/v1/token'",
        "sk_live_your_key_here_1234",
        "arn:aws:secretsmanager:us-west-2:123456789012:secret:MyTestSecret-a1b2c3",
        '"LockToken": "e3db7e2c-d58b-4ee6-8346-6aec5511c6fb"',
    )

    def find(self, shadow: Shadow) -> Iterator[Found]:
        yield from self._by_format(shadow)
        if stands_in(_RARE, shadow.lower):
            yield from self._by_shape(shadow)
        for start, end, confidence in judged(shadow, _ASSIGNED, _LONGEST, _confidence):
            yield Found(self.kind, start, end, confidence)

    def _by_shape(self, shadow: Shadow) -> Iterator[Found]:
        for start, end in spans(_SHAPE, shadow.cased):
            if stands_alone(shadow, start, end):
                yield Found(self.kind, start, end, 0.9)
        for start, end in spans(_LINK, shadow.cased):
            yield Found(self.kind, start, end, 0.95)
        for start, end in spans(_SETTING, shadow.cased):
            yield Found(self.kind, shadow.cased.index(b"=", start) + 1, end, 0.95)

    def _by_format(self, shadow: Shadow) -> Iterator[Found]:
        for edge, end in spans(_CANDIDATE, shadow.cased):
            start = edge + shadow.cased.startswith(b"_", edge)
            token = shadow.cased[start : min(end, start + _LONGEST)]
            for pattern in _BY_CUE[token[:_CUE]]:
                if found := pattern.search(token):
                    last = start + found.span()[1]
                    goes_on = shadow.cased[last : last + 1] in (b"+", b"/")  # Base64
                    if (
                        not goes_on
                        and stands_alone(shadow, start, last)
                        and not _is_drawn(shadow, start, last)
                    ):
                        yield Found(self.kind, start, last, 0.98)
                    break


def _formats() -> dict[bytes, list[Pattern]]:
    """Return the patterns of the formats by the first characters of their tokens."""
    by_cue: dict[bytes, list[Pattern]] = {}
    rows = [(prefix, row.body) for row in FORMATS for prefix in row.prefixes]
    for prefix, body in sorted(rows, key=lambda row: -len(row[0])):
        escaped = prefix.replace(".", r"\.").replace("$", r"\$")
        by_cue.setdefault(prefix[:_CUE].encode(), []).append(compiled(rf"^{escaped}{body}"))
    return by_cue


_BY_CUE: Final = _formats()


def _is_drawn(shadow: Shadow, start: int, end: int) -> bool:
    """Tell whether a token of a known form only shows the form, as `sk_live_xxxxxxxx` does."""
    token = shadow.cased[start:end]
    return is_placeholder(token) or len(set(token)) < 8


def _confidence(shadow: Shadow, one: Assigned) -> float:
    """Return how sure a value beside a word for a key is one; 0 for none."""
    value = shadow.cased[one.start : one.end]
    random = is_random(value, 16 if one.joined else 20) and (one.joined or not _is_digest(value))
    if not random and not _is_chosen(shadow, one, value):
        return 0.0
    if not one.quoted and is_code(value):
        return 0.0
    before = shadow.lower[max(0, one.name - LOOKED_BACK) : one.name]
    word = before[len(before.rstrip(_NAME_BYTES)) :]
    name = word + shadow.lower[one.name : one.start]
    if stands_in(_INNOCENT, name) or stands_in(_DIGEST, before) or before.endswith(_NAMED_BY):
        return 0.0
    return 0.85 if random else 0.6


def _is_digest(value: bytes) -> bool:
    """Tell the hexadecimal digits that prose about a key names, which are those of its version."""
    return not value.translate(None, b"0123456789abcdef")


def _is_chosen(shadow: Shadow, one: Assigned, value: bytes) -> bool:
    """Tell whether a value that is called a secret reads as a password somebody chose."""
    if not one.joined or len(value) < 8 or b"secret" not in shadow.lower[one.name : one.start]:
        return False
    return (_is_mixed(value) or is_setting(shadow, one)) and is_password(value, 8)


def _is_mixed(value: bytes) -> bool:
    return not value.islower() and not value.isupper() and any(48 <= c <= 57 for c in value)
