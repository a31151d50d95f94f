"""The tree of files that a generation answers."""

from __future__ import annotations

import pytest

from pygen.errors import OutputError
from pygen.generation.output import OutputTree


def test_files_are_in_the_order_of_their_paths() -> None:
    """The tree is a mapping, sorted by path."""
    tree = OutputTree({"b.py": "2", "a/c.py": "3", "a.py": "1"})

    assert [("a.py", "1"), ("a/c.py", "3"), ("b.py", "2")] == list(tree.items())


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../up.py",
        "a/../../up.py",
        "./a.py",
        "a//b.py",
        "a/",
        "C:/a.py",
        "C:a.py",
        "a:stream",
        "\\\\host\\share",
        "a\\b.py",
        "a\0.py",
        "a\n.py",
        "a\u202e.py",
        "aux.py",
        "a/COM1",
        "a.",
        "a ",
    ],
)
def test_paths_that_are_not_portable_are_refused(path: str) -> None:
    """No path leaves the folder, and every path is one on Linux, macOS and Windows."""
    with pytest.raises(OutputError, match="leaves the output folder or is not portable"):
        OutputTree({path: ""})


def test_two_files_of_one_name_are_refused() -> None:
    """Names that differ only by case are one name on some systems."""
    with pytest.raises(OutputError) as raised:
        OutputTree({"Pump.py": "", "pump.py": ""})

    assert ("Pump.py", "pump.py") == raised.value.paths


def test_a_file_cannot_be_a_folder_too() -> None:
    """A path that others lead through is a folder."""
    with pytest.raises(OutputError, match="name of a folder"):
        OutputTree({"a": "", "a/b.py": ""})
