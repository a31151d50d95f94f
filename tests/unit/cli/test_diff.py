"""`pygen diff`: what it compares, prints and exits with."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pygen.sandbox import Sandbox

Pygen = Callable[..., Any]
Change = Callable[[Callable[[dict[str, Any]], object]], None]

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

REMOTE = 'remote = { space = "sp_windfarm", external_id = "Windfarm", version = "v1" }\n'
NAME = {
    "type": {"type": "text"},
    "container": {"type": "container", "space": "sp_windfarm", "externalId": "Name"},
    "containerPropertyIdentifier": "name",
}
SEVERAL = """
[[tool.pygen.sdk]]
name = "one"
model = "model/windfarm.json"
[tool.pygen.sdk.python]
output = "one"

[[tool.pygen.sdk]]
name = "two"
model = "model/windfarm.json"
[tool.pygen.sdk.python]
output = "two"
"""


def view(model: dict[str, Any], name: str) -> dict[str, Any]:
    """A view of the wind farm."""
    found: dict[str, Any] = next(each for each in model["views"] if each["externalId"] == name)
    return found


def lose_a_property(model: dict[str, Any]) -> None:
    """Break something."""
    del view(model, "WindTurbine")["properties"]["hubHeight"]


def describe(model: dict[str, Any]) -> None:
    """Break nothing."""
    view(model, "Blade")["description"] = "Turns \x1b[31mround"


def change_a_parent(model: dict[str, Any]) -> None:
    """Change what several views inherit."""
    for each in model["views"]:
        if "name" in each["properties"]:
            each["properties"]["name"]["nullable"] = not each["properties"]["name"].get("nullable", True)


def git(folder: Path, *arguments: str) -> None:
    """Run git, independently of the machine's configuration."""
    settings = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *settings, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def committed(project: Path) -> Path:
    """The project, in a repository of git, committed."""
    git(project, "init", "--quiet", "--initial-branch=main")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "First")
    return project


def configure(project: Path, text: str) -> None:
    """Add lines to the configuration."""
    file = project / "pyproject.toml"
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_the_working_tree_is_compared_with_the_last_commit(committed: Path, pygen: Pygen, change: Change) -> None:
    """Without arguments; nothing has changed at first, then what breaks is told, and the exit code is 1."""
    fresh = pygen("diff")
    assert (0, "git:HEAD:model/windfarm.json -> model/windfarm.json\nno changes\n", "") == (
        fresh.code,
        fresh.out,
        fresh.err,
    )
    change(lose_a_property)
    change(describe)
    found = pygen("diff")
    assert (1, "") == (found.code, found.err)
    assert [
        "git:HEAD:model/windfarm.json -> model/windfarm.json",
        "sp_windfarm:Blade(v1)",
        "  safe     PYG308 description changed",
        "sp_windfarm:WindTurbine(v1)",
        "  breaking PYG403 hubHeight is gone: float32",
        "1 breaking, 1 safe; the SDK's next version: major",
    ] == found.out.splitlines()


def test_what_breaks_is_committed_in_the_end(committed: Path, pygen: Pygen, change: Change) -> None:
    """Then it is seen between revisions, each of which may be named; also another file of the repository."""
    change(lose_a_property)
    git(committed, "commit", "--quiet", "--all", "--message", "Second")
    assert 0 == pygen("diff").code
    assert 1 == pygen("diff", "git:HEAD~1").code
    assert 1 == pygen("diff", "git:HEAD~1", "git:HEAD").code
    assert 1 == pygen("diff", "git:main~1:model/windfarm.json", "git:main:model/windfarm.json").code
    assert 1 == pygen("diff", "git:HEAD~1", "model/windfarm.json").code
    added = pygen("diff", "git:HEAD", "git:HEAD~1")
    assert (0, True) == (added.code, "safe     PYG401 hubHeight is new: float32" in added.out)


@pytest.mark.parametrize(
    ("edit", "codes"),
    [
        (describe, {"breaking": 0, "risky": 0, "any": 1, "never": 0}),
        (lose_a_property, {"breaking": 1, "risky": 1, "any": 1, "never": 0}),
        (lambda model: view(model, "Blade").update(filter={"hasData": []}), {"breaking": 0, "risky": 1, "any": 1}),
    ],
    ids=["safe", "breaking", "risky"],
)
def test_the_exit_code_is_a_matter_of_severity(
    committed: Path, pygen: Pygen, change: Change, edit: Callable[[dict[str, Any]], object], codes: dict[str, int]
) -> None:
    """`--fail-on` names the least one that counts."""
    change(edit)
    assert codes == {level: pygen("diff", "--fail-on", level).code for level in codes}


def test_quiet_and_verbose(committed: Path, pygen: Pygen, change: Change) -> None:
    """`-q` keeps what the exit code is about; `-v` shows effects, what to do, what is inherited and what is ignored."""
    change(lose_a_property)
    change(describe)
    change(change_a_parent)
    quiet = pygen("diff", "-q")
    assert all(": breaking PYG" in line for line in quiet.out.splitlines())
    assert "sp_windfarm:WindTurbine(v1).hubHeight: breaking PYG403: is gone: float32" in quiet.out.splitlines()
    assert "" == pygen("diff", "-q", "--fail-on", "never").out
    assert "(and in 8 views that inherit it)" in pygen("diff").out
    configure(committed, '[tool.pygen.diff]\nignore = ["PYG308"]\n')
    verbose = pygen("diff", "-v").out
    assert "that inherit" not in verbose
    assert "           reading code breaking, writing code breaking, stored data risky, python breaking," in verbose
    assert "           to do: do not use it any more\n" in verbose
    assert "ignored: sp_windfarm:Blade(v1): safe PYG308: description changed\n" in verbose


def test_a_project_may_pass_over_changes(committed: Path, pygen: Pygen, change: Change) -> None:
    """They are counted; an entry that passes over nothing is a note."""
    change(lose_a_property)
    configure(committed, '[tool.pygen.diff]\nignore = ["PYG403 sp_windfarm:Wind*", "PYG404 sp:Old*"]\n')
    found = pygen("diff")
    assert (0, "note: ignore: no change matches 'PYG404 sp:Old*'\n") == (found.code, found.err)
    assert "no changes; 1 ignored" == found.out.splitlines()[-1]
    document = pygen("diff", "--json").document
    assert ([], ["PYG403"]) == (
        document["diffs"][0]["changes"],
        [each["code"] for each in document["diffs"][0]["ignored"]],
    )
    assert ["ignore: no change matches 'PYG404 sp:Old*'"] == document["notes"]
    # Both models are named, and yet it is the project's list that counts.
    assert 0 == pygen("diff", "git:HEAD:model/windfarm.json", "model/windfarm.json").code


def test_json(committed: Path, pygen: Pygen, change: Change) -> None:
    """One document with everything."""
    change(lose_a_property)
    document = pygen("diff", "--json").document
    (diff,) = document["diffs"]
    assert ("diff", 1, "default") == (document["command"], document["exitCode"], diff["sdk"])
    assert ("git:HEAD:model/windfarm.json", "model/windfarm.json") == (diff["old"], diff["new"])
    assert ("major", {"breaking": 1}) == (diff["versionHint"], diff["counts"])
    (found,) = diff["changes"]
    assert "sp_windfarm:WindTurbine(v1).hubHeight" == found["where"]
    assert "breaking" == found["effects"]["python"]


def test_annotations(committed: Path, pygen: Pygen, change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors, warnings and notices beside the view in the model's file; control characters are escaped."""
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    monkeypatch.delenv("CI_PROJECT_DIR", raising=False)
    change(lose_a_property)
    change(describe)
    change(lambda model: view(model, "Blade").update(filter={"hasData": []}))
    found = [line.split("::") for line in pygen("diff", "--format", "github").out.splitlines()]
    assert [
        "notice file=model/windfarm.json,line=1,title=PYG308%3A A view has another name or description",
        "warning file=model/windfarm.json,line=1,title=PYG318%3A A view has another filter",
        "error file=model/windfarm.json,line=1,title=PYG403%3A A property is gone",
    ] == [parts[1] for parts in found[:-1]]
    assert [
        "sp_windfarm:Blade(v1): safe PYG308: description changed",
        "sp_windfarm:Blade(v1): risky PYG318: has a filter, had none",
        "sp_windfarm:WindTurbine(v1).hubHeight: breaking PYG403: is gone: float32",
    ] == [parts[2] for parts in found[:-1]]
    assert [["1 breaking, 1 risky, 1 safe; the SDK's next version: major"]] == found[-1:]


def test_a_name_is_one_line(committed: Path, pygen: Pygen, change: Change) -> None:
    """Whatever it holds: on GitHub, a line of the log that starts with two colons is a command."""
    change(lambda model: view(model, "Blade")["properties"].update({"x\n::error::y": NAME}))
    change(lambda model: model["views"].append({**view(model, "Blade"), "externalId": "x\n::error::y"}))
    for option in ((), ("-q", "--fail-on", "any"), ("-v",), ("--changelog",), ("--markdown",)):
        found = pygen("diff", *option)
        assert "::error::y" in found.out
        assert not any(line.startswith("::") for line in found.out.splitlines())


def test_what_is_a_revision_without_saying_so(committed: Path, pygen: Pygen) -> None:
    """`git:` is easily forgotten."""
    for name in ("main", "HEAD~1", "v1.2.0"):
        refused = pygen("diff", name)
        assert (2, f"pygen: error: {name}: no such file (git:{name} is a revision of git)\n") == (
            refused.code,
            refused.err,
        )


def test_markdown(committed: Path, pygen: Pygen, change: Change) -> None:
    """A changelog for users of the SDK, a summary for a pull request; each is a format of its own."""
    change(lose_a_property)
    changelog = pygen("diff", "--changelog")
    assert 1 == changelog.code
    assert changelog.out.startswith("### Removed\n\n- `sp_windfarm:WindTurbine(v1)`\n  - `hubHeight` is gone: float32")
    summary = pygen("diff", "--markdown")
    assert summary.out.startswith("## `git:HEAD:model/windfarm.json` to `model/windfarm.json`\n\n**1 breaking**")
    assert (changelog.out, summary.out) == (
        pygen("diff", "-q", "--changelog").out,
        pygen("diff", "-q", "--markdown").out,
    )
    assert 2 == pygen("diff", "--markdown", "--json").code
    assert 2 == pygen("diff", "--markdown", "--changelog").code


def test_several_sdks(committed: Path, pygen: Pygen, change: Change) -> None:
    """Each in turn, or one; a single model is not compared with those of several."""
    (committed / "pyproject.toml").write_text(SEVERAL, encoding="utf-8")
    change(lose_a_property)
    found = pygen("diff")
    assert 1 == found.code
    assert [f"{name}: 1 breaking; the SDK's next version: major" for name in ("one", "two")] == [
        line for line in found.out.splitlines() if "next version" in line
    ]
    assert "## one\n\n### Removed" in pygen("diff", "--changelog").out
    assert "## two: `git:HEAD" in pygen("diff", "--markdown").out
    assert ["two"] == [each["sdk"] for each in pygen("diff", "--sdk", "two", "--json").document["diffs"]]
    refused = pygen("diff", "git:HEAD:model/windfarm.json")
    assert (2, True) == (refused.code, "choose one: one, two" in refused.err)
    assert 1 == pygen("diff", "git:HEAD:model/windfarm.json", "--sdk", "one").code
    refused = pygen("diff", "model/windfarm.json", "model/windfarm.json", "--sdk", "one")
    assert (2, True) == (refused.code, "--sdk: both models are named" in refused.err)


def test_two_files_need_no_project(
    tmp_path: Path, repository: Path, pygen: Pygen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor git."""
    monkeypatch.chdir(tmp_path)
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    shutil.copy(repository / "example_project" / "model" / "windfarm.json", old)
    document = json.loads(old.read_bytes())
    lose_a_property(document["items"][0] if "items" in document else document)
    new.write_text(json.dumps(document), encoding="utf-8")
    assert 1 == pygen("diff", "old.json", "new.json").code
    assert 0 == pygen("diff", "old.json", "old.json").code
    refused = pygen("diff", "old.json")
    assert (2, True) == (refused.code, "no pygen.toml" in refused.err)
    missing = pygen("diff", "old.json", "gone.json")
    assert (2, "pygen: error: gone.json: no such file\n") == (missing.code, missing.err)


def test_what_is_missing_is_named(project: Path, pygen: Pygen) -> None:
    """A repository, a revision, a remote, a configuration that can be read."""
    assert "no repository of git" in pygen("diff").err
    refused = pygen("diff", "git:")
    assert (2, True) == (refused.code, "names no revision" in refused.err)
    refused = pygen("diff", "model/windfarm.json", "live")
    assert (2, True) == (refused.code, "tool.pygen.remote" in refused.err)
    (project / "pyproject.toml").write_text("[tool.pygen", encoding="utf-8")
    assert 2 == pygen("diff", "model/windfarm.json", "model/windfarm.json").code


@pytest.fixture
def live(project: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A service with the wind farm, and an environment of the project that leads to it."""
    configure(project, '[tool.pygen.environments.test]\nprefix = "TEST_"\n')
    text = (project / "pyproject.toml").read_text(encoding="utf-8")
    text = text.replace("[tool.pygen.python]", f"{REMOTE}[tool.pygen.python]")
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    with Sandbox(repository / "example_project" / "model" / "windfarm.json") as sandbox:
        for prefix in ("", "TEST_"):
            monkeypatch.setenv(f"{prefix}CDF_URL", sandbox.base_url)
            monkeypatch.setenv(f"{prefix}CDF_PROJECT", sandbox.project)
            monkeypatch.setenv(f"{prefix}CDF_TOKEN", sandbox.token)
        yield sandbox


def test_the_live_model_is_compared(project: Path, live: Sandbox, pygen: Pygen, change: Change) -> None:
    """Over HTTP: the one that the environment variables mean, or an environment; on either side."""
    same = pygen("diff", "live")
    assert (0, "no changes") == (same.code, same.out.splitlines()[-1])
    assert same.out.startswith("sp_windfarm:Windfarm(v1) in the project sandbox -> model/windfarm.json\n")
    change(lose_a_property)
    assert 1 == pygen("diff", "live:test").code
    added = pygen("diff", "model/windfarm.json", "live:test")
    assert (0, True) == (added.code, "PYG401 hubHeight is new" in added.out)
    assert 0 == pygen("diff", "live", "live:test").code


def test_a_service_that_does_not_answer(project: Path, live: Sandbox, pygen: Pygen) -> None:
    """Exit code 3 where CDF refuses or is not there, 2 where nobody knows where it is."""
    live.faults.add(status=403)
    assert 3 == pygen("diff", "live").code
    live.faults.clear()
    unknown = pygen("diff", "live:prod")
    assert (2, True) == (unknown.code, "error: live:prod: no environment is called 'prod'" in unknown.err)
