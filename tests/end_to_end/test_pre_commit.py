"""The hooks of pre-commit: the real one, real commits, and nothing from the network once a hook is installed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.building import EXAMPLE, ROOT, SDK, Done, Project, Tools, isolation
from tests.end_to_end.conftest import once
from tests.end_to_end.scratch_git import Repository, git_environment, new_repository

pytestmark = pytest.mark.xdist_group("pre-commit")

TAG = "v0.1.0"
BLADE = f"{SDK}/blade.py"
NOWHERE = {
    "ALL_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "PIP_FIND_LINKS": "",
    "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
    "PIP_NO_INDEX": "",
}
"""Settings with which nothing can be installed."""


@dataclass(frozen=True)
class PreCommit:
    """
    The tool pre-commit, and a repository that it takes our hooks from.

    Attributes:
        source: That repository: pygen as it is now.
        home: Where the environments of hooks are kept.
        tools: The wheelhouse that these are filled from.
    """

    source: Path
    home: Path
    tools: Tools

    def environment(self, *, installing: bool = False) -> dict[str, str]:
        """The environment of a commit; only while *installing* is there anything to install from."""
        found = git_environment(self.tools.environment())
        return found | {"PRE_COMMIT_HOME": str(self.home)} | ({} if installing else NOWHERE)

    def run(self, folder: Path, *arguments: str | Path, installing: bool = False) -> Done:
        """Run pre-commit itself."""
        environment = self.environment(installing=installing)
        return self.tools.run([sys.executable, "-m", "pre_commit", *arguments], folder, environment)

    def config(self, hook: str) -> str:
        """The configuration of a project that uses one of our hooks."""
        return f"repos:\n  - repo: {self.source}\n    rev: {TAG}\n    hooks:\n      - id: {hook}\n"


@pytest.fixture(scope="module")
def pre_commit(tools: Tools) -> PreCommit:
    """Pre-commit with both hooks installed; without its tools a test is skipped, but never in CI."""
    missing = [name for name in ("git",) if shutil.which(name) is None]
    missing += [name for name in ("pre_commit",) if importlib.util.find_spec(name) is None]
    if missing:
        reason = f"not installed: {', '.join(missing)}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    found = PreCommit(tools.home / "hooks", tools.home / "pre-commit", tools)
    with once(found.home) as first:
        if first:
            shutil.copytree(tools.source, found.source)
            new_repository(found.source).git("tag", TAG)
            scratch = tools.home / "hooks-user"
            scratch.mkdir()
            for hook in ("pygen-check", "pygen-generate"):
                (scratch / ".pre-commit-config.yaml").write_text(found.config(hook), encoding="utf-8")
                if not (scratch / ".git").exists():
                    new_repository(scratch)
                done = found.run(scratch, "install-hooks", installing=True)
                assert 0 == done.code, done.output
    return found


@dataclass(frozen=True)
class Committer:
    """A project in a repository of its own, with one of our hooks installed in git."""

    project: Project
    repository: Repository
    tools: Tools

    def commit(self, *, stage: tuple[str, ...] = (), options: tuple[str, ...] = ()) -> Done:
        """Stage files, if any, and commit what is staged: git runs the hook."""
        if stage:
            self.repository.git("add", *stage)
        return self.repository.try_git("commit", "-m", "More", *options)

    def note(self) -> None:
        """Change a file that has nothing to do with the SDK."""
        with (self.project.folder / "README.md").open("a", encoding="utf-8") as file:
            file.write("More.\n")

    def generate(self) -> None:
        """Bring the SDK up to date by hand."""
        done = self.tools.run([self.tools.python, "-m", "pygen", "generate"], self.project.folder)
        assert 0 == done.code, done.output

    @property
    def blade(self) -> str:
        return (self.project.folder / BLADE).read_text(encoding="utf-8")


def committer(pre_commit: PreCommit, project: Project, hook: str, *, ignored: bool = False) -> Committer:
    """Make a repository of a project, and install a hook in it."""
    (project.folder / ".pre-commit-config.yaml").write_text(pre_commit.config(hook), encoding="utf-8")
    if ignored:
        with (project.folder / ".gitignore").open("a", encoding="utf-8") as file:
            file.write(f"/{SDK}/\n")
    repository = new_repository(project.folder, pre_commit.environment(), isolation())
    done = pre_commit.run(project.folder, "install")
    assert 0 == done.code, done.output
    return Committer(project, repository, pre_commit.tools)


@pytest.fixture
def checked(pre_commit: PreCommit, project: Project) -> Committer:
    """A project with `pygen-check`, whose SDK is committed."""
    return committer(pre_commit, project, "pygen-check")


@pytest.fixture
def generating(pre_commit: PreCommit, project: Project) -> Committer:
    """A project with `pygen-generate`, whose SDK is committed."""
    return committer(pre_commit, project, "pygen-generate")


@pytest.fixture
def ignoring(pre_commit: PreCommit, project: Project) -> Committer:
    """A project with `pygen-check`, whose SDK is ignored, and there."""
    return committer(pre_commit, project, "pygen-check", ignored=True)


class TestCheck:
    """`pygen-check` and a committed SDK."""

    def test_fresh_code_is_committed(self, checked: Committer) -> None:
        """Whatever the commit is about, the hook looks, and lets it pass."""
        checked.note()
        done = checked.commit(stage=("README.md",))
        assert (0, 2) == (done.code, checked.repository.commits()), done.output
        assert "the generated SDK is fresh" in done.output
        assert "Passed" in done.output

    def test_stale_code_is_not(self, checked: Committer) -> None:
        """The commit is refused with the reason, the command that repairs, and what has to be staged."""
        checked.project.change_model()
        done = checked.commit(stage=("model",))
        assert (1, 1) == (done.code, checked.repository.commits())
        assert f"stale: {BLADE}: sp_windfarm:Blade(v1) changed" in done.output
        assert "not fresh; to repair: pygen generate\n" in done.output
        assert "stage the model, pygen.lock and the generated files together" in done.output
        checked.generate()
        assert 0 == checked.commit(stage=("-A",)).code

    def test_an_edited_file_is_not(self, checked: Committer) -> None:
        """Somebody's change of a generated file is said as such, with what the repair would cost."""
        checked.project.edit(BLADE, "From root to tip.", "Mine.")
        done = checked.commit(stage=("-A",))
        assert 1 == done.code
        assert f"hand-edited: {BLADE}: differs from what was generated" in done.output
        assert f"careful: --force overwrites what was edited by hand: {BLADE}" in done.output

    def test_what_is_not_staged_does_not_matter(self, checked: Committer) -> None:
        """A model that somebody is still working on stops no other commit, and is not lost."""
        checked.project.change_model()
        checked.note()
        done = checked.commit(stage=("README.md",))
        assert 0 == done.code, done.output
        assert " M model/windfarm.json\n" == checked.repository.status()

    @pytest.mark.parametrize("staged", [("model",), ("model", "pygen.lock"), ("model", SDK), ("pygen.lock", SDK)])
    def test_half_of_a_change_is_refused(self, checked: Committer, staged: tuple[str, ...]) -> None:
        """Model, lock and SDK belong into one commit; what is there afterwards is what was there before."""
        checked.project.change_model()
        checked.generate()
        expected = checked.blade
        done = checked.commit(stage=staged)
        assert (1, 1) == (done.code, checked.repository.commits()), done.output
        assert "stage the model, pygen.lock and the generated files together" in done.output
        assert expected == checked.blade
        done = checked.commit(stage=("-A",))
        assert (0, "") == (done.code, checked.repository.status()), done.output

    def test_commit_all(self, checked: Committer) -> None:
        """`git commit -a` commits through an index of its own."""
        checked.project.change_model()
        assert 1 == checked.commit(options=("-a",)).code
        checked.generate()
        assert 0 == checked.commit(options=("-a",)).code


class TestIgnored:
    """`pygen-check` where git ignores the SDK."""

    def test_an_sdk_that_is_ahead(self, ignoring: Committer) -> None:
        """Pre-commit sets model and lock aside, but not the ignored files: nobody cries wolf."""
        ignoring.project.change_model()
        ignoring.generate()
        ignoring.note()
        done = ignoring.commit(stage=("README.md",))
        assert 0 == done.code, done.output
        assert {" M model/windfarm.json", " M pygen.lock"} == set(ignoring.repository.status().splitlines())

    def test_a_model_without_its_lock(self, ignoring: Committer) -> None:
        """The lock is what is committed, so it has to come along."""
        ignoring.project.change_model()
        ignoring.generate()
        done = ignoring.commit(stage=("model",))
        assert (1, True) == (done.code, f"stale: {BLADE}" in done.output)
        assert 0 == ignoring.commit(stage=("pygen.lock",)).code

    def test_without_any_sdk(self, ignoring: Committer) -> None:
        """Nor does anybody have to build before a commit."""
        shutil.rmtree(ignoring.project.folder / SDK)
        ignoring.note()
        assert 0 == ignoring.commit(stage=("README.md",)).code

    def test_in_a_worktree(self, ignoring: Committer, tmp_path: Path) -> None:
        """There git tells its hooks about folders of its own."""
        ignoring.repository.git("worktree", "add", "-q", "-b", "other", str(tmp_path / "other"))
        other = Committer(
            Project(tmp_path / "other"),
            Repository(tmp_path / "other", ignoring.repository.environment, ignoring.repository.prefix),
            ignoring.tools,
        )
        other.generate()
        other.project.edit(BLADE, "From root to tip.", "Newer than the lock.")
        other.note()
        done = other.commit(stage=("README.md",))
        assert (0, 2) == (done.code, other.repository.commits()), done.output


class TestGenerate:
    """`pygen-generate`."""

    def test_it_repairs(self, generating: Committer) -> None:
        """The first commit fails with what was done, the second one, with it, passes."""
        generating.project.change_model()
        done = generating.commit(stage=("model",))
        assert (1, 1) == (done.code, generating.repository.commits())
        assert f"stale: {BLADE}: sp_windfarm:Blade(v1) changed" in done.output
        assert "1 of" in done.output
        assert "files were modified by this hook" in done.output
        assert "commit again" in done.output
        assert "From its root to its tip." in generating.blade
        done = generating.commit(stage=("-A",))
        assert (0, "") == (done.code, generating.repository.status()), done.output

    def test_it_leaves_fresh_code_alone(self, generating: Committer) -> None:
        """A commit about something else passes at once, beside a model that is not staged."""
        generating.project.change_model()
        generating.note()
        done = generating.commit(stage=("README.md",))
        assert 0 == done.code, done.output
        assert " M model/windfarm.json\n" == generating.repository.status()

    def test_work_beside_it_is_kept(self, generating: Committer) -> None:
        """What is not staged comes back after a repair."""
        generating.project.change_model()
        generating.note()
        done = generating.commit(stage=("model",))
        assert 1 == done.code
        assert "More.\n" in (generating.project.folder / "README.md").read_text(encoding="utf-8")
        assert "From its root to its tip." in generating.blade

    def test_a_generated_but_unstaged_sdk(self, generating: Committer) -> None:
        """Pre-commit rolls the hook's work back where it meets the same work unstaged; nothing is lost."""
        generating.project.change_model()
        generating.generate()
        expected = generating.blade
        assert 1 == generating.commit(stage=("model",)).code
        assert expected == generating.blade
        done = generating.commit(stage=("-A",))
        assert (0, "") == (done.code, generating.repository.status()), done.output

    def test_edits_are_not_lost(self, generating: Committer) -> None:
        """A hand-edited file stops the hook, which changes nothing."""
        generating.project.edit(BLADE, "From root to tip.", "Mine.")
        expected = generating.blade
        done = generating.commit(stage=("-A",))
        assert (1, True) == (done.code, "generated files were edited by hand, nothing was written" in done.output)
        assert expected == generating.blade

    def test_a_broken_model(self, generating: Committer) -> None:
        """What cannot be generated stops the commit in one line."""
        generating.project.model.write_text("{", encoding="utf-8")
        done = generating.commit(stage=("model",))
        assert (1, 1) == (done.code, generating.repository.commits())
        assert "pygen: error: model/windfarm.json" in done.output
        assert "Traceback" not in done.output


def test_try_repo(pre_commit: PreCommit, project: Project) -> None:
    """`pre-commit try-repo` takes both hooks as they are, makes their environments, and finds the example fresh."""
    new_repository(project.folder)
    done = pre_commit.run(project.folder, "try-repo", pre_commit.source, "--all-files", "--verbose", installing=True)
    assert 0 == done.code, done.output
    assert 2 == done.output.count("Passed")
    assert {"- hook id: pygen-check", "- hook id: pygen-generate"} <= set(done.output.splitlines())


def test_the_hooks_of_the_example(pre_commit: PreCommit, project: Project) -> None:
    """The configuration of example_project works as it is written, with the pygen that is installed beside it."""
    shutil.copy(EXAMPLE / ".pre-commit-config.yaml", project.folder)
    new_repository(project.folder)
    environment = pre_commit.environment()
    environment["PATH"] = os.pathsep.join([str(pre_commit.tools.python.parent), environment["PATH"]])
    command = [sys.executable, "-m", "pre_commit", "run", "--all-files"]
    done = pre_commit.tools.run(command, project.folder, environment)
    assert (0, True) == (done.code, "Passed" in done.output), done.output
    project.change_model()
    done = pre_commit.tools.run(command, project.folder, environment)
    assert (1, True) == (done.code, f"stale: {BLADE}" in done.output)


def test_our_own_hook_for_the_example(pre_commit: PreCommit, tmp_path: Path) -> None:
    """In this repository, a commit that leaves the example's SDK stale is refused."""
    folder = tmp_path / "repository"
    shutil.copytree(pre_commit.tools.source, folder)
    ignored = shutil.ignore_patterns("__pycache__", "dist", ".venv", "uv.lock", ".*_cache")
    shutil.copytree(EXAMPLE, folder / "example_project", ignore=ignored)
    shutil.copy(ROOT / ".pre-commit-config.yaml", folder)
    environment = pre_commit.environment()
    environment["PATH"] = os.pathsep.join([str(pre_commit.tools.python.parent), environment["PATH"]])
    generate = [str(pre_commit.tools.python), "-m", "pygen", "generate", "--project", "example_project"]
    assert 0 == pre_commit.tools.run(generate, folder, environment).code
    new_repository(folder)
    command = [sys.executable, "-m", "pre_commit", "run", "example-is-fresh", "--all-files"]
    done = pre_commit.tools.run(command, folder, environment)
    assert (0, True) == (done.code, "Passed" in done.output), done.output
    Project(folder / "example_project").change_model()
    done = pre_commit.tools.run(command, folder, environment)
    assert 1 == done.code
    assert "to repair: pygen generate --project example_project" in done.output


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("validate-manifest", ".pre-commit-hooks.yaml"),
        ("validate-config", ".pre-commit-config.yaml"),
        ("validate-config", "example_project/.pre-commit-config.yaml"),
    ],
)
def test_files_are_valid(pre_commit: PreCommit, command: str, path: str) -> None:
    """Pre-commit has nothing to say about what it reads of us."""
    done = pre_commit.run(ROOT, command, path)
    assert (0, "") == (done.code, done.output)
