"""The manifest, the patterns that pack it, and taking it away again."""

from __future__ import annotations

from pathlib import Path

import pathspec
import pytest

from hatch_pygen.cleaning import remove_generated
from hatch_pygen.manifest import generated_files
from hatch_pygen.plugin import exact_pattern
from pygen.project.canonical import text_digest
from pygen.project.config import ProjectConfig, SdkConfig, TargetConfig
from pygen.project.lock import Lock, ModelLock, SdkLock, TargetLock, lock_text

CONTENT = b"x = 1\n"


def a_project(root: Path, *targets: str) -> ProjectConfig:
    """A project whose targets each generated `a.py` and `sub/b.py`."""
    files = {"a.py": text_digest(CONTENT), "sub/b.py": text_digest(CONTENT)}
    locked = {name: TargetLock(recipe="1.0", output=f"out/{name}", files=files) for name in targets}
    lock = Lock(sdks={"default": SdkLock(model=ModelLock(), targets=locked)})
    (root / "pygen.lock").write_text(lock_text(lock), encoding="utf-8")
    for name in targets:
        for path in files:
            file = root / "out" / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(CONTENT)
    configured = tuple(TargetConfig(name, f"out/{name}", "package") for name in targets)
    return ProjectConfig(root.resolve(), None, (SdkConfig("default", "model.json", targets=configured),))


def test_a_wheel_needs_the_python_files_only(tmp_path: Path) -> None:
    """The files of other languages are generated too, but no wheel has to hold them."""
    config = a_project(tmp_path, "python", "typescript")
    assert {"out/python/a.py", "out/python/sub/b.py"} == set(generated_files(config, python_only=True))
    assert 4 == len(generated_files(config))


def test_nothing_was_generated_without_a_lock(tmp_path: Path) -> None:
    """A project that was never generated has an empty manifest."""
    config = a_project(tmp_path, "python")
    config.lock_file.unlink()
    assert {} == generated_files(config)


def test_cleaning_removes_unedited_files_and_empty_folders(tmp_path: Path) -> None:
    """Files with an edit, and files that nobody generated, stay with their folders."""
    config = a_project(tmp_path, "python")
    (tmp_path / "out/python/a.py").write_bytes(b"x = 2\n")
    assert ("out/python/a.py",) == remove_generated(config)
    assert {"a.py"} == {path.name for path in (tmp_path / "out/python").iterdir()}


def test_cleaning_takes_compiled_modules_along(tmp_path: Path) -> None:
    """What Python compiled of a removed module goes too; what it compiled of the user's does not."""
    config = a_project(tmp_path, "python")
    compiled = tmp_path / "out/python/__pycache__"
    compiled.mkdir()
    for name in ("a.cpython-311.pyc", "mine.cpython-311.pyc"):
        (compiled / name).write_bytes(b"")
    assert () == remove_generated(config)
    assert {"mine.cpython-311.pyc"} == {path.name for path in compiled.iterdir()}


def test_cleaning_does_not_follow_links_out_of_the_project(tmp_path: Path) -> None:
    """A folder that is a link to somewhere else is left alone, whatever lies there."""
    root, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    root.mkdir()
    config = a_project(root, "python")
    (root / "out/python/sub").rename(elsewhere)
    (root / "out/python/sub").symlink_to(elsewhere)
    remove_generated(config)
    assert CONTENT == (elsewhere / "b.py").read_bytes()


@pytest.mark.parametrize("path", ["src/a.py", "a [draft]/b!.py", "#a/b*.py", "a b/c?.py", "x\\y.py"])
def test_a_pattern_matches_one_path(path: str) -> None:
    """Whatever characters a folder has, its pattern matches it and nothing that only looks like it."""
    spec = pathspec.GitIgnoreSpec.from_lines([exact_pattern(path)])
    others = [f"deeper/{path}", path.replace("a", "b", 1), path.replace("*", "x"), path.replace("?", "x")]
    assert spec.match_file(path)
    assert [] == [other for other in others if other != path and spec.match_file(other)]
