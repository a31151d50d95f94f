"""Did the output change? Golden files say what changed; behaviour tests say what is right."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pygen.generation.base import get_generator
from tests.golden.cases import CASES, GOLDEN, TARGETS, accepted, digest, expected_files, generate

BOTH = [(case, target) for case in CASES for target in TARGETS]


@pytest.mark.parametrize(("case", "target"), BOTH)
def test_the_output_is_what_was_accepted(case: str, target: str) -> None:
    """The files generated for a case are those that were read and committed."""
    assert expected_files(case, target) == generate(case, target)


@pytest.mark.parametrize("target", TARGETS)
def test_a_changed_output_has_a_new_revision(target: str) -> None:
    """Files are accepted together with the revision that tells users of the change."""
    revision, digests = accepted()[target]

    assert get_generator(target).output_revision == revision
    assert digests == {case: digest(expected_files(case, target)) for case in CASES}


def test_no_case_is_left_over() -> None:
    """Every folder of expected files belongs to a model."""
    assert set(CASES) == {folder.name for folder in GOLDEN.iterdir() if (folder / "expected").is_dir()}


def test_python_is_laid_out_as_ruff_leaves_it(tmp_path: Path) -> None:
    """Without the header that keeps formatters off, ruff changes no file (but for names that fill a whole line)."""
    for case in set(CASES) - {"long_names"}:
        folder = tmp_path / case
        shutil.copytree(GOLDEN / case / "expected" / "python", folder)
        for path in folder.glob("*.py"):
            lines = path.read_text(encoding="utf-8").split("\n")
            assert "# fmt: off" == lines.pop(1)
            path.write_text("\n".join(lines), encoding="utf-8", newline="\n")
    result = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "120", "--diff", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (result.returncode, result.stdout)
