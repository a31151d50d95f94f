"""Editing TOML: what somebody wrote stays, and what cannot be edited safely is said."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pygen.errors import ConfigError
from pygen.project.setup.toml_text import TomlText

pytest.importorskip("tomlkit")

REQUIRES = ("build-system", "requires")


def added(text: str, keys: tuple[str, ...], item: object) -> str:
    """The text after one item was added to an array."""
    file = TomlText(text, "pyproject.toml")
    file.add(keys, [item])
    return file.text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('requires = ["a"]\n', 'requires = ["a", "b"]\n'),
        ("requires = []\n", 'requires = ["b"]\n'),
        ("requires = [\n]\n", 'requires = [\n    "b"\n]\n'),
        ('requires = [\n  "a",\n]\n', 'requires = [\n  "a",\n  "b",\n]\n'),
        ('requires = [\n  "a", # why\n]\n', 'requires = [\n  "a", # why\n  "b",\n]\n'),
        ('requires = [ "a" ] # end\n', 'requires = [ "a", "b" ] # end\n'),
        ('requires = ["a",\n            "c"]\n', 'requires = ["a",\n            "c",\n            "b"]\n'),
        ('requires = ["b"]\n', 'requires = ["b"]\n'),
    ],
)
def test_an_array_keeps_its_layout(before: str, after: str) -> None:
    """An item is added in the style of those before it; one that is there is not added again."""
    head = "# head\n[build-system]  # tail\n"
    tail = "\n\n[x]\ny = 1\n"
    assert f"{head}{after}{tail}" == added(f"{head}{before}{tail}", REQUIRES, "b")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[tool.ruff]\na = 1 # c\n\n[z]\ny = 1\n", '[tool.ruff]\na = 1 # c\nk = ["s"]\n\n[z]\ny = 1\n'),
        ("[tool.ruff]\na = 1\n\n# of z\n[z]\ny = 1\n", '[tool.ruff]\na = 1\nk = ["s"]\n\n# of z\n[z]\ny = 1\n'),
        ("[tool.ruff]\na = 1\n# of a\n\n[z]\ny = 1\n", '[tool.ruff]\na = 1\n# of a\nk = ["s"]\n\n[z]\ny = 1\n'),
        ("[tool.ruff.lint]\na = 1\n", '[tool.ruff]\nk = ["s"]\n\n[tool.ruff.lint]\na = 1\n'),
        ("[tool]\nruff.a = 1\n", '[tool]\nruff.a = 1\nruff.k = ["s"]\n'),
        ("tool.ruff.a = 1\n", 'tool.ruff.a = 1\ntool.ruff.k = ["s"]\n'),
        ("[tool]\nruff = { a = 1 }\n", '[tool]\nruff = { a = 1 , k = ["s"]}\n'),
        ("[tool.uv]\na = 1\n", '[tool.uv]\na = 1\n\n[tool.ruff]\nk = ["s"]\n'),
        ("", '[tool.ruff]\nk = ["s"]\n'),
        ("[z]\ny = 1", '[z]\ny = 1\n\n[tool.ruff]\nk = ["s"]\n'),
    ],
)
def test_a_key_finds_its_table(before: str, after: str) -> None:
    """However a table is written out, the key ends in it; a missing table is made at the end of the file."""
    found = added(before, ("tool", "ruff", "k"), "s")
    assert tomllib.loads(after) == tomllib.loads(found)
    if "{ a = 1" in before:  # where tomlkit puts blanks in an inline table is its own affair
        return
    if "lint" in before:  # and so is a blank line above the tables below
        after, found = after.replace("\n\n", "\n"), found.replace("\n\n", "\n")
    assert after == found


def test_tables_out_of_order() -> None:
    """Tables of one parent may lie apart: each is edited where it is."""
    before = '[tool.a]\nx = 1\n\n[project]\nname = "n"\n\n[tool.ruff]\ny = 1\n\n[build-system]\nrequires = ["a"]\n'
    after = before.replace("y = 1\n", 'y = 1\nk = ["s"]\n')
    assert after == added(before, ("tool", "ruff", "k"), "s")


def test_new_tables_have_a_comment() -> None:
    """Tables come at the end, in the order given, below one comment."""
    file = TomlText("a = 1\n", "pyproject.toml")
    file.add_tables({("tool", "pygen"): {"model": "m.json", "remote": {"space": "s"}}, ("tool", "pygen", "x y"): {}},
                    comment="What it is.")  # fmt: skip
    expected = (
        'a = 1\n\n# What it is.\n[tool.pygen]\nmodel = "m.json"\nremote = { space = "s" }\n\n[tool.pygen."x y"]\n'
    )
    assert expected == file.text


@pytest.mark.parametrize(("mark", "ending"), [("\ufeff", "\n"), ("", "\r\n"), ("\ufeff", "\r\n")])
def test_line_endings_and_the_byte_order_mark_stay(mark: str, ending: str) -> None:
    """A file with CRLF, or with a byte order mark, is one afterwards."""
    before = mark + ending.join(["[project]", 'dependencies = ["a"]', "", "[tool.x]", "y = 1", ""])
    file = TomlText(before, "pyproject.toml")
    assert before == file.text
    file.add(("project", "dependencies"), ["b"])
    file.add_tables({("tool", "pygen"): {"model": "m.json"}})
    expected = [
        "[project]",
        'dependencies = ["a", "b"]',
        "",
        "[tool.x]",
        "y = 1",
        "",
        "[tool.pygen]",
        'model = "m.json"',
    ]
    assert mark + ending.join([*expected, ""]) == file.text


@pytest.mark.parametrize(
    ("text", "keys"),
    [("tool = { x = 1 }\n", ("tool", "pygen", "model")), ("[[tool.pygen]]\nx = 1\n", ("tool", "pygen", "model"))],
)
def test_what_cannot_be_edited_is_said(text: str, keys: tuple[str, ...]) -> None:
    """Where the result would not read as meant, nothing is changed, and the key is named."""
    file = TomlText(text, "pyproject.toml")
    with pytest.raises(ConfigError) as caught:
        file.set(keys, "m.json")
    assert caught.value.key.startswith("tool.pygen")
    assert text == file.text


def test_what_is_no_array_is_said() -> None:
    """A text where an array belongs is not overwritten."""
    with pytest.raises(ConfigError, match=r"^build-system.requires: must be an array"):
        added('[build-system]\nrequires = "a"\n', REQUIRES, "b")


def test_invalid_toml_is_said() -> None:
    """A file that is no TOML is not touched."""
    with pytest.raises(ConfigError, match=r"^pyproject.toml is not valid TOML"):
        TomlText("[project\n", "pyproject.toml")


KEYS = st.text("abc-é \"'.", min_size=1, max_size=4)
VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(-9, 9), st.text(max_size=6)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=6,
)


@given(st.lists(KEYS, min_size=1, max_size=3, unique=True), VALUES)
def test_any_value_at_any_place(keys: list[str], value: object) -> None:
    """Whatever is written reads back as it was, and nothing else changes."""
    before = "# top\n[project]\nname = 'n' # c\n\n[x.y]\nz = 1\n"
    file = TomlText(before, "pyproject.toml")
    place = ("tool", *keys)
    file.set(place, value)
    found = tomllib.loads(file.text)
    assert file.plain == found
    assert file.text.startswith(before)
    for key in place:
        found = found[key]
    assert value == found
