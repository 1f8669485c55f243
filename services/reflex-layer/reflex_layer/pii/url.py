"""Links (RFC 3986), also disarmed ones such as `hxxps://host[.]org`, and names of hosts where they
are likely links.

A link seldom tells who somebody is: an ordinary one is reported but does not block. What private
data stands in it, such as an address or a token, is found by its own recogniser.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.engine import compiled, spans, stands_in
from reflex_layer.pii.ipv4 import IDENTIFIES_NOBODY
from reflex_layer.pii.reading import Reading
from reflex_layer.pii.recogniser import Found, Once, script_after
from reflex_layer.pii.top_level import EXISTING, PRIVATE, RESERVED

_DISARMED: Final = r"(?:[\[({]\.[\])}]|[\[(]dot[\])])"
_DOT: Final = rf"(?:\.|{_DISARMED})"
_LABEL: Final = r"[a-z0-9\xff](?:[a-z0-9\xff_-]*[a-z0-9\xff])?"
# Brackets belong to a link if they are closed in it; a comma if a number follows, as in the links
# of maps.
_CHARACTER: Final = r"[a-z0-9\xff._~:/?#@!$&*+;=%-]"
_BODY: Final = rf"(?:{_CHARACTER}|\({_CHARACTER}*\)|\[{_CHARACTER}*\]|,-?[0-9]+(?:\.[0-9]+|[zma]))*"
_REST: Final = rf"(?:[:/?#]{_BODY})?"
_SCHEME: Final = r"(?:https?|hxxps?|h\*\*ps?|ftps?|fxps?|sftp|wss?)(?::|\[:\]?)//\]?"
_LINK: Final = compiled(rf"\b{_SCHEME}(?:[^\s/?#@<>\"'`]*@)?{_LABEL}(?:{_DOT}{_LABEL})*{_REST}")

# The name of a host alone is taken for a link in the few domains that neither programs nor
# sentences hold by chance; in more of them if a path follows.
_ALONE: Final = r"(?:com|org|edu|gov|(?:co|com|org|net|ac|gov|edu)\.(?:uk|au|nz|za|jp|br|in|kr|il))"
_WITH_PATH: Final = r"(?:com|org|net|edu|gov|io|dev|app|ai|co|me|tv|eu|de|fr|nl|ch|at|uk|au|jp)"
_NAME: Final = compiled(
    rf"\bwww[0-9]?{_DOT}{_LABEL}(?:{_DOT}{_LABEL})+{_REST}"
    rf"|\b{_LABEL}(?:{_DOT}{_LABEL})*{_DISARMED}{_LABEL}(?:{_DOT}{_LABEL})*{_REST}"
    rf"|\b{_LABEL}(?:\.{_LABEL})*\.(?:{_WITH_PATH}/[a-z0-9]{_BODY}|{_ALONE}\b/?)"
)
_PERSONAL: Final = compiled(
    r"/(?:in|u|users?|people|profiles?|members?)/[a-z0-9\xff._-]{3,}/?$|/[@~][a-z0-9\xff._-]{2,}/?$"
    r"|^wa\.me/|[?&](?:user|username|name|profile|user_?id)=[^&@%]{2,}(?:&|$)"
)
_TRAILING: Final = b".,;:!?*_~&"
_PUBLIC: Final = 0.4
_OF_A_PERSON: Final = 0.6
_LONGEST_HOST: Final = 255
_LONGEST_USER: Final = 16


class URL:
    kind = PiiType.URL
    anchor = (
        r"//\]?[^\s]|\bwww[0-9]?[.\[({]|[\[({](?:\.|dot)[\])}][a-z0-9\xff]"
        rf"|\.(?:{_ALONE}\b|{_WITH_PATH}/[a-z0-9])"
    )
    positive = (
        "See ⟦https://docs.python.org/3/⟧.",
        "(⟦http://en.wikipedia.org/wiki/RE2_(software)⟧)",
        "[page](⟦https://www.octollm.dev/a?b=c&d=%20e#f⟧), then",
        "<a href='⟦https://bücher.de/⟧'>",
        "visit ⟦hxxps://evil[.]co[.]uk/payload⟧ now",
        "⟦evil[.]com⟧ and ⟦hxxp[:]//bad(dot)org/x⟧",
        "go to ⟦www.bahn.de/fahrplan⟧!",
        "my blog ⟦ada-lovelace.co.uk⟧, and ⟦github.com/ada/engine⟧",
        "⟦ftp://files.octollm.org:2121/a.zip⟧; ⟦wss://chat.octollm.dev⟧",
        "⟦http://localhost:8080/health⟧",
        "⟦https://maps.google.com/@52.51,13.37,15z⟧",
        "1,⟦https://octollm.org/a⟧,2",
        "⟦ｈｔｔｐｓ：／／octollm．org⟧",
    )
    negative = (
        "os.path, README.md, main.py, e.g. this and i.e. that",
        "self.com(1), event.org[0], a.com.b",
        "ada@example.org and ada.com@example.org",
        "http://93.184.215.14/ has an address of its own",
        "http://{host}:8080/ and https://$HOST/ and http://server/",
        "Amazon.com, Inc.",
        "com.example.app and org.apache.commons",
        "import a/b.com.js // comment",
        "postgresql://app@db/main",
        "x[.]y",
    )

    def find(self, shadow: Reading) -> Iterator[Found]:
        lower = shadow.lower
        confidence = Once(_confidence)
        for start, end in spans(_LINK, lower):
            end = script_after(shadow, start, end)
            end = start + len(lower[start:end].rstrip(_TRAILING))
            link = lower[lower.index(b"//", start) + 2 : end].lstrip(b"]")
            if sure := confidence[link]:
                yield Found(self.kind, start, end, sure)
        of_name = Once(_confidence_of_name)
        for start, end in spans(_NAME, lower):
            if lower[start - 1 : start] in _ATTACHED:
                continue
            end = script_after(shadow, start, end)
            end = start + len(lower[start:end].rstrip(_TRAILING))
            sure = of_name[lower[start:end]]
            if sure and _is_link(shadow, start, end):
                yield Found(self.kind, start, end, sure)


def _is_link(shadow: Reading, start: int, end: int) -> bool:
    """Tell the name of a host from what goes on after it, and from a company."""
    after = shadow.lower[end : end + 2]
    if after[:1] in _GOING_ON:
        return False
    if after[:1] == b"." and after[1:].isalnum():
        return False
    written = shadow.cased[start:end]
    return not (written[:1].isupper() and written[1:].islower())  # a company, as in Amazon.com


def _host(link: bytes) -> bytes:
    """Return the host of a link without its scheme, with plain dots."""
    authority = link.translate(_ENDS_OF_AUTHORITY).partition(b"/")[0]
    host = authority.rpartition(b"@")[2].replace(b"dot]", b".").replace(b"dot)", b".")
    return host.translate(None, _BRACKETS).partition(b":")[0]


def _top_level(host: bytes) -> bytes:
    return host.rpartition(b".")[2]


def _confidence(link: bytes) -> float:
    """Return how private a link without its scheme is; 0 if its host is no name at all.

    An IPv4 address as host is found by itself, a name without a dot is a placeholder.
    """
    return _confidence_of_host(link, _host(link))


def _confidence_of_host(link: bytes, host: bytes) -> float:
    top = _top_level(host)
    if top.isdigit() or (top == host != b"localhost") or len(host) > _LONGEST_HOST:
        return 0.0
    known = top in EXISTING or b"\xff" in top
    if not known or top in RESERVED or top in PRIVATE or b"example" in host.split(b"."):
        return IDENTIFIES_NOBODY
    user, at, _ = link.partition(b"/")[0].rpartition(b"@")
    # One with a password or a token is found for that.
    named = at and b":" not in user and len(user) <= _LONGEST_USER
    return _OF_A_PERSON if named or stands_in(_PERSONAL, link) else _PUBLIC


def _confidence_of_name(name: bytes) -> float:
    """Return how sure a link without its scheme is; 0 if its last part is no top-level domain."""
    host = _host(name)
    return _confidence_of_host(name, host) if _top_level(host) in EXISTING else 0.0


_ENDS_OF_AUTHORITY: Final = bytes.maketrans(b"?#", b"//")
_BRACKETS: Final = b"[](){}"
_ATTACHED: Final = frozenset((b"@", b"/", b".", b"-", b"_", b"$", b"\\", b"%"))
_GOING_ON: Final = frozenset((b"(", b"[", b"@", b"-", b"_", b"="))
