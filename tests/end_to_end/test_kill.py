"""A generation that is killed at any moment: nothing torn, always noticed, repaired by the next run."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.generating import Installed, Served, tree

KILLS = 100
WHILE_WRITING = 50
VARIANTS = ("first", "second", "third")


class Victim:
    """An SDK whose model has three variants: every view's file differs, and so does which views there are."""

    def __init__(self, installed: Installed, served: Served, folder: Path, source: Path) -> None:
        self.installed = installed
        self.served = served
        self.folder = folder
        self.output = folder / "sdk"
        self.model = folder / "model.json"
        self.lock = self.output / "pygen.lock"
        self.source = json.loads(source.read_bytes())["items"][0]
        self.expected: dict[str, dict[str, bytes]] = {}
        for variant in (*VARIANTS, VARIANTS[0]):
            self.choose(variant)
            self.generate()
            self.expected[variant] = tree(self.output)

    def choose(self, variant: str) -> None:
        """Put a variant of the model in place."""
        views = [{**view, "description": f"In the {variant} variant."} for view in self.source["views"]]
        keep = len(views) - VARIANTS.index(variant)
        self.model.write_text(json.dumps({**self.source, "views": views[:keep]}), encoding="utf-8")

    def generate(self) -> None:
        """Generate to the end."""
        code, _, err = self.served.run("generate", "-q", "--model", str(self.model), "--output", str(self.output))
        assert 0 == code, err

    def is_fresh(self) -> bool:
        """Ask pygen."""
        code, _, err = self.served.run("check", "-q", "--output", str(self.output))
        assert code in (0, 1), err
        return code == 0

    def kill(self, moment: float, *, after_first_write: bool) -> bool:
        """Start a generation and kill it after some time; False when it was done before."""
        unwritten = self.output.stat().st_mtime_ns
        with self.installed.start(
            "generate", "-q", "--model", str(self.model), "--output", str(self.output), cwd=self.folder
        ) as process:
            # The folder's time moves with the first temporary file.
            while after_first_write and process.poll() is None and self.output.stat().st_mtime_ns == unwritten:
                pass
            started = time.perf_counter()
            while process.poll() is None and time.perf_counter() - started < moment:
                pass
            process.kill()
        return process.returncode < 0


@pytest.fixture
def victim(shared: Path, tmp_path: Path) -> Iterator[Victim]:
    """A model of 49 views, generated."""
    installed = Installed(tmp_path / "installed")
    with Served(installed, tmp_path) as served:
        yield Victim(installed, served, tmp_path, shared / "models" / "rmdm.json")


def measured(victim: Victim) -> tuple[float, float]:
    """How long a generation takes, and how long the part of it that writes."""
    before = {path: path.stat().st_mtime_ns for path in victim.output.iterdir()}
    victim.choose("second")
    started = time.perf_counter()
    assert not victim.kill(600, after_first_write=False)
    whole = time.perf_counter() - started
    after = {path: path.stat().st_mtime_ns for path in victim.output.iterdir()}
    written = [moment for path, moment in after.items() if moment != before.get(path)]
    victim.choose("first")
    victim.generate()
    return whole, (max(written) - min(written)) / 1e9


def test_a_hundred_kills(victim: Victim) -> None:
    """Every file is an old or a new one, check is never wrong, and the next run repairs, whatever the model is then."""
    chance = random.Random(4)
    whole, writing = measured(victim)
    kills = while_writing = noticed = 0
    on_disk = "first"
    while kills < KILLS or while_writing < WHILE_WRITING:
        assert kills < 4 * KILLS, "too few kills hit a generation that writes"
        wanted = chance.choice([variant for variant in VARIANTS if variant != on_disk])
        victim.choose(wanted)
        anywhere = kills % 5 == 0
        moment = chance.uniform(0, whole if anywhere else writing)
        if not victim.kill(moment, after_first_write=not anywhere):
            on_disk = wanted
            continue
        kills += 1
        found = tree(victim.output)
        files = {path: content for path, content in found.items() if path.endswith(".py")}
        old, new = victim.expected[on_disk], victim.expected[wanted]
        torn = [path for path, content in files.items() if content not in (old.get(path), new.get(path))]
        assert [] == torn
        assert found["pygen.lock"] in (old["pygen.lock"], new["pygen.lock"])
        if found["pygen.lock"] == old["pygen.lock"] and found != old:
            while_writing += 1
        # The model may be anything by the time of the next run: what was wanted, what was there before, or neither.
        now = chance.choice(VARIANTS)
        victim.choose(now)
        done = {path: content for path, content in found.items() if not path.endswith(".tmp")}
        fresh = victim.is_fresh()
        assert fresh == (done == victim.expected[now])
        noticed += not fresh
        victim.generate()
        assert victim.expected[now] == tree(victim.output)
        assert victim.is_fresh()
        on_disk = now
    assert kills >= KILLS
    assert while_writing >= WHILE_WRITING
    assert noticed >= WHILE_WRITING
