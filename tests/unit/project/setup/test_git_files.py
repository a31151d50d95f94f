"""Lines for .gitattributes and .gitignore."""

from __future__ import annotations

import pytest

from pygen.project.setup.git_files import has_pattern, with_attributes, with_ignored

SAID = "linguist-generated=true text eol=lf"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, f"src/sdk/** {SAID}\n"),
        ("*.png binary\n", f"*.png binary\nsrc/sdk/** {SAID}\n"),
        ("*.png binary", f"*.png binary\nsrc/sdk/** {SAID}\n"),
        ("*.png binary\r\n", f"*.png binary\r\nsrc/sdk/** {SAID}\r\n"),
        ("/src/sdk/** -text\n", "/src/sdk/** -text\n"),
        ("# src/sdk/** is generated\n", f"# src/sdk/** is generated\nsrc/sdk/** {SAID}\n"),
    ],
)
def test_attributes(before: str | None, after: str) -> None:
    """A pattern that has a line keeps it; others come at the end, in the file's line endings."""
    assert after == with_attributes(before, [("src/sdk/**", SAID)])


def test_a_pattern_with_blanks_is_quoted() -> None:
    """Git splits lines of attributes at blanks."""
    text = with_attributes(None, [("src/my app/sdk/**", SAID)])
    assert f'"src/my app/sdk/**" {SAID}\n' == text
    assert text == with_attributes(text, [("src/my app/sdk/**", SAID)])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "/src/sdk/\n"),
        ("dist/\n", "dist/\n/src/sdk/\n"),
        ("src/sdk\n", "src/sdk\n"),
        ("/src/sdk/\n", "/src/sdk/\n"),
    ],
)
def test_ignored(before: str | None, after: str) -> None:
    """A folder is ignored once, however the line is anchored."""
    assert after == with_ignored(before, ["src/sdk"])


def test_special_characters_are_escaped() -> None:
    """What git reads as a pattern is a path here."""
    assert "/src/a\\[1]/sdk/\n" == with_ignored(None, ["src/a[1]/sdk"])
    assert not has_pattern("", "src/sdk")
