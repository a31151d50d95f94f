"""Escaping for Python, for any text: the parser sees what was meant, and nothing else."""

from __future__ import annotations

import ast
import inspect
import io
import re
import subprocess
import sys
import tokenize
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pygen.generation.escaping import py_comment, py_doc, py_str

TRAPS = [
    '"',
    "'",
    '"""',
    "'''",
    "\\",
    '\\"',
    "\n",
    "\r",
    "\r\n",
    "\t",
    "\0",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x85",
    "\u2028",
    "\u2029",
    "\u202e",
    "\u2066",
    "\u200b",
    "\ufeff",
    "\ud83d",
    "\udc00",
    "\U0001f600",
    "\u00a0",
    "\u3000",
    "ø",
    "\\N{DIGIT ONE}",
    "\\x41",
    "{{ x }}",
    "{% x %}",
    "# x",
    "${x}",
    "*/",
    " ",
    "word",
    "a-very-long-word-" * 9,
]

texts = st.one_of(
    st.text(st.characters(exclude_categories=())),
    st.lists(st.sampled_from(TRAPS)).map("".join),
    st.lists(st.one_of(st.sampled_from(TRAPS), st.text())).map(" ".join),
)


def module(source: str) -> ast.Module:
    """The syntax tree of *source*, which must be storable as UTF-8."""
    return ast.parse(source.encode("utf-8"))


# Format characters that can be seen: number signs and the like, which Unicode calls prepended concatenation marks.
VISIBLE = re.compile("[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd]")
# Reserved for invisible characters, whether or not this Python's Unicode has given them out.
HIDDEN = re.compile("[\u2065\U00013430-\U0001343f\U000e0000-\U000e007f]")


def is_seen(char: str) -> bool:
    """Whether a character shows, be it as a blank."""
    invisible = unicodedata.category(char) in {"Cc", "Cf", "Cs"} and not VISIBLE.match(char)
    return not invisible and not HIDDEN.match(char)


def words(text: str) -> list[str]:
    """What a person reads: the words, without what cannot be seen or breaks lines."""
    seen = "".join(" " if char.isspace() and char not in "\x0b\x0c\x1c\x1d\x1e\x1f" else char for char in text)
    return ["".join(char if is_seen(char) else "\ufffd" for char in word) for word in seen.split(" ") if word]


@given(texts)
@example('"""')
@example("\\")
@example("\ud83d\ude00")
def test_a_string_reads_back(text: str) -> None:
    """`py_str` prints one literal on one line, and Python reads the very text."""
    source = f"x = {py_str(text)}\ny = 1\n"
    tree = module(source)

    assert 2 == len(tree.body)
    assert 2 == len(source.splitlines())
    assert text == ast.literal_eval(py_str(text))


@given(texts)
def test_a_string_shows_what_it_holds(text: str) -> None:
    """Nothing that `py_str` prints is invisible or changes the direction of what is seen."""
    assert py_str(text).isprintable()


@given(texts, st.sampled_from([0, 4, 8]))
@example('"""', 4)
@example('a"', 4)
@example('"a', 4)
@example("a\\", 4)
@example('a\\"', 4)
@example("a\n\n\nb", 4)
@example("\x1f", 4)
def test_a_docstring_reads_back(text: str, indent: int) -> None:
    """`py_doc` prints one docstring with the words of the text, whatever their kind."""
    margin = " " * indent
    opening = "".join(f"{' ' * column}if 1:\n" for column in range(0, indent, 4))
    source = f'{opening}{margin}"""{py_doc(text, indent)}"""\n{margin}y = 1\n'
    block: ast.AST = module(source)
    for _ in range(indent // 4):
        assert isinstance(block, ast.Module | ast.If)
        (block,) = block.body
    assert isinstance(block, ast.Module | ast.If)
    assert 2 == len(block.body)
    statement = block.body[0]
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Constant)
    read = statement.value.value
    assert isinstance(read, str)

    assert words(text) == inspect.cleandoc(read).split()


@given(texts)
def test_a_docstring_is_wrapped(text: str) -> None:
    """No line of a docstring is longer than 120 columns, but for words that are."""
    lines = f'    """{py_doc(text, 4)}"""'.split("\n")

    assert all(len(line) <= 120 or len(line.split()) == 1 for line in lines)
    assert all(line == line.rstrip() for line in lines)


@given(texts)
@example("\u0600")
@example("\u180e")
def test_a_comment_is_one_line(text: str) -> None:
    """`py_comment` prints nothing that ends the comment, and the words of the text."""
    source = f"# {py_comment(text)}.\ny = 1\n"
    comments = [
        token.string
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    ]

    assert 1 == len(module(source).body)
    assert [f"# {py_comment(text)}."] == comments
    assert words(text) == py_comment(text).split()


@pytest.mark.parametrize("seed", range(3))
def test_ruff_leaves_docstrings_and_strings_alone(seed: int) -> None:
    """What the filters print is laid out as a formatter leaves it."""
    traps = [*TRAPS[seed:], *TRAPS[:seed]]
    source = "class A:\n"
    for number, (first, second) in enumerate(zip(traps, [*traps[7:], *traps[:7]], strict=True)):
        text = f"{first}{second} {first}"
        doc, literal = py_doc(text, 4), py_str(text[:60])
        source += f'    x{number}: int\n    """{doc}"""\n' if doc else f"    x{number}: int\n"
        source += f"    y{number} = {literal}\n"
    result = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "120", "-"],
        input=source,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )

    assert source == result.stdout
