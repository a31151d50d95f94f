"""Models as they were, read from real repositories of git."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from pygen.errors import ConfigError, ModelError, OutputError
from pygen.project.diff.origins import PROJECT, Kind, Origin, parse_origin
from pygen.project.diff.revisions import read_at_revision
from pygen.project.plain_model import PlainModel, snapshot_text
from tests.support.plant_model import Draft, plant

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

TOOLKIT = {
    "modules/plant/default.config.yaml": "space: sp_wrong\n",
    "modules/plant/data_models/sp.space.yaml": "space: '{{ space }}'\n",
    "modules/plant/data_models/views/Pump.view.yaml": """\
space: '{{ space }}'
externalId: Pump
version: v1
properties:
  name:
    container: {type: container, space: '{{ space }}', externalId: Pump}
    containerPropertyIdentifier: name
""",
    "modules/plant/data_models/containers/Pump.container.yaml": """\
space: '{{ space }}'
externalId: Pump
usedFor: node
properties:
  name: {type: {type: text}}
""",
    "modules/plant/data_models/Plant.datamodel.yaml": """\
space: '{{ space }}'
externalId: Plant
version: v1
views:
  - {type: view, space: '{{ space }}', externalId: Pump, version: v1}
""",
    "modules/plant/data_models/variables.json": '{"space": "sp_plant"}',
}


class Repository:
    """A repository with one commit after the other."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> None:
        """Run git, independently of the machine's configuration."""
        settings = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *settings, *arguments], cwd=self.root, check=True, capture_output=True)

    def write(self, files: dict[str, str]) -> None:
        """Write files into the working tree."""
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text, encoding="utf-8", newline="\n")

    def commit(self, files: dict[str, str]) -> None:
        """Write files, and commit all there is."""
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "A change")


def snapshot(model: PlainModel, name: str = "model/plant") -> dict[str, str]:
    """The files of a model."""
    return {
        f"{name}.json": snapshot_text([model.raw]),
        f"{name}.containers.json": snapshot_text(model.containers or []),
    }


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository: the plant, then the plant without a property, then a working tree with something else."""
    made = Repository(tmp_path / "repository")
    made.commit(snapshot(plant()))
    draft = Draft()
    draft.hide("Pump.label")
    made.git("tag", "v1")
    made.commit(snapshot(draft.plain))
    made.write({"model/plant.json": "not committed"})
    return made


def test_a_file_is_read_as_it_was_with_the_containers_beside_it(repository: Repository) -> None:
    """The working tree is not looked at."""
    name, model = read_at_revision(repository.root, "HEAD~1", "model/plant.json")
    assert "git:HEAD~1:model/plant.json" == name
    assert plant() == model
    _, model = read_at_revision(repository.root, "HEAD", "model/plant.json")
    assert "label" not in model.raw["views"][1]["properties"]


@pytest.mark.parametrize("revision", ["v1", "main~1", "main^", "HEAD@{1}"])
def test_a_revision_is_whatever_git_calls_one(repository: Repository, revision: str) -> None:
    """A tag, a branch and its ancestors, the reflog."""
    assert "Plant" == read_at_revision(repository.root, revision, "model/plant.json")[1].raw["externalId"]


def test_paths_are_those_of_git(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the root of the repository; with `./` from here; and files of the working tree."""
    monkeypatch.chdir(repository.root / "model")
    for path in ("model/plant.json", "./plant.json", "../model/plant.json", str(repository.root / "model/plant.json")):
        assert "git:v1:model/plant.json" == read_at_revision(Path.cwd(), "v1", path)[0]


def test_a_toolkit_folder_is_read_as_a_whole(tmp_path: Path) -> None:
    """Its files, and the values beside and above it, in the places that they have in the repository."""
    repository = Repository(tmp_path / "toolkit")
    repository.commit({**TOOLKIT, "modules/other/bad.view.yaml": "{{ of another module }}"})
    shutil.rmtree(repository.root / "modules")
    for path in ("modules/plant/data_models", "modules/plant/data_models/Plant.datamodel.yaml"):
        name, model = read_at_revision(repository.root, "HEAD", path)
        assert f"git:HEAD:{path}" == name
        assert "sp_plant:Plant(v1)" == model.name
        assert ["name"] == list(model.raw["views"][0]["properties"])


def test_the_root_of_a_repository_may_be_a_toolkit_folder(tmp_path: Path) -> None:
    """A folder without a name."""
    repository = Repository(tmp_path / "toolkit")
    prefix = "modules/plant/data_models/"
    repository.commit({path.removeprefix(prefix): text for path, text in TOOLKIT.items() if path.startswith(prefix)})
    assert "git:HEAD:." == read_at_revision(repository.root, "HEAD", ".")[0]


def test_attributes_change_nothing(repository: Repository) -> None:
    """Files that `git archive` would leave out or rewrite are read as they were committed."""
    repository.commit({**snapshot(plant()), ".gitattributes": "*.json export-ignore\n*.json export-subst\n"})
    assert plant() == read_at_revision(repository.root, "HEAD", "model/plant.json")[1]


def test_an_odd_name_is_a_name(tmp_path: Path) -> None:
    """Blanks, quotes and wildcards are part of it."""
    repository = Repository(tmp_path / "odd")
    repository.commit(snapshot(plant(), 'mod el/["*"]'))
    assert plant() == read_at_revision(repository.root, "HEAD", 'mod el/["*"].json')[1]


def refusal(folder: Path, revision: str, path: str) -> str:
    """What is said of a model that cannot be read."""
    with pytest.raises(ConfigError) as caught:
        read_at_revision(folder, revision, path)
    return str(caught.value)


def test_what_is_not_there_is_named(repository: Repository, tmp_path: Path) -> None:
    """No repository, no revision, no path; a path elsewhere; and what looks like an option is none."""
    root = repository.root
    assert "git:HEAD~9: no such revision" == refusal(root, "HEAD~9", "model/plant.json")
    assert "git:--help: no such revision" == refusal(root, "--help", "model/plant.json")
    assert refusal(root, "HEAD", "model/other.json").startswith("git:HEAD:model/other.json: no such path at that")
    assert "is outside of the repository" in refusal(root, "HEAD", str(tmp_path / "elsewhere.json"))
    (tmp_path / "nowhere").mkdir()
    assert "no repository of git" in refusal(tmp_path / "nowhere", "HEAD", "model/plant.json")


def test_a_path_that_counts_from_here_says_so(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the usual mistake, in a folder of the repository."""
    monkeypatch.chdir(repository.root / "model")
    assert "(./plant.json counts from here)" in refusal(repository.root, "HEAD", "plant.json")


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    """There is nothing to compare with yet."""
    repository = Repository(tmp_path / "new")
    assert "git:HEAD: nothing is committed yet" == refusal(repository.root, "HEAD", "model/plant.json")


def test_a_repository_that_git_does_not_trust(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container of a build server it often belongs to somebody else: the way out is told."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    said = refusal(repository.root, "HEAD", "model/plant.json")
    assert "belongs to somebody else" in said
    assert f"git config --global --add safe.directory {repository.root}" in said


def test_a_pointer_of_lfs_is_called_one(repository: Repository) -> None:
    """Git's objects hold no more of such a file."""
    repository.commit({"model/plant.json": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"})
    assert "git:HEAD:model/plant.json: is a pointer of git LFS" in refusal(repository.root, "HEAD", "model/plant.json")


def test_a_folder_that_is_here_now_says_nothing_of_then(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What was a file then is read as one, whatever lies where the process is."""
    (repository.root / "model" / "link.json").symlink_to("plant.json")
    repository.commit(snapshot(plant()))
    (tmp_path / "model" / "plant.json").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert plant() == read_at_revision(repository.root, "HEAD", "model/plant.json")[1]


def test_a_shallow_clone_says_so(repository: Repository, tmp_path: Path) -> None:
    """What a build server checked out has one commit only."""
    repository.git("clone", "--quiet", "--depth=1", f"file://{repository.root}", str(tmp_path / "clone"))
    assert "fetch-depth: 0" in refusal(tmp_path / "clone", "HEAD~1", "model/plant.json")


def test_a_machine_without_git(repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is said, and not a traceback."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "git is not installed, or not on the PATH" in refusal(repository.root, "HEAD", "model/plant.json")


def test_no_room_for_a_copy(repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is the machine's fault, not pygen's."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(OutputError) as caught:
        read_at_revision(repository.root, "HEAD", "model/plant.json")
    assert (2, True) == (caught.value.exit_code, "TMPDIR" in str(caught.value))


def test_a_link_is_not_followed(repository: Repository) -> None:
    """It would lead into a working tree of another time."""
    (repository.root / "model" / "link.json").symlink_to("plant.json")
    repository.commit({})
    assert "model/link.json is a link" in refusal(repository.root, "HEAD", "model/link.json")


def test_errors_name_the_file_that_a_person_knows(repository: Repository) -> None:
    """And no temporary folder."""
    repository.commit({"model/plant.json": "{", "model/shape.json": '{"space": "sp", "views": 1}'})
    assert refusal(repository.root, "HEAD", "model/plant.json").startswith("git:HEAD:model/plant.json: ")
    with pytest.raises(ModelError) as caught:
        read_at_revision(repository.root, "HEAD", "model/shape.json")
    assert all(problem.where.startswith("git:HEAD:model/shape.json") for problem in caught.value.problems)


def test_a_hook_of_git_does_not_lead_astray(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What git sets for its own use is not ours."""
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert plant() == read_at_revision(repository.root, "v1", "model/plant.json")[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model/a.json", Origin(Kind.PATH, path="model/a.json")),
        ("./live", Origin(Kind.PATH, path="./live")),
        ("live", Origin(Kind.LIVE)),
        ("live:prod", Origin(Kind.LIVE, environment="prod")),
        ("git:HEAD~1", Origin(Kind.GIT, revision="HEAD~1")),
        ("git:main:model/a.json", Origin(Kind.GIT, revision="main", path="model/a.json")),
        ("git:HEAD@{10:00}:a:b.json", Origin(Kind.GIT, revision="HEAD@{10:00}", path="a:b.json")),
    ],
)
def test_origins_are_read(text: str, expected: Origin) -> None:
    """A colon within braces belongs to the revision."""
    assert expected == parse_origin(text)
    assert expected.is_of_project == (text in ("live", "live:prod", "git:HEAD~1"))


@pytest.mark.parametrize("text", ["git:", "git::a.json", "git:HEAD:", "live:", ""])
def test_origins_that_name_nothing_are_refused(text: str) -> None:
    """With a way out."""
    with pytest.raises(ConfigError):
        parse_origin(text)
    assert PROJECT.is_of_project
