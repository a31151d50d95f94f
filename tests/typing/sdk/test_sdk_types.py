"""What type checkers know of the example's SDK, topic by topic: lines marked `# ERROR` are refused, and no other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.typing.runtime.test_runtime_types import Checker, mypy, pyright

HERE = Path(__file__).resolve().parent


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_mistakes_are_refused_and_nothing_else(checker: Checker, tmp_path: Path, repository: Path) -> None:
    """Strict checkers know the exact types of everything that users touch, without plug-ins."""
    (tmp_path / "repository").symlink_to(repository, target_is_directory=True)
    (tmp_path / "windfarm").symlink_to(repository / "example_project" / "src" / "windfarm", target_is_directory=True)
    files: list[Path] = []
    refused: set[tuple[str, int]] = set()
    for topic in sorted(HERE.glob("*.txt")):
        files.append(tmp_path / f"{topic.stem}_usage.py")
        shutil.copy(topic, files[-1])
        lines = enumerate(topic.read_text("utf-8").splitlines(), 1)
        refused |= {(files[-1].name, number) for number, line in lines if "# ERROR" in line}

    assert files
    assert refused == checker(files, tmp_path)
