"""Letters of scripts without spaces and underscores beside a value neither hide nor join it."""

import pytest

from reflex_layer.screen import screen

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLXdpdGgtZW5vdWdoLWJ5dGVz"
VALUES = (
    *("4111111111111111", "4111 1111 1111 1111", "+14155552671", "536-22-8714", "8.8.8.8"),
    *("2a02:8109:9a80:1b4c:35d1:88e2:0c4f:7a11", "3c:52:82:0f:a9:1e", "AKIAIOSFODNN7EXAMPLE"),
    *("DE89370400440532013000", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
    *("1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "sk_live_4eC39HqLyjWDarjtT1zdp7dc"),
)


@pytest.mark.parametrize("value", [*VALUES, JWT, "ada.b@example.org", "https://octollm.dev/a?b=c"])
@pytest.mark.parametrize(
    ("before", "after"),
    [("我的是", "，谢谢"), ("これは", "です。"), ("내", "입니다"), ("นี่คือ", "ครับ")],
)
def test_a_value_among_letters_without_spaces_is_found_alone(
    value: str, before: str, after: str
) -> None:
    text = before + value + after
    assert [text[m.start : m.end] for m in screen(text).pii_matches] == [value]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize(("before", "after"), [("x_", ""), ("", "_x"), ("my_", "_2_old")])
def test_a_value_joined_by_underscores_is_found_alone(value: str, before: str, after: str) -> None:
    text = before + value + after
    assert [text[m.start : m.end] for m in screen(text).pii_matches] == [value]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("密码是hunter2Xk9!。", "hunter2Xk9!"),
        ("パスワードはhunter2Xk9!です", "hunter2Xk9!"),
        ("password=hunter2Xk9!。然后", "hunter2Xk9!"),
        ("token=q7Rt2Lw9Zx4Vb8Nm3Kp6，谢谢", "q7Rt2Lw9Zx4Vb8Nm3Kp6"),
        ("密钥是AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
        ("田中@example.org", "田中@example.org"),
        ("找 ada (at) lovelace (dot) org", "ada (at) lovelace (dot) org"),
        ("见www.octollm.com吧", "www.octollm.com"),
        (
            "https://ja.wikipedia.org/wiki/日本語?q=日本",
            "https://ja.wikipedia.org/wiki/日本語?q=日本",
        ),
    ],
)
def test_a_value_ends_where_another_script_begins(text: str, value: str) -> None:
    assert [text[m.start : m.end] for m in screen(text).pii_matches] == [value]


@pytest.mark.parametrize(
    "text",
    [
        *("x4111111111111111", "4111111111111111y", "id_4111111111111112", "在2024年12月31日之前"),
        *("test_1_2_3_4", "公元2024年，第1234567890号", "snake_case_name_10_20_30", "一_二_三"),
    ],
)
def test_letters_and_underscores_make_nothing_of_what_is_nothing(text: str) -> None:
    assert screen(text).pii_matches == ()
