"""What is watched: names on the way to a file, links, what is missing, and stamps."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pygen.watch.paths import Places, Survey, survey


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project's folder, links resolved."""
    folder = tmp_path.resolve() / "project"
    folder.mkdir()
    return folder


def looked_at(root: Path, *files: Path, folders: tuple[Path, ...] = ()) -> Survey:
    """The survey of some files."""
    return survey(Places(str(root), tuple(map(str, files)), tuple(map(str, folders))))


def test_the_folder_of_a_file_is_watched_for_its_name_and_what_follows(root: Path) -> None:
    """The file itself is not watched: whatever replaces it is seen."""
    file = root / "model.json"
    file.write_text("{}")
    found = looked_at(root, file)
    assert frozenset({"model.json"}) == found.folders[str(root)]
    assert found.matters(str(file))
    assert not found.matters(str(root / "other.json"))
    assert not found.matters(str(root / "model.json.swp"))


def test_the_folder_above_the_project_is_watched_for_the_project(root: Path) -> None:
    """A project that is moved away and back, or swapped for another one, is seen; its neighbours are not."""
    found = looked_at(root, root / "model.json")
    assert found.matters(str(root))
    assert not found.matters(str(root.parent / "neighbour"))


def test_a_missing_folder_is_waited_for_where_it_would_appear(root: Path) -> None:
    """The nearest folder that exists is watched, for the next name on the way."""
    found = looked_at(root, root / "a" / "b" / "model.json")
    assert frozenset({"a"}) == found.folders[str(root)]
    assert None is found.stamps[str(root / "a" / "b" / "model.json")]
    (root / "a").mkdir()
    assert frozenset({"b"}) == looked_at(root, root / "a" / "b" / "model.json").folders[str(root / "a")]


def test_links_are_watched_where_they_are_and_where_they_lead(root: Path, tmp_path: Path) -> None:
    """A link that is pointed elsewhere, and a file that is replaced at its end, are both seen."""
    real = tmp_path.resolve() / "elsewhere" / "real.json"
    real.parent.mkdir()
    real.write_text("{}")
    (root / "step.json").symlink_to(real)
    (root / "model.json").symlink_to("step.json")
    found = looked_at(root, root / "model.json")
    assert {"model.json", "step.json"} == found.folders[str(root)]
    assert frozenset({"real.json"}) == found.folders[str(real.parent)]
    before = found.stamps
    real.write_text("[1]")
    assert before != looked_at(root, root / "model.json").stamps


def test_a_folder_that_is_a_link_is_watched_like_a_file(root: Path, tmp_path: Path) -> None:
    """The models of a project may lie in a folder beside it."""
    (tmp_path / "models").mkdir()
    (root / "model").symlink_to(tmp_path / "models", target_is_directory=True)
    found = looked_at(root, root / "model" / "m.json")
    assert found.matters(str(root / "model"))
    assert found.matters(str(tmp_path.resolve() / "models" / "m.json"))


def test_links_in_a_circle_end(root: Path) -> None:
    """They count as missing."""
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    found = looked_at(root, root / "a")
    assert None is found.stamps[str(root / "a")]
    assert {"a", "b"} == found.folders[str(root)]


def test_a_link_that_goes_while_it_is_looked_at(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever points a link elsewhere removes it first: it counts as missing, and is waited for."""
    (root / "model").symlink_to(root)

    def gone(path: str) -> str:
        raise FileNotFoundError(path)

    monkeypatch.setattr("os.readlink", gone)
    found = looked_at(root, root / "model" / "m.json")
    assert None is found.stamps[str(root / "model" / "m.json")]
    assert found.matters(str(root / "model"))


def test_a_folder_of_sources_is_watched_at_any_depth(root: Path) -> None:
    """Whatever appears in it may matter, but for what is hidden."""
    (root / "toolkit" / "views" / "deep").mkdir(parents=True)
    (root / "toolkit" / ".git").mkdir()
    found = looked_at(root, folders=(root / "toolkit",))
    assert found.matters(str(root / "toolkit" / "views" / "deep" / "New.view.yaml"))
    assert str(root / "toolkit" / ".git") not in found.folders
    assert found.matters(str(root / "toolkit"))


@pytest.mark.skipif(os.name == "nt", reason="times of change are POSIX's")
def test_a_write_that_sets_the_time_back_is_seen(root: Path) -> None:
    """Copies and archives restore the time of modification; equal length does not hide them either."""
    file = root / "model.json"
    file.write_text("one")
    state = file.stat()
    before = looked_at(root, file)
    file.write_text("two")
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert (str(file),) == before.differences(looked_at(root, file))


def test_a_folder_that_was_made_anew_is_another_one(root: Path) -> None:
    """Its watch died with the old one."""
    (root / "model").mkdir()
    before = looked_at(root, root / "model" / "m.json")
    (root / "model").rename(root / "old")
    (root / "model").mkdir()
    assert before.identities != looked_at(root, root / "model" / "m.json").identities


def test_what_is_in_a_file_that_is_a_folder_is_missing(root: Path) -> None:
    """A file where a folder should be is no reason to fail."""
    (root / "model").write_text("")
    found = looked_at(root, root / "model" / "m.json")
    assert None is found.stamps[str(root / "model" / "m.json")]
    assert found.matters(str(root / "model"))


def test_a_survey_of_the_same_state_is_equal(root: Path) -> None:
    """What did not change does not look as if it had."""
    (root / "model.json").write_text("{}")
    one, other = (looked_at(root, root / "model.json", folders=(root,)) for _ in range(2))
    assert () == one.differences(other)
    assert one == other


def test_a_project_at_the_top_of_the_file_system() -> None:
    """Nothing lies above it."""
    top = Path(Path.cwd().anchor)
    found = looked_at(top, top / "no such model.json")
    assert found.matters(str(top / "no such model.json"))
