"""Editing pre-commit's configuration as text."""

from __future__ import annotations

import pytest

from pygen.errors import ConfigError
from pygen.project.setup.precommit import (
    changes_files,
    exclude_pattern,
    excludes,
    has_hook,
    read_pre_commit,
    with_exclude,
    with_hook,
)

pytest.importorskip("yaml")

NAME = ".pre-commit-config.yaml"
ENTRY = "python -m pygen check"
HOOK = """\
- repo: local
  hooks:
    - id: pygen-check
      name: the generated SDK is fresh
      entry: python -m pygen check
      language: system
      pass_filenames: false
      always_run: true # a few hundredths of a second
"""


def indented(blanks: int) -> str:
    """The entry, further right."""
    return "".join(f"{' ' * blanks}{line}\n" for line in HOOK.splitlines())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"repos:\n{indented(2)}"),
        ("# mine\n", f"# mine\nrepos:\n{indented(2)}"),
        (
            "repos:\n  - repo: x\n    hooks: [{id: a}]\n",
            f"repos:\n  - repo: x\n    hooks: [{{id: a}}]\n{indented(2)}",
        ),
        ("repos:\n- repo: x\n  hooks:\n  - id: a\n", f"repos:\n- repo: x\n  hooks:\n  - id: a\n{HOOK}"),
        (
            "repos: # all\n- repo: x\n  hooks:\n  - id: a\n\n# about ci\nci:\n  skip: [a]\n",
            f"repos: # all\n- repo: x\n  hooks:\n  - id: a\n{HOOK}\n# about ci\nci:\n  skip: [a]\n",
        ),
        (
            "repos:\n      - repo: x\n        hooks:\n            - id: a\nfail_fast: true\n",
            f"repos:\n      - repo: x\n        hooks:\n            - id: a\n{indented(6)}fail_fast: true\n",
        ),
        ("repos:\n  - repo: x\n    hooks: []", f"repos:\n  - repo: x\n    hooks: []\n{indented(2)}".rstrip("\n")),
    ],
)
def test_the_hook_is_put_behind_the_last_one(before: str, after: str) -> None:
    """Comments and indentation stay, and the new entry takes the indentation of its neighbours."""
    assert (after, "") == with_hook(before, ENTRY, NAME)
    assert (after, "") == with_hook(after, ENTRY, NAME), "a second time changes nothing"


def test_crlf_stays() -> None:
    """Line endings are those of the file."""
    before = "repos:\r\n  - repo: x\r\n    hooks: []\r\n"
    assert before + indented(2).replace("\n", "\r\n") == with_hook(before, ENTRY, NAME).text


@pytest.mark.parametrize(
    "text", ["repos: []\n", "repos: [{repo: x, hooks: []}]\n", "{repos: []}\n", "- a\n", "ci: {}\n"]
)
def test_what_lines_cannot_be_put_into_is_left_to_a_person(text: str) -> None:
    """Other layouts are not touched; the lines to add are said."""
    edited = with_hook(text, ENTRY, NAME)
    assert text == edited.text
    assert "repos:" in edited.by_hand
    assert f"entry: {ENTRY}" in edited.by_hand


def test_invalid_yaml_is_said() -> None:
    """A file that is no YAML is not touched."""
    with pytest.raises(ConfigError, match=r"^\.pre-commit-config\.yaml is not valid YAML"):
        with_hook("repos: [\n", ENTRY, NAME)


@pytest.mark.parametrize(
    ("hooks", "has"),
    [
        ("[{id: pygen-check}]", True),
        ("[{id: pygen-generate}]", True),
        ("[{id: x, entry: uv run pygen check}]", True),
        ("[{id: x, entry: pygen checkers}]", False),
        ("[{id: ruff}]", False),
        ("none", False),
    ],
)
def test_a_hook_of_ours_is_known(hooks: str, has: bool) -> None:
    """From our repository, or one's own, whatever runs it."""
    assert has == has_hook(read_pre_commit(f"repos: [{{repo: x, hooks: {hooks}}}]", NAME))


@pytest.mark.parametrize(
    ("hooks", "may"),
    [
        ("[{id: pygen-check}]", False),
        ("[{id: ruff-format}, {id: ruff}]", False),
        ("[{id: black}]", True),
        ("[]", False),
    ],
)
def test_hooks_that_may_change_files(hooks: str, may: bool) -> None:
    """Generated files ask ruff to leave them alone; others do not ask."""
    assert may == changes_files(read_pre_commit(f"repos: [{{repo: x, hooks: {hooks}}}]", NAME))


SDK = "src/a.b/sdk"
PATTERN = r"^src/a\.b/sdk/"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# mine\n\nrepos: []\n", f"# mine\n\nexclude: {PATTERN}\nrepos: []\n"),
        ("exclude: ^docs/\nrepos: []\n", f"exclude: ^docs/|{PATTERN}\nrepos: []\n"),
        ("exclude: '^docs/'  # no docs\nrepos: []\n", f"exclude: ^docs/|{PATTERN}  # no docs\nrepos: []\n"),
        ("repos: []\nexclude: '^(a: b|c #d)'\n", f"repos: []\nexclude: '^(a: b|c #d)|{PATTERN}'\n"),
        ("exclude: ''\nrepos: []\n", "exclude: ''\nrepos: []\n"),  # which excludes everything
        ("exclude: ^src/\nrepos: []\n", "exclude: ^src/\nrepos: []\n"),
    ],
)
def test_the_output_is_excluded(before: str, after: str) -> None:
    """A pattern is added to the one that is there; where the output is excluded already, nothing changes."""
    assert PATTERN == exclude_pattern(SDK)
    edited = with_exclude(before, PATTERN, SDK, NAME)
    assert (after, "") == edited
    assert excludes(read_pre_commit(edited.text, NAME), SDK)


@pytest.mark.parametrize(
    "text",
    [
        "exclude: |\n  (?x)^(\n    docs/\n  )$\nrepos: []\n",
        "exclude: >-\n  ^docs/\nrepos: []\n",
        "exclude: [a]\nrepos: []\n",
    ],
)
def test_a_pattern_over_lines_is_left_to_a_person(text: str) -> None:
    """Where the pattern has a layout of its own, it is said what to add."""
    edited = with_exclude(text, PATTERN, SDK, NAME)
    assert text == edited.text
    assert PATTERN in edited.by_hand
