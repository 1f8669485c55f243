"""Private keys written as text, whole or cut off.

Sources: RFC 7468 (PEM), RFC 1421 §4.4 (its headers), RFC 9580 §6.2 (OpenPGP armour), PROTOCOL.key
of OpenSSH, and appendix C of the PuTTY manual (PPK files).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.engine import compiled, spans
from reflex_layer.pii.recogniser import Found
from reflex_layer.text import Shadow

_BEGIN: Final = compiled(r"-{2,5} ?begin (?:[a-z0-9]+ ){0,3}private key(?: block)? ?-{2,5}")
_END: Final = compiled(r"-{2,5} ?end (?:[a-z0-9]+ ){0,3}private key(?: block)? ?-{2,5}")
_BODY: Final = compiled(
    r"^(?:[A-Za-z0-9+/=]{16,}|\\+[rnt]|[\s\"'`,+>|#*]|[A-Za-z0-9+/]{1,15}={0,2}(?:[\"'\\]|\s*-)"
    r"|[A-Za-z0-9+/]{1,14}={1,2}|=[\w+/]{4}"
    r"|(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset|MessageID): ?[^\n\\]{0,200})+"
)
_MATERIAL: Final = compiled(r"[A-Za-z0-9+/=]{16}")
_PUTTY: Final = compiled(r"putty-user-key-file-[123]:")
_PUTTY_END: Final = compiled(r"private-(?:mac|hash): ?[0-9a-f]+")
_ENCODED: Final = compiled(r"LS0tLS1CRUdJTi[A-Za-z0-9+/]{40,}={0,2}")
_ENCODED_WORDS: Final = (b"UFJJVkFURSBLRV", b"BSSVZBVEUgS0VZ", b"QUklWQVRFIEtFW")
_LONGEST: Final = 32_000


class PrivateKey:
    kind = PiiType.PRIVATE_KEY
    anchor = r"begin [a-z0-9 ]*private key|putty-user-key-file-|ls0tls1crudjti"
    positive = (
        "⟦-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAfak3fak3fak3fak3fak3fak3fak3\n"
        "-----END PRIVATE KEY-----⟧\n",
        '"key": "⟦-----BEGIN RSA PRIVATE KEY-----\\nMIIEfak3fak3fak3fak3fak3fak3\\n'
        '-----END RSA PRIVATE KEY-----⟧\\n"',
        "cut: ⟦-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEfak3fak3fak3fak3\n"
        "QyNTUxOQAAACDfak3fak3fak3fak3fak3fak3fak3⟧\n\nand more prose.",
        "⟦-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlFgEXfak3RYJfak3fak3fak3fak3fak3\n=fak3\n"
        "-----END PGP PRIVATE KEY BLOCK-----⟧",
        "⟦PuTTY-User-Key-File-2: ssh-ed25519\nEncryption: none\nComment: made up\nPublic-Lines: 1\n"
        "AAAAC3Nfak3fak3\nPrivate-Lines: 1\nAAAAIfak3fak3fak3\nPrivate-MAC: 0a1b2c3d4e5f⟧\n",
    )
    negative = (
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAfak3fak3fak3fak3\n-----END PUBLIC KEY-----",
        "The file begins with -----BEGIN PRIVATE KEY----- and a newline.",
        "-----BEGIN CERTIFICATE-----\nMIIBfak3fak3fak3fak3fak3\n-----END CERTIFICATE-----",
        "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----",
    )

    def find(self, shadow: Shadow) -> Iterator[Found]:
        begins = list(spans(_BEGIN, shadow.lower))
        for number, (start, body) in enumerate(begins):
            limit = begins[number + 1][0] if number + 1 < len(begins) else len(shadow.lower)
            if end := _end(shadow, body, min(limit, body + _LONGEST)):
                yield Found(self.kind, start, end, 0.98)
        yield from self._putty(shadow)
        for start, end in spans(_ENCODED, shadow.cased):
            if any(word in shadow.cased[start : start + 80] for word in _ENCODED_WORDS):
                yield Found(self.kind, start, end, 0.95)

    def _putty(self, shadow: Shadow) -> Iterator[Found]:
        starts = [start for start, _ in spans(_PUTTY, shadow.lower)]
        for start, limit in zip(starts, [*starts[1:], len(shadow.lower)], strict=False):
            data = shadow.lower[start : min(limit, start + _LONGEST)]
            if b"private-lines:" in data:
                last = _PUTTY_END.search(data)
                length = last.span()[1] if last else len(data.rstrip())
                yield Found(self.kind, start, start + length, 0.98)


def _end(shadow: Shadow, body: int, limit: int) -> int:
    """Return where the key ends whose first line ends at `body`; 0 if there is no key.

    Without its last line, it goes as far as the lines of base64 do.
    """
    last = _END.search(shadow.lower[body:limit])
    stop = body + last.span()[0] if last else limit
    found = _BODY.search(shadow.cased[body:stop])
    if found is None or not _MATERIAL.search(shadow.cased[body : body + found.span()[1]]):
        return 0
    if last:
        return body + last.span()[1]
    return body + len(shadow.cased[body : body + found.span()[1]].rstrip(b" \t\r\n\"'`,+>|#*\\"))
