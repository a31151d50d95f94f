"""`pygen check` in clones of all kinds, of projects that commit their SDK and of projects that ignore it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.building import EXAMPLE, ONLY_HERE, SDK
from tests.end_to_end.generating import Installed, tree
from tests.end_to_end.scratch_git import Repository, new_repository

pytestmark = pytest.mark.xdist_group("fresh clones")

NOTE = "git ignores the output, so the model was compared with pygen.lock only"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A copy of pygen as a user has it."""
    return Installed(tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="module")
def committed(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository with the example project, whose SDK is committed; not to be changed."""
    folder = tmp_path_factory.mktemp("committed") / "origin"
    ignored = shutil.ignore_patterns("__pycache__", "dist", ".venv", "uv.lock", ".*_cache")
    shutil.copytree(EXAMPLE, folder, ignore=ignored)
    project = folder / "pyproject.toml"
    project.write_text(project.read_text(encoding="utf-8").partition(ONLY_HERE)[0], encoding="utf-8", newline="\n")
    (folder / "pygen.lock").unlink()
    shutil.rmtree(folder / SDK)
    done = installed.run("generate", cwd=folder)
    assert 0 == done.returncode, done.stderr
    made = new_repository(folder)
    (folder / "README.md").write_text("A second commit, so that a clone can be shallow.\n", encoding="utf-8")
    made.commit_all("Second")
    return made


@pytest.fixture(scope="module")
def ignoring(committed: Repository, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The same project, whose SDK is ignored; not to be changed."""
    folder = tmp_path_factory.mktemp("ignoring") / "origin"
    shutil.copytree(committed.folder, folder, ignore=shutil.ignore_patterns(".git"))
    with (folder / ".gitignore").open("a", encoding="utf-8") as file:
        file.write(f"/{SDK}/\n")
    made = new_repository(folder)
    (folder / "README.md").write_text("A second commit.\n", encoding="utf-8")
    made.commit_all("Second")
    return made


@pytest.fixture(params=["committed", "ignored"])
def origin(request: pytest.FixtureRequest, committed: Repository, ignoring: Repository) -> Repository:
    """Both, one after the other."""
    return committed if request.param == "committed" else ignoring


def clone(origin: Repository, folder: Path, *options: str) -> Repository:
    """Clone a repository as over a network."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    Repository(folder.parent).git("clone", "-q", *options, origin.folder.as_uri(), str(folder))
    return Repository(folder)


def edit(path: Path, old: str, new: str) -> None:
    """Change a text, and leave its line endings alone."""
    content = path.read_bytes()
    assert old.encode() in content
    path.write_bytes(content.replace(old.encode(), new.encode(), 1))


def assert_fresh(installed: Installed, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Check a project, and insist on the answer; a check changes nothing."""
    before = tree(folder)
    done = installed.run("check", cwd=folder, **more)
    assert (0, "fresh\n") == (done.returncode, done.stdout), done.stderr
    assert before == tree(folder)
    return done


def assert_stale(installed: Installed, folder: Path, **more: str) -> None:
    """Change the model of a project, check it, and insist on the reason and the command."""
    edit(folder / "model" / "windfarm.json", "From root to tip.", "From its root to its tip.")
    done = installed.run("check", cwd=folder, **more)
    assert 1 == done.returncode
    assert done.stdout.startswith(f"stale: {SDK}/blade.py: sp_windfarm:Blade(v1) changed")
    assert done.stdout.endswith("not fresh; to repair: pygen generate\n")


def test_a_clone(installed: Installed, origin: Repository, tmp_path: Path) -> None:
    """It is fresh at once, also where a build is still to make the SDK; a changed model is noticed either way."""
    folder = clone(origin, tmp_path / "clone").folder
    done = assert_fresh(installed, folder)
    is_there = (folder / SDK).is_dir()
    assert (is_there, "") == (NOTE not in done.stderr, done.stderr if is_there else "")
    assert_stale(installed, folder)


def test_an_ignored_sdk_is_checked_once_it_is_made(installed: Installed, ignoring: Repository, tmp_path: Path) -> None:
    """After a build, the files are there, and count."""
    folder = clone(ignoring, tmp_path / "clone").folder
    assert 0 == installed.run("generate", cwd=folder).returncode
    assert "" == assert_fresh(installed, folder).stderr
    assert "" == Repository(folder).status()
    (folder / SDK / "blade.py").unlink()
    assert f"missing: {SDK}/blade.py" in installed.run("check", cwd=folder).stdout


def test_windows_line_endings(installed: Installed, origin: Repository, tmp_path: Path) -> None:
    """Git may turn every LF into CRLF: model, lock, configuration and SDK say the same."""
    folder = clone(origin, tmp_path / "clone", "-c", "core.autocrlf=true").folder
    for path in ("pygen.lock", "model/windfarm.json", "pyproject.toml"):
        assert b"\r\n" in (folder / path).read_bytes()
    assert_fresh(installed, folder)
    assert_stale(installed, folder)
    assert 0 == installed.run("generate", cwd=folder).returncode
    assert_fresh(installed, folder)
    changed = {line[3:] for line in Repository(folder).status().splitlines()}
    sdk = {f"{SDK}/blade.py"} if "blade.py" in Repository(folder).git("ls-files") else set()
    assert {"model/windfarm.json", "pygen.lock", *sdk} == changed


def test_a_shallow_clone(installed: Installed, origin: Repository, tmp_path: Path) -> None:
    """As CI makes them: no history is needed."""
    made = clone(origin, tmp_path / "clone", "--depth", "1")
    assert 1 == made.commits()
    assert_fresh(installed, made.folder)
    assert_stale(installed, made.folder)


def test_a_detached_worktree(installed: Installed, origin: Repository, tmp_path: Path) -> None:
    """There `.git` is a file, and the branch has no name."""
    main = clone(origin, tmp_path / "clone")
    main.git("worktree", "add", "-q", "--detach", str(tmp_path / "worktree"), "HEAD")
    assert (tmp_path / "worktree" / ".git").is_file()
    assert_fresh(installed, tmp_path / "worktree")
    assert_stale(installed, tmp_path / "worktree")


def test_a_submodule(installed: Installed, origin: Repository, tmp_path: Path) -> None:
    """A project within another repository, whose own rules of what is ignored hold."""
    (tmp_path / "outer").mkdir()
    (tmp_path / "outer" / "README.md").write_text("Around it.\n", encoding="utf-8")
    outer = new_repository(tmp_path / "outer")
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", origin.folder.as_uri(), "farm")
    assert (outer.folder / "farm" / ".git").is_file()
    assert_fresh(installed, outer.folder / "farm")
    done = installed.run("check", "--project", "farm", cwd=outer.folder)
    assert (0, "fresh\n") == (done.returncode, done.stdout)
    assert_stale(installed, outer.folder / "farm")


def test_a_read_only_checkout(installed: Installed, origin: Repository, tmp_path: Path) -> None:
    """A check writes nothing, neither there nor in a home folder that cannot be written."""
    folder = clone(origin, tmp_path / "clone").folder
    inside = [folder, *(path for path in folder.rglob("*") if ".git" not in path.parts)]
    for path in inside:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        more = {"HOME": "/nonexistent", "XDG_CACHE_HOME": "/nonexistent/cache", "TMPDIR": str(folder)}
        assert_fresh(installed, folder, **more)
    finally:
        for path in inside:
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert_stale(installed, folder, HOME="/nonexistent", XDG_CACHE_HOME="/nonexistent/cache")


def test_without_git(installed: Installed, committed: Repository, ignoring: Repository, tmp_path: Path) -> None:
    """No git on the machine: a committed SDK is checked as always; of an ignored one, the way out is said."""
    nowhere = {"PATH": str(tmp_path / "empty")}
    folder = clone(committed, tmp_path / "committed").folder
    assert "" == assert_fresh(installed, folder, **nowhere).stderr
    assert_stale(installed, folder, **nowhere)
    folder = clone(ignoring, tmp_path / "ignored").folder
    done = installed.run("check", cwd=folder, **nowhere)
    assert (1, True) == (done.returncode, "git could not say whether it ignores the output" in done.stderr)
    assert "use --lock-only" in done.stderr
    done = installed.run("check", "--lock-only", cwd=folder, **nowhere)
    assert (0, "fresh\n") == (done.returncode, done.stdout)


def test_a_repository_that_git_does_not_trust(installed: Installed, ignoring: Repository, tmp_path: Path) -> None:
    """In a container the checkout may be another user's: git refuses to answer, which is said, not taken for a no."""
    folder = clone(ignoring, tmp_path / "clone").folder
    done = installed.run("check", cwd=folder, GIT_TEST_ASSUME_DIFFERENT_OWNER="1", GIT_CONFIG_GLOBAL=os.devnull)
    assert (1, True) == (done.returncode, "git could not say" in done.stderr)


def test_a_copy_without_git(installed: Installed, committed: Repository, ignoring: Repository, tmp_path: Path) -> None:
    """As in a container's image: all that counts is in the files; an SDK that is to be built is asked for so."""
    for origin in (committed, ignoring):
        clone(origin, tmp_path / origin.folder.parent.name)
        shutil.rmtree(tmp_path / origin.folder.parent.name / ".git")
    folder = tmp_path / committed.folder.parent.name
    assert_fresh(installed, folder)
    assert_stale(installed, folder)
    folder = tmp_path / ignoring.folder.parent.name
    done = installed.run("check", cwd=folder)
    assert (1, True) == (done.returncode, done.stdout.startswith(f"missing: {SDK}: nothing of what was generated"))
    assert "--lock-only" in done.stderr
    done = installed.run("check", "--lock-only", cwd=folder)
    assert (0, "fresh\n") == (done.returncode, done.stdout)
