"""Lines for .gitattributes and .gitignore."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pygen.project.setup.git_files import as_pattern, ignores, with_attributes, with_ignored

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
    text = with_ignored(None, ["src/a[1]/sdk"])
    assert "/src/a\\[1]/sdk/\n" == text
    assert text == with_ignored(text, ["src/a[1]/sdk"])
    assert not ignores("", "src/sdk")
    assert ignores("/src/my app/sdk/\n", "src/my app/sdk")


HOSTILE = [
    "model/a b.json",
    'model/we"i\nrd #[x].json',
    "#a/!b.json",
    "!a.json",
    "model/a\\b*?.json",
    "mo\tdel/ä.json",
    '"q".json',
]
"""Names of files that git would take for something else."""


@pytest.mark.parametrize("path", HOSTILE, ids=range(len(HOSTILE)))
def test_git_reads_what_is_written(tmp_path: Path, path: str) -> None:
    """Whatever a file is called, git takes the line to be about it, and a second run adds none."""
    text = with_attributes(None, [(as_pattern(path), "eol=lf")])
    assert text == with_attributes(text, [(as_pattern(path), "eol=lf")])
    (tmp_path / ".gitattributes").write_text(text, encoding="utf-8", newline="")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    git = ["git", "check-attr", "-z", "eol", "--", path, path.replace("x", "z")]
    done = subprocess.run(git, cwd=tmp_path, check=True, capture_output=True)
    assert (path, "eol", "lf") == tuple(done.stdout.decode().split("\0")[:3])
    assert b"" == done.stderr
