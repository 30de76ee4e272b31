"""Secrets never survive a text."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sdk.redact import MASK, Redactor


@given(
    secret=st.text(min_size=4, max_size=40).filter(lambda s: s.strip() == s),
    before=st.text(max_size=20),
    after=st.text(max_size=20),
)
def test_a_known_secret_is_blanked_wherever_it_stands(
    secret: str, before: str, after: str
) -> None:
    redact = Redactor([secret])
    if secret in MASK or secret in before + MASK + after:
        return
    assert secret not in redact(before + secret + after)


def test_a_secret_is_blanked_in_its_url_form_too() -> None:
    secret = "p@ss/w&rd!"
    text = Redactor([secret])(f"https://x.example.com/?k={quote(secret, safe='')}")
    assert quote(secret, safe="") not in text


def test_the_longer_of_two_secrets_goes_first() -> None:
    redact = Redactor(["abcd", "abcdefgh"])
    assert redact("abcdefgh abcd") == f"{MASK} {MASK}"


def test_a_session_token_can_be_added() -> None:
    redact = Redactor()
    redact.add("044session-token")
    assert redact("token is 044session-token.") == f"token is {MASK}."


def test_very_short_secrets_do_not_blank_everything() -> None:
    assert Redactor(["a", ""])("banana") == "banana"


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("Authorization: Bearer abcdef123456", "abcdef123456"),
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("key pat-na1-0000aaaa-bbbb-cccc", "0000aaaa"),
        ("key pat-eu1-0000aaaa-bbbb-cccc", "0000aaaa"),
        ('{"password": "hunter22"}', "hunter22"),
        ("https://x.example.com/?token=tok12345&a=1", "tok12345"),
        ("client_secret=sec12345", "sec12345"),
        ("{'access_token': 'sec12345'}", "sec12345"),
        ("https://user:hunter22@x.example.com/", "hunter22"),
    ],
)
def test_what_looks_like_a_secret_is_blanked_unasked(text: str, gone: str) -> None:
    shown = Redactor()(text)
    assert gone not in shown
    assert MASK in shown


@pytest.mark.parametrize(
    "text",
    [
        "Property “erp_key” does not exist",
        "the password is wrong",
        "https://x.example.com/crm/objects?limit=1&after=7",
        "token expired",
    ],
)
def test_plain_texts_stay_whole(text: str) -> None:
    assert Redactor()(text) == text
