"""Passwords next to a word for them, in connection strings and on command lines.

Sources: RFC 3986 §3.2.1 (user information of a URI), PostgreSQL manual §34.1 (connection strings
and PGPASSWORD), Microsoft ODBC and ADO.NET connection strings (`Pwd=`, `Password=`), the curl and
MySQL manuals (`-u user:password`, `-ppassword`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.engine import compiled, first, spans, stands_in
from reflex_layer.pii.assigned import LOOKED_BACK, Assigned, assignment, is_setting, judged
from reflex_layer.pii.plain_password import phrases, short
from reflex_layer.pii.recogniser import Found, Once
from reflex_layer.pii.secret_value import (
    is_code,
    is_name,
    is_password,
    is_placeholder,
    is_word_people_choose,
)
from reflex_layer.text import Shadow, fold_native

_NAMES: Final = (
    r"passw(?:or)?d|passwd|\bpasswrd|pwd|pass[ _-]?(?:phrase|code)|passwort|kennwort"
    r"|contrasen[ai]a?|mot de passe|\bmdp|senha|wachtwoord|\bhaslo|parola|\bheslo|losenord|salasana"
    r"|adgangskode|\bsifre|[_-]pass\b|\bpass\b|\bpw\b|identified (?:with [a-z_0-9]+ )?by"
    r"|securestring"
    r"|login \S{1,64} password"
)
_ASSIGNED: Final = assignment(_NAMES)
_CONNECTION: Final = compiled(
    r"[a-z][a-z0-9+.-]{1,30}://[^\s/@:\"'<>]{0,100}"
    r":[^\s/\"'<>][^\s\"'<>]{0,200}@[a-z0-9\xff$\[{%(<]"
)
_HOST: Final = compiled(r"@[a-z0-9\xff-]+(?:\.[a-z0-9\xff-]+)+(?::[0-9]{1,5})?[/?#]")
_CURL: Final = compiled(
    r"(?:curl|wget|http)\b[^\n]{0,200}?\s(?:-u|--user)[ =]?[\"']?[^\s:\"']{1,64}:[^\s\"']{3,128}"
)
_SHORT_FLAG: Final = compiled(
    r"\b(?:mysql|mysqldump|mysqladmin|mariadb|sshpass|mongo|mongosh|docker login|redis-cli"
    r"|sqlcmd|ldapsearch)\b"
    r"[^\n]{0,120}?\s-(?:p|a|w) ?[\"']?[^\s\"'-][^\s\"']{3,127}"
)
_COMMANDS: Final = (
    (_CURL, b":", (b" -u", b" --user")),
    (_SHORT_FLAG, b"", (b" -p", b" -a", b" -w")),
)
_IN_OTHER_SCRIPTS: Final = (
    "пароль",
    "密码",
    "密碼",
    "パスワード",
    "비밀번호",
    "पासवर्ड",
    "كلمة المرور",
    "סיסמה",
    "κωδικος",
    "รหัสผ่าน",
)
_NATIVE: Final = tuple("".join(map(fold_native, word)) for word in _IN_OTHER_SCRIPTS)
_COPULAS: Final = ("", "是", "为", "為", "は", "는", "은")
_NATIVE_IS: Final = tuple(word + copula for word in _NATIVE for copula in _COPULAS)
_NATIVE_VALUE: Final = compiled(r"\xff(?:['\" ]{0,3}[:=] ?| )?['\"]?[!-~]{6,64}")
_OTHER_NAME: Final = compiled(r"hash|digest|salt|_len|_file|_path|url|encryption|algorithm|policy")
_NAME_BYTES: Final = b"abcdefghijklmnopqrstuvwxyz0123456789_"
_LONGEST: Final = 128
_RATIO: Final = compiled(r"^[0-9.,:-]+[/%x]|^[0-9.,]+[A-Za-z'-]*$")


class Password:
    kind = PiiType.PASSWORD
    anchor = (
        r"passw|passphrase|pass[ _-]code|passcode|pwd|kennwort|contrasen|mot de passe|\bmdp\b|senha"
        r"|wachtwoord|\bhaslo\b|\bparola\b|\bheslo\b|losenord|salasana|adgangskode|\bsifre"
        r"|[_-]pass['\"]?[ ,]*[:=]|\bpass['\"]?[ ]*[:=]|\bpw\b|identified by"
        r"|://[^\s/]*:[^\s]*@|curl .*-u|mysql.* -p|sshpass|docker login|redis-cli|sqlcmd"
        r"|\xff['\" ]*[:=]|\xff ?['\"]?[!-~]{6}"
    )
    positive = (
        'db_password = "⟦tR4v!nska⟧"',
        "PGPASSWORD=⟦m0untain-g0at⟧ psql -h db",
        "The password is ⟦hunter2⟧.",
        "Das Passwort lautet ⟦Regen7bogen⟧, bitte.",
        "mi contraseña es ⟦Verde99Mar⟧ y ya",
        "postgresql://app:⟦s3cr3t-Pw⟧@db.example.org/main",
        "redis://:⟦p4ssw0rdA⟧@cache.example.org:6379",
        "Server=db;Uid=app;Pwd=⟦Bl4u;Gr9⟧;Database=x",
        "<password>⟦Kiefer!88⟧</password>",
        "mysql -u root -p⟦R0tkohl77⟧ shop",
        "curl -u ada:⟦L0velace-1⟧ https://example.org",
        "Пароль: ⟦Zima2031!⟧",
        '{"password": "⟦a&b1;c2,D⟧", "x": 1}',
        "password: ⟦jq4#Lm2&!x⟧",
        "--password ⟦Fl1eder9⟧ --host x",
        'password: "⟦my secret pass⟧"',
        "password = '⟦correct horse battery staple⟧'",
        "pwd=⟦abc⟧",
        "uid=sa;pwd=⟦abc⟧;db=x",
        "/login?user=ada&password=⟦tulip⟧&x=1",
        "- name: DB_PASSWORD\n  value: ⟦W1ntergr8n⟧",
    )
    negative = (
        "password = get_password()",
        "pwd = os.getcwd()",
        "connect(user=user, password=password)",
        "connect(\n    user=user,\n    password=mine\n)",
        "password=password\nPWD=abc\nswpwd=none",
        'password: "Enter your password"',
        '"password": "must be typed again"',
        "password: str | None = None",
        'password = "<your-password>"',
        "password=${DB_PASSWORD}",
        "password = os.environ['DB_PASSWORD']",
        "password: {{ vault_password }}",
        "password: ********",
        "password=changeme",
        "Enter your password: it must have 8 characters.",
        "The password is wrong.",
        "self.password = settings.db1.password",
        "https://example.org:8080/@ada",
        'password="password"',
        'password_hash = "5f4dcc3b5aa765d61d8327deb882cf99"',
        "postgresql://user:password@localhost/db",
        "postgresql://app:${POSTGRES_PASSWORD:-octollm1}@db/app",
        "user,pass,born,3650112324,230-32-5103",
        "</pass>\nI/Number(80752)",
        "((STACK_OF(user_pwd) *)stack_new1(cmp)",
    )

    def find(self, shadow: Shadow) -> Iterator[Found]:
        for start, end, confidence in judged(shadow, _ASSIGNED, _LONGEST, _confidence):
            yield Found(self.kind, start, end, confidence)
        for start, end in phrases(shadow):
            yield Found(self.kind, start, end, 0.6)
        for start, end in short(shadow):
            yield Found(self.kind, start, end, 0.5)
        if b"://" in shadow.lower:
            yield from self._in_connections(shadow)
        yield from self._in_commands(shadow)
        if shadow.is_foreign and any(word in shadow.native for word in _NATIVE):
            yield from self._native(shadow)

    def _in_commands(self, shadow: Shadow) -> Iterator[Found]:
        for pattern, mark, flags in _COMMANDS:
            if not any(flag in shadow.lower for flag in flags):
                continue
            for start, end in spans(pattern, shadow.lower):
                begin = start + _flag_value(shadow.lower[start:end], mark)
                if is_password(shadow.cased[begin:end]):
                    yield Found(self.kind, begin, end, 0.85)

    def _in_connections(self, shadow: Shadow) -> Iterator[Found]:
        for start, end in spans(_CONNECTION, shadow.lower):
            begin = shadow.lower.index(b":", shadow.lower.index(b"://", start) + 3) + 1
            host = first(_HOST, shadow.lower, begin, end)
            last = host[0] if host else end - 2
            if _is_connection_password(shadow.cased[begin:last]):
                yield Found(self.kind, begin, last, 0.9)

    def _native(self, shadow: Shadow) -> Iterator[Found]:
        """Yield what follows a word for password in a script without Latin look-alikes."""
        is_one = Once(is_password)
        for start, end in spans(_NATIVE_VALUE, shadow.cased):
            before = shadow.native[max(0, start - 12) : start + 1]
            if not before.endswith(_NATIVE_IS):
                continue
            value = shadow.cased[start + 1 : end].lstrip(b" '\":=").rstrip(b"'\",.;")
            if is_one[value]:
                begin = shadow.cased.index(value, start + 1)
                yield Found(self.kind, begin, begin + len(value), 0.9)


def _confidence(shadow: Shadow, one: Assigned) -> float:
    """Return how sure a value beside a word for password is one; 0 for none."""
    value = shadow.cased[one.start : one.end]
    before = shadow.lower[max(0, one.name - LOOKED_BACK) : one.name]
    if before.rstrip(_NAME_BYTES).endswith((b"${", b"</")):
        return 0.0
    if not one.quoted and shadow.lower[one.start - 1 : one.start] == b",":
        return 0.0  # the next column of a table
    if value.isalpha():
        return 0.6 if _is_chosen_word(shadow, one, value) else 0.0
    digits = one.quoted and len(value) >= 6 and value.isdigit() and not is_placeholder(value)
    if not (digits or is_password(value, 5 if one.quoted else 6)):
        return 0.0
    if stands_in(_OTHER_NAME, shadow.lower[one.name : one.start]):
        return 0.0
    if one.quoted:
        return 0.9
    if is_code(value):
        return 0.0
    if is_name(value):
        ended = shadow.lower[one.end : one.end + 1]
        has_digit = not value.isalpha() and value[-1:].isdigit()
        return 0.7 if has_digit and ended not in (b")", b"]", b"(", b"[") else 0.0
    if one.joined:
        return 0.85
    return 0.7 if _is_mixed(value) else 0.0


def _is_mixed(value: bytes) -> bool:
    """Tell a value that no prose holds by chance: with digits, and signs or capitals inside."""
    digits = any(48 <= character <= 57 for character in value)
    return (
        digits and (not value.isalnum() or not value[1:].islower()) and not stands_in(_RATIO, value)
    )


def _is_chosen_word(shadow: Shadow, one: Assigned, value: bytes) -> bool:
    """Tell a word that is a password from the words that describe one."""
    if one.joined and is_word_people_choose(value):
        return True
    return value.islower() and is_setting(shadow, one) and not is_placeholder(value)


def _is_connection_password(value: bytes) -> bool:
    """Tell a password in a URI from a port, a placeholder or a word of a manual."""
    if len(value) < 4 or b"://" in value or is_placeholder(value):
        return False
    port = value.split(b"/")[0].isdigit() and b"/" in value
    return not port and value.lower() not in _WORDS_OF_MANUALS


def _flag_value(command: bytes, mark: bytes) -> int:
    """Return where in a command its last argument's secret begins."""
    last = (
        max(command.rfind(b" "), command.rfind(b'"'), command.rfind(b"'"), command.rfind(b"=")) + 1
    )
    if mark:
        return command.index(mark, last) + 1
    return last + 2 if command[last : last + 2] in (b"-p", b"-a", b"-w") else last


_WORDS_OF_MANUALS: Final = frozenset(
    b"password pass passwd pwd pw secret foo bar xxx user host port token".split()
)
