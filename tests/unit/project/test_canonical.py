"""Canonical JSON and digests."""

from __future__ import annotations

import gc
import hashlib

import pytest

from pygen.project.canonical import canonical_json, digest, parse_json, paused_collector, text_digest


def test_the_order_of_keys_leaves_no_trace() -> None:
    """Equal values give equal bytes."""
    assert b'{"a":[1,2],"b":{"c":null,"d":true}}' == canonical_json({"b": {"d": True, "c": None}, "a": [1, 2]})


def test_any_json_text_can_be_hashed() -> None:
    """Lone surrogates are legal in JSON and impossible in UTF-8: they must not stop a digest."""
    assert b'"\\ud800 \\u00f8"' == canonical_json(parse_json(b'"\\ud800 \xc3\xb8"'))
    assert 16 == len(digest("\ud800", 16))


@pytest.mark.parametrize("content", [b"a\r\nb\r\n", b"a\nb\n"])
def test_line_endings_do_not_change_a_text(content: bytes) -> None:
    """A checkout with CRLF has the digest of the file with LF."""
    assert hashlib.sha256(b"a\nb\n").hexdigest() == text_digest(content)


def test_a_lone_carriage_return_is_content() -> None:
    """Only CRLF is a line ending that git makes."""
    assert text_digest(b"a\rb") != text_digest(b"a\nb")


def test_a_byte_order_mark_is_no_content() -> None:
    """Editors on Windows put one in front."""
    assert [1] == parse_json(b"\xef\xbb\xbf[1]")


def test_deep_nesting_is_an_error_like_any_other() -> None:
    """A bomb of brackets does not end in a traceback."""
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_json(b"[" * 200_000)


def test_the_collector_comes_back() -> None:
    """It is paused within, and on again after an exception; off stays off."""
    seen: list[bool] = []

    def fail() -> None:
        with paused_collector():
            seen.append(gc.isenabled())
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert [False] == seen
    assert gc.isenabled()
    gc.disable()
    try:
        with paused_collector():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
