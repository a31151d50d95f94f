"""The example project: its SDK is what the generator makes of its model, and its own tools work."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.end_to_end.building import EXAMPLE, SDK, Done, Project, Tools, digests

MODEL = json.loads((EXAMPLE / "model" / "windfarm.json").read_text(encoding="utf-8"))["items"][0]


def test_the_committed_sdk_is_what_the_generator_makes(tools: Tools, project: Project) -> None:
    """A change of generated code comes with the example's SDK: `hatch run regen`."""
    shutil.rmtree(project.folder / SDK)
    done = tools.hatchling(project, "--hooks-only", "-t", "wheel")
    assert 0 == done.code, done.output
    assert digests(EXAMPLE / SDK) == project.sdk, "run: hatch run regen"


def test_the_committed_lock_speaks_of_the_committed_sdk(tools: Tools, project: Project) -> None:
    """Apart from the state of the generator, which only a checkout knows, the lock is what generation writes."""

    def comparable(path: Path) -> object:
        lock = json.loads(path.read_text(encoding="utf-8"))
        del lock["generator"], lock["sdks"]["default"]["targets"]["python"]["recipe"]
        return lock

    shutil.rmtree(project.folder / SDK)
    done = tools.hatchling(project, "--hooks-only", "-t", "wheel")
    assert 0 == done.code, done.output
    assert comparable(EXAMPLE / "pygen.lock") == comparable(project.lock), "run: hatch run regen"


def test_the_model_shows_every_kind_of_property() -> None:
    """Readers of the example meet each type, list, connection and trait of a view once."""
    properties = [(view, item) for view in MODEL["views"] for item in view["properties"].values()]
    mapped = [item for _, item in properties if "connectionType" not in item]
    connections = [item for _, item in properties if "connectionType" in item]
    types = {item["type"]["type"] for item in mapped}
    assert types == {
        "boolean", "date", "direct", "enum", "file", "float32", "float64", "int32", "int64", "json", "sequence",
        "text", "timeseries", "timestamp",
    }  # fmt: skip
    assert {"direct", "text", "float64", "timestamp", "date"} <= {
        item["type"]["type"] for item in mapped if item["type"]["list"]
    }
    assert {
        ("multi_edge_connection", "outwards"),
        ("multi_edge_connection", "inwards"),
        ("single_edge_connection", "inwards"),
        ("multi_reverse_direct_relation", None),
        ("single_reverse_direct_relation", None),
    } == {(item["connectionType"], item.get("direction")) for item in connections}
    assert {True, False} == {item["targetsList"] for item in connections if "targetsList" in item}
    assert {"view", "container"} == {item["through"]["source"]["type"] for item in connections if "through" in item}
    assert {True, False} == {"edgeSource" in item for item in connections if "direction" in item}
    assert any("unknownValue" in item["type"] for item in mapped)
    assert any("unit" in item["type"] for item in mapped)
    assert any(item["autoIncrement"] for item in mapped)
    assert any(item["immutable"] for item in mapped)
    assert {True, False} == {view["writable"] for view in MODEL["views"]}
    assert {"edge", "node"} == {view["usedFor"] for view in MODEL["views"]}


def test_the_examples_own_tests_pass(tools: Tools, project: Project) -> None:
    """The report and the SDK work on the demo's data, with what pip would install."""
    done = tools.run([tools.python, "-m", "pytest", "-q", "-p", "no:cacheprovider"], project.folder)
    assert 0 == done.code, done.output


def test_the_demo_is_worth_reading(tools: Tools, project: Project) -> None:
    """`python -m demo` reports, changes something, and reports again."""
    done = tools.run([tools.python, "-m", "demo"], project.folder, {"PYTHONPATH": "src", "PYTHONIOENCODING": "utf-8"})
    assert 0 == done.code, done.output
    assert "Hornsea 1: 17.6 of 34.4 MW running" in done.output
    assert "H05 stands still: start it again." in done.output
    assert "22.4 of 30.8 MW running" in done.output


# pre-commit


@pytest.fixture
def committed(tools: Tools, project: Project) -> Project:
    """The example in a repository of its own."""
    for arguments in (["init", "-q"], ["add", "-A"]):
        assert 0 == git(tools, project, *arguments).code
    commit(tools, project)
    return project


def git(tools: Tools, project: Project, *arguments: str) -> Done:
    """Run git, with nobody's configuration."""
    extra = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    return tools.run(["git", *arguments], project.folder, extra)


def commit(tools: Tools, project: Project) -> None:
    """Commit what is staged."""
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    done = git(tools, project, *identity, "commit", "-q", "-m", "x")
    assert 0 == done.code, done.output


def pre_commit(tools: Tools, project: Project, *arguments: str) -> Done:
    """Run the example's hooks, with the `python` that has pygen."""
    path = f"{tools.python.parent}:{tools.environment()['PATH']}"
    extra = {"PATH": path, "PRE_COMMIT_HOME": str(tools.home / "pre-commit"), "GIT_CONFIG_GLOBAL": "/dev/null"}
    return tools.run([sys.executable, "-m", "pre_commit", "run", *arguments], project.folder, extra)


def test_the_pre_commit_hook_passes_a_fresh_project(tools: Tools, committed: Project) -> None:
    """A commit of a fresh project goes through."""
    done = pre_commit(tools, committed, "--all-files")
    assert 0 == done.code, done.output
    assert "Passed" in done.output


def test_the_pre_commit_hook_stops_a_stale_sdk(tools: Tools, committed: Project) -> None:
    """A commit of the model alone is stopped, with the view and the command; with the SDK it goes through."""
    committed.change_model()
    git(tools, committed, "add", "-A")
    done = pre_commit(tools, committed)
    assert 1 == done.code
    assert "sp_windfarm:Blade(v1)" in done.output
    assert "pygen generate" in done.output
    assert 0 == tools.run([tools.python, "-m", "pygen", "generate"], committed.folder).code
    git(tools, committed, "add", "-A")
    assert 0 == pre_commit(tools, committed).code


def test_the_pre_commit_hook_looks_at_what_is_staged(tools: Tools, committed: Project) -> None:
    """A model that is changed but not staged does not stop another commit."""
    committed.change_model()
    (committed.folder / "pygen.lock").touch()
    with (committed.folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n# a comment\n")
    git(tools, committed, "add", "pyproject.toml")
    done = pre_commit(tools, committed)
    assert 0 == done.code, done.output
    assert "Passed" in done.output


def test_the_pre_commit_hook_looks_at_every_commit(tools: Tools, committed: Project) -> None:
    """A commit that touches nothing of ours is looked at as well: no list of paths can miss a layout."""
    with (committed.folder / "README.md").open("a", encoding="utf-8") as file:
        file.write("\n")
    git(tools, committed, "add", "README.md")
    done = pre_commit(tools, committed)
    assert 0 == done.code, done.output
    assert "Passed" in done.output


def test_the_pre_commit_hook_works_with_an_ignored_sdk(tools: Tools, project: Project) -> None:
    """What is staged is compared with the lock, not with an ignored SDK, which pre-commit cannot set aside."""
    with (project.folder / ".gitignore").open("a", encoding="utf-8") as file:
        file.write(f"/{SDK}/\n")
    assert 0 == git(tools, project, "init", "-q").code
    assert 0 == git(tools, project, "add", "-A").code
    commit(tools, project)
    project.change_model()
    assert 0 == tools.run([tools.python, "-m", "pygen", "generate"], project.folder).code
    with (project.folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n# a comment\n")
    git(tools, project, "add", "pyproject.toml")
    done = pre_commit(tools, project)
    assert 0 == done.code, done.output
    git(tools, project, "add", "model")
    done = pre_commit(tools, project)
    assert 1 == done.code
    assert "sp_windfarm:Blade(v1)" in done.output


@pytest.mark.parametrize("hook", ["pygen-check", "pygen-generate"])
def test_the_repository_offers_hooks(hook: str, tools: Tools, committed: Project, tmp_path: Path) -> None:
    """pre-commit installs pygen from its repository; the one hook tells of a stale SDK, the other repairs it."""
    repository = Project(shutil.copytree(tools.source, tmp_path / "pygen"))
    git(tools, repository, "init", "-q")
    git(tools, repository, "add", "-A")
    commit(tools, repository)
    revision = git(tools, repository, "rev-parse", "HEAD").output.strip()
    config = {"repos": [{"repo": str(repository.folder), "rev": revision, "hooks": [{"id": hook}]}]}
    (committed.folder / ".pre-commit-config.yaml").write_text(json.dumps(config), encoding="utf-8")
    committed.change_model()
    git(tools, committed, "add", "-A")
    done = pre_commit(tools, committed)
    assert 1 == done.code, done.output
    assert "Failed" in done.output
    git(tools, committed, "add", "-A")
    again = pre_commit(tools, committed)
    assert (1 if hook == "pygen-check" else 0) == again.code, again.output
