"""Secrets are found in the forms people leave them in, and what only looks like one is not."""

from random import Random
from string import ascii_letters, digits
from time import perf_counter
from zlib import crc32

import pytest

from reflex_layer.engine import Gate
from reflex_layer.pii import Recognisers
from reflex_layer.pii.aws_key import AWSKey
from reflex_layer.pii.generic_api_key import GenericAPIKey
from reflex_layer.pii.github_token import CHECKED, UNCHECKED, GitHubToken
from reflex_layer.pii.jwt import JWT
from reflex_layer.pii.password import Password
from reflex_layer.pii.private_key import PrivateKey
from reflex_layer.pii.providers import FORMATS
from reflex_layer.pii.recogniser import Recogniser
from reflex_layer.text import shadow

RECOGNISERS: tuple[Recogniser, ...] = (
    AWSKey(),
    GitHubToken(),
    GenericAPIKey(),
    Password(),
    PrivateKey(),
    JWT(),
)
GATE = Gate([recogniser.anchor for recogniser in RECOGNISERS])
BASE62 = digits + ascii_letters[26:] + ascii_letters[:26]
HOSTILE = (
    "password=",
    "password=a1B2c3! ",
    "pwd:abcd ",
    'pwd="',
    "token=a1B2c3D4e5F6g7H8 ",
    "secret: ",
    "key ",
    "eyJ",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJh ",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----",
    "PuTTY-User-Key-File-2: ",
    "://a:",
    "http://a:b@c ",
    "AKIAIOSFODNN7EXAMPL2 ",
    "sk-",
    "ghp_",
    "curl -u ",
    "密码:abc1234 ",
    "0123456789abcdef",
)


def _values(text: str) -> set[str]:
    seen = Recognisers().reading(shadow(text))
    found = [f for index in GATE.open_for(seen.lower) for f in RECOGNISERS[index].find(seen)]
    return {text[slice(*seen.span(f.start, f.end))] for f in found}


def _drawn(length: int, characters: str = BASE62) -> str:
    random = Random(length)  # noqa: S311 -- values nobody uses
    return "".join(random.choice(characters) for _ in range(length))


def test_a_token_with_right_check_digits_is_surer() -> None:
    body, check, number = _drawn(30), "", 0
    number = crc32(body.encode())
    for _ in range(6):
        number, rest = divmod(number, 62)
        check = BASE62[rest] + check
    right, wrong = f"ghp_{body}{check}", f"ghp_{body}{check[::-1]}"
    assert [f.confidence for f in GitHubToken().find(shadow(right))] == [CHECKED]
    assert [f.confidence for f in GitHubToken().find(shadow(wrong))] == [UNCHECKED]


@pytest.mark.parametrize(
    "written",
    [
        "API_KEY={}",
        'api_key = "{}"',
        "apiKey: '{}',",
        '{{"api_key":"{}","id":1}}',
        "<api-key>{}</api-key>",
        "X-Api-Key: {}",
        "Authorization: Bearer {}",
        "headers={{'Authorization': 'Bearer {}'}}",
        "GET /v1?access_token={}&page=2 HTTP/1.1",
        "tool --token {} --verbose",
        "const secret: string = `{}`;",
        "os.environ.setdefault('API_TOKEN', '{}')",
        "- name: API_TOKEN\n  value: {}\n",
        '<add key="ApiKey" value="{}"/>',
        "the api key for staging is {}, keep it",
        "clave secreta, token: {}",
    ],
)
def test_a_random_value_is_found_however_it_is_given_to_its_name(written: str) -> None:
    value = _drawn(28)
    assert value in _values(written.format(value))


@pytest.mark.parametrize(
    "written",
    [
        "DB_PASSWORD={}",
        "db_password: '{}'",
        '"password":"{}",',
        "jdbc:postgresql://db/x?user=a&password={}&ssl=true",
        "Server=db;User Id=sa;Password={};Encrypt=yes",
        "mongodb+srv://app:{}@cluster.example.net/shop",
        "CREATE USER app IDENTIFIED BY '{}';",
        "el password es {} y listo",
        "user: ada, pw: {}",
        "wachtwoord: {}",
        "パスワード：{}",
        "пароль: {}",
        'password\\": \\"{}\\"',
        "machine example.org login ada password {}",
    ],
)
def test_a_password_is_found_however_it_is_given(written: str) -> None:
    assert "Kr4ut!feld" in _values(written.format("Kr4ut!feld"))


@pytest.mark.parametrize(
    "harmless",
    [
        '"integrity": "sha512-q7Rt2Lw9Zx4Vb8Nm3Kp6q7Rt2Lw9Zx4Vb8Nm3Kp6q7Rt2Lw9Zx4Vb8Nm3Kp6=="',
        "commit token 3b9e1f7a5c2d4e8f9a0b1c2d3e4f5a6b7c8d9e0f",
        "checksum of the token: 3b9e1f7a5c2d4e8f9a0b1c2d3e4f5a6b",
        "src='data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUA'",
        "password: $DB_PASSWORD",
        "password = input('Password: ')",
        "def login(user: str, password: str = DEFAULT_PASSWORD) -> None:",
        "token = tokens[position2]",
        "max_tokens: 4096, token_count=128000",
        ".password-field1{color:#a1b2c3}",
        "if(t.password!==e.password)return n(t.token2)",
        "api_key: sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "the secret of good bread is time",
        "token_url: https://login.example.org/oauth2/v2.0/token",
        "the key: 128 bits, AES-256",
        "http://localhost:8080/@ada",
    ],
)
def test_what_only_looks_like_a_secret_is_left_alone(harmless: str) -> None:
    assert _values(harmless) == set()


def test_every_format_names_its_source_and_begins_with_enough_to_be_told_by() -> None:
    assert all(row.source and min(map(len, row.prefixes)) >= 3 for row in FORMATS)


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_text_takes_time_in_proportion_to_its_length(piece: str) -> None:
    def best(characters: int) -> float:
        text = (piece * (characters // len(piece) + 1))[:characters]
        times = []
        for _ in range(3):
            begun = perf_counter()
            _values(text)
            times.append(perf_counter() - begun)
        return min(times)

    assert best(80_000) < 12 * best(20_000) + 0.01
