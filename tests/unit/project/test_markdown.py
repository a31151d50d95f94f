"""Text that stays text in a comment on GitHub."""

from __future__ import annotations

import pytest

from pygen.project.markdown import markdown_code, markdown_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("must have a value", "must have a value"),
        ("a | b", r"a \| b"),
        ("`code`", r"\`code\`"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("a\n\nb\r\n| c", r"a b \| c"),
        ("@someone and #12", "@<!-- -->someone and #<!-- -->12"),
        ("https://example.org", "https:<!-- -->//example.org"),
        ("www.example.org", "www<!-- -->.example.org"),
        ("a_WWW.example.org", r"a\_WWW<!-- -->.example.org"),
        ("GH-12, high-1", "GH<!-- -->-12, high<!-- -->-1"),
        ("[link](to)", r"\[link\](to)"),
        ("![image](to)", r"\!\[image\](to)"),
        ("*bold* _too_ ~not~", r"\*bold\* \_too\_ \~not\~"),
        ("&amp;", "&amp;amp;"),
        ("- item", r"\- item"),
        ("# heading", r"\#<!-- --> heading"),
        ("1. item", r"1\. item"),
        ("back\\slash", r"back\\slash"),
        ("\x1b[31mred\u202e", r"\\x1b\[31mred\\u202e"),
    ],
)
def test_text_stays_text(text: str, expected: str) -> None:
    """No row, link, mention, heading or HTML comes of it; and it stays on one line."""
    assert expected == markdown_text(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sp:Pump(v1).name", "`sp:Pump(v1).name`"),
        ("sp:<b>@x", "`sp:<b>@x`"),
        ("a|b", r"a\|b"),
        ("a`b", r"a\`b"),
        ("", ""),
        ("ø", "ø"),
    ],
)
def test_names_are_code_where_they_can_be(text: str, expected: str) -> None:
    """In code nothing is looked for but its end, and in a table the end of the cell."""
    assert expected == markdown_code(text)
