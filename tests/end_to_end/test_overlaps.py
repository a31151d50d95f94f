"""
Everything at once: a watcher, builds, checks, generations and pre-commit, while the model changes under their hands.

The model goes to and fro between a few revisions, whose files are known beforehand. So each file that a reader finds,
each wheel and each sdist can be asked which revision it is of, and there is one right answer at the end.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.building import EXAMPLE, SDK, Done, Project, Tools, isolation, sdk_in
from tests.end_to_end.scratch_git import Repository, git_environment, new_repository

pytestmark = pytest.mark.xdist_group("pre-commit")

REVISIONS = 6
LANDED = "pygen: generated files changed while the "
WAIT_S = 60.0


def revision(model: Mapping[str, Any], number: int) -> bytes:
    """The text of one revision: texts, properties and views come and go."""
    document: dict[str, Any] = json.loads(json.dumps(model))
    views = document["items"][0]["views"]
    (blade,) = [view for view in views if view["externalId"] == "Blade"]
    blade["description"] = f"Revision {number}."
    if number % 2:
        blade["properties"]["otherLength"] = blade["properties"]["length"]
    if number % 3:
        views.append({**blade, "externalId": f"Spare{number % 3}", "description": "A spare."})
    return json.dumps(document, indent=2, sort_keys=True).encode()


@dataclass
class Everything:
    """
    A project that many work on.

    Attributes:
        texts: The revisions of the model.
        sdks: The SDK of each: path -> digest.
        edits: How often the model has changed.
        at_work: How many commands run just now.
        overlapped: How many commands had another one, or a change of the model, beside them.
    """

    tools: Tools
    project: Project
    environment: dict[str, str]
    texts: list[bytes] = field(default_factory=list)
    sdks: list[dict[str, str]] = field(default_factory=list)
    edits: int = 0
    at_work: int = 0
    overlapped: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    ended: threading.Event = field(default_factory=threading.Event)
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def prepare(self) -> None:
        """Generate each revision twice, so that the ledger has met every name before anything is noted."""
        model = json.loads(self.project.model.read_bytes())
        self.texts = [revision(model, number) for number in range(REVISIONS)]
        for texts in (self.texts, self.texts):
            self.sdks.clear()
            for text in texts:
                self.write_model(text)
                assert 0 == self.pygen("generate", "-q").code
                self.sdks.append(self.project.sdk)
        assert REVISIONS == len({json.dumps(sdk) for sdk in self.sdks})

    def write_model(self, text: bytes) -> None:
        """Save the model, as an editor does: another file takes its place."""
        beside = self.project.model.with_suffix(".swp")
        beside.write_bytes(text)
        beside.replace(self.project.model)

    def pygen(self, *arguments: str) -> Done:
        """Run the command line."""
        return self.tools.run([self.tools.python, "-m", "pygen", *arguments], self.project.folder, self.environment)

    def counted(self, name: str, command: Callable[[], Done]) -> Done:
        """Run a command, and note whether something else went on meanwhile."""
        with self._counting:
            self.at_work += 1
            beside, edits = self.at_work, self.edits
        done = command()
        with self._counting:
            self.at_work -= 1
            self.done[name] += 1
            if beside > 1 or self.at_work > 0 or edits != self.edits:
                self.overlapped[name] += 1
        return done

    # -- those who work ----------------------------------------------------------------------------------------------

    def edit(self, seed: int) -> None:
        """Change the model until all is done, sometimes twice in a row."""
        chance = random.Random(seed)
        while not self.ended.wait(chance.choice([0.02, 0.3, 0.6, 1.0])):
            self.write_model(chance.choice(self.texts))
            self.edits += 1

    def read(self, seed: int) -> int:
        """Read generated files at random moments: each is whole, compiles, and belongs to some revision."""
        chance = random.Random(seed)
        known: dict[str, set[str]] = {}
        for sdk in self.sdks:
            for path, digest in sdk.items():
                known.setdefault(path, set()).add(digest)
        compiled: set[str] = set()
        count = 0
        while not self.ended.wait(0.002):
            path = chance.choice(sorted(known))
            try:
                content = (self.project.folder / SDK / path).read_bytes()
            except FileNotFoundError:
                assert any(path not in sdk for sdk in self.sdks), f"{path} belongs to every revision, and was gone"
                continue
            digest = hashlib.sha256(content).hexdigest()
            assert digest in known[path], f"{path} is of no revision"
            if digest not in compiled and path.endswith(".py"):
                compile(content, path, "exec")
                compiled.add(digest)
            count += 1
        return count

    def check(self) -> Done:
        """A check tells of no edit, since nobody edits, and of no error."""
        done = self.counted("check", lambda: self.pygen("check", "--format", "json"))
        document = json.loads(done.output)
        assert done.code in (0, 1), done.output
        assert (done.code == 0) == document["fresh"]
        assert {"hand-edited"}.isdisjoint(finding["state"] for finding in document["findings"]), done.output
        return done

    def generate(self) -> Done:
        """A generation always succeeds."""
        done = self.counted("generate", lambda: self.pygen("generate", "-q"))
        assert (0, "") == (done.code, done.output)
        return done

    def commit(self) -> Done:
        """A hook of pre-commit passes, or says what is stale."""
        command = [sys.executable, "-m", "pre_commit", "run", "--all-files"]
        done = self.counted("pre-commit", lambda: self.tools.run(command, self.project.folder, self.environment))
        assert done.code in (0, 1), done.output
        # A watcher that writes beside a hook is taken for the hook: "files were modified".
        reasons = ("Passed",) if done.code == 0 else ("to repair: pygen generate\n", "files were modified by this hook")
        assert any(reason in done.output for reason in reasons), done.output
        return done

    def build(self, target: str) -> Callable[[], Done]:
        """A build that hatchling was asked for; what it makes is of one revision, or it makes nothing."""

        def run() -> Done:
            place = self.project.folder.parent / "built" / os.urandom(8).hex()
            done = self.counted(
                target,
                lambda: self.tools.hatchling(self.project, "-t", target, "-d", str(place), extra=self.environment),
            )
            self.judge(done, place)
            return done

        return run

    def hatch(self) -> Done:
        """The same by way of hatch."""
        place = self.project.folder.parent / "built" / os.urandom(8).hex()
        command = [sys.executable, "-m", "hatch", "build", str(place)]
        done = self.counted("hatch", lambda: self.tools.run(command, self.project.folder, self.environment))
        self.judge(done, place)
        return done

    def judge(self, done: Done, place: Path) -> None:
        """Look into what was built."""
        made = sorted(place.iterdir()) if place.is_dir() else []
        if done.code:
            # A generation landed between looking and packing: said in one line, and nothing is left of the archive.
            # Only where a file went that hatchling had listed, hatchling says so in its own way.
            gone = re.search(r"FileNotFoundError: .*/sdk/spare[12]\.py", done.output)
            assert LANDED in done.output or gone, done.output
            assert gone or "Traceback" not in done.output, done.output
            self.done["refused"] += 1
        else:
            assert made, done.output
        for artifact in made:
            found = sdk_in(artifact)
            assert found in self.sdks, f"{artifact.name} is of no single revision: {sorted(found)}"
            if artifact.suffix == ".gz":
                self.judge_sdist(artifact, found)
            self.done["artifacts"] += 1
        shutil.rmtree(place, ignore_errors=True)

    def judge_sdist(self, sdist: Path, found: Mapping[str, str]) -> None:
        """The lock that is in it lists what is in it: the SDK, and the model that it was made from."""
        with tarfile.open(sdist) as archive:
            (member,) = [item for item in archive if item.name.endswith("/pygen.lock")]
            file = archive.extractfile(member)
            assert file is not None
            lock = json.loads(file.read())
            (model,) = [item for item in archive if item.name.endswith("/model/windfarm.json")]
            snapshot = archive.extractfile(model)
            assert snapshot is not None
            digest = hashlib.sha256(snapshot.read()).hexdigest()
        sdk = lock["sdks"]["default"]
        assert (found, digest) == (sdk["targets"]["python"]["files"], sdk["model"]["sourceSha256"])


@contextmanager
def watching(everything: Everything) -> Iterator[list[dict[str, Any]]]:
    """A watcher at work; yields what it tells, and insists on a clean end."""
    process = subprocess.Popen(
        [*isolation(), str(everything.tools.python), "-m", "pygen", "watch", "--events", "json"],
        cwd=everything.project.folder,
        env=everything.tools.environment(everything.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    told: list[dict[str, Any]] = []
    ready = threading.Event()

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            told.append(json.loads(line))
            ready.set()

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        assert ready.wait(WAIT_S)
        yield told
    finally:
        process.terminate()
        process.wait(WAIT_S)
        listener.join()
        assert process.stderr is not None
        said = process.stderr.read()
        process.stderr.close()
        if process.stdout is not None:
            process.stdout.close()
    assert (0, "") == (process.returncode, said)


@pytest.fixture
def everything(tools: Tools, project: Project) -> Everything:
    """A project with all that may be at work on it."""
    shutil.copy(EXAMPLE / ".pre-commit-config.yaml", project.folder)
    environment = {
        **{name: value for name, value in git_environment({}).items() if name.startswith("GIT_")},
        "PATH": os.pathsep.join([str(tools.python.parent), os.environ["PATH"]]),
        "PRE_COMMIT_HOME": str(tools.home / "pre-commit"),
    }
    found = Everything(tools, project, environment)
    found.prepare()
    # The files that come and go are not tracked: pre-commit itself fails over a tracked file that goes while it looks.
    found.write_model(found.texts[0])
    assert 0 == found.pygen("generate", "-q").code
    new_repository(project.folder)
    return found


def repeated(command: Callable[[], Done], times: int, failed: threading.Event) -> Callable[[], None]:
    """Run a command again and again, until that is done or another one failed."""

    def run() -> None:
        try:
            for _ in range(times):
                if failed.is_set():
                    return
                command()
        except BaseException:
            failed.set()
            raise

    return run


def settled(everything: Everything) -> Done:
    """The first check that finds all fresh, after a watcher had the time for it."""
    deadline = time.monotonic() + WAIT_S
    while True:
        done = everything.pygen("check")
        if done.code == 0 or time.monotonic() > deadline:
            return done
        time.sleep(0.05)


def test_everything_at_once(everything: Everything) -> None:
    """No torn file, no mixed archive, no writer that fails, no edit that nobody made; and the truth at the end."""
    failed = threading.Event()
    work = [
        (everything.check, 150),  # what costs little happens often
        (everything.generate, 70),
        (everything.build("wheel"), 40),
        (everything.build("sdist"), 15),
        (everything.commit, 15),
        (everything.hatch, 2),
    ]
    with watching(everything) as told, ThreadPoolExecutor(len(work) + 2) as pool:
        editing: Future[None] = pool.submit(everything.edit, 1)
        reading: Future[int] = pool.submit(everything.read, 2)
        running = [pool.submit(repeated(command, times, failed)) for command, times in work]
        try:
            for future in running:
                future.result()
        finally:
            everything.ended.set()
        editing.result()
        assert reading.result() > 0
        for number in (0, 4, 1):  # the watcher alone finds the way to each
            everything.write_model(everything.texts[number])
            done = settled(everything)
            assert (0, "fresh\n") == (done.code, done.output)
            assert everything.sdks[number] == everything.project.sdk
    assert {"broken"}.isdisjoint(event["event"] for event in told), told
    assert [] == [path.name for path in everything.project.folder.rglob(".pygen-*")]
    assert sum(everything.overlapped.values()) >= 250, everything.overlapped
    assert everything.done["artifacts"] > everything.done["refused"], everything.done

    everything.write_model(everything.texts[2])  # nobody watches any more
    assert 1 == everything.pygen("check").code
    assert 0 == everything.pygen("generate").code
    assert everything.sdks[2] == everything.project.sdk
    assert 0 == everything.pygen("check").code


def test_commits_beside_a_watcher(everything: Everything) -> None:
    """
    Pre-commit sets unstaged changes aside under a watcher's eyes, and puts them back.

    Whatever the watcher makes of that, the commit ends, the changes are there again, and the code is that of the model.
    """
    project = everything.project
    repository = Repository(project.folder, git_environment(everything.tools.environment(everything.environment)))
    done = everything.tools.run([sys.executable, "-m", "pre_commit", "install"], project.folder, everything.environment)
    assert 0 == done.code, done.output
    with watching(everything) as told:
        for number in (1, 3, 5, 1, 3, 5):  # the same files as revision 0 has, which is what was committed
            everything.write_model(everything.texts[number])
            assert 0 == settled(everything).code
            with (project.folder / "README.md").open("a", encoding="utf-8") as file:
                file.write("More.\n")
            repository.git("add", "README.md")
            done = repository.try_git("commit", "-m", "About something else")
            assert ("Passed" in done.output) or ("files were modified by this hook" in done.output), done.output
            assert everything.texts[number] == project.model.read_bytes()
            done = settled(everything)
            assert (0, "fresh\n") == (done.code, done.output)
            assert everything.sdks[number] == project.sdk
        repository.git("add", "-A")
        done = repository.try_git("commit", "-m", "All")
        assert (0, "") == (done.code, repository.status()), done.output
    assert {"broken"}.isdisjoint(event["event"] for event in told), told
