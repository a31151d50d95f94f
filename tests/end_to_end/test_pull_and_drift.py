"""`pygen pull` and `pygen drift` as processes against a service on a port: real models, kills, and full disks."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pygen.sandbox import Sandbox
from pygen.sources import load_raw
from tests.end_to_end.generating import Installed, Served, tree
from tests.end_to_end.test_generate_real_models import NAMES
from tests.support.connected import CANARY, change_live, with_remote

ROOT = Path(__file__).resolve().parents[2]
WINDFARM = ROOT / "example_project" / "model" / "windfarm.json"
MODEL = "model/windfarm.json"
KILLS = 30
FAULTS: list[dict[str, Any]] = [{}, {"status": 401}, {"status": 500}, {"kind": "reset"}, {"kind": "truncate"}]
TOOLKIT = ["omni/omni.datamodel.yaml", "omni/omni_sub.datamodel.yaml"]
GRAPHQL = ["apm_simple", "movie_actors", "power_ops_production", "scenario_instance"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A copy of pygen as it is installed."""
    return Installed(tmp_path_factory.mktemp("installed"))


def connection(sandbox: Sandbox) -> dict[str, str]:
    """The environment variables that lead to a sandbox."""
    return {"CDF_URL": sandbox.base_url, "CDF_PROJECT": sandbox.project, "CDF_TOKEN": CANARY}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The wind farm in CDF."""
    with Sandbox(WINDFARM) as sandbox:
        yield sandbox


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that was never pulled."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "pyproject.toml").write_text(
        f'[tool.pygen]\nmodel = "{MODEL}"\n[tool.pygen.python]\noutput = "src/windfarm/sdk"\n', encoding="utf-8"
    )
    with_remote(root)
    return root


@pytest.fixture(scope="module")
def served(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One process for many models."""
    with Served(installed, tmp_path_factory.mktemp("served")) as served:
        yield served


def configured(folder: Path, source: Path, model: str) -> Path:
    """A project for the data model of a file."""
    raw = load_raw(source)
    folder.mkdir()
    (folder / "pygen.toml").write_text(
        f'[pygen]\nmodel = "{model}"\nremote = {{ space = "{raw["space"]}", external_id = "{raw["externalId"]}", '
        f'version = "{raw["version"]}" }}\n[pygen.python]\noutput = "sdk"\n'
        '[pygen.environments.box]\ntoml = "connection.toml"\n',
        encoding="utf-8",
    )
    return folder


def connect(folder: Path, sandbox: Sandbox) -> list[str]:
    """Describe the connection to a sandbox; returns the options that mean it."""
    text = f'[cognite]\nurl = "{sandbox.base_url}"\nproject = "{sandbox.project}"\ntoken = "{CANARY}"\n'
    (folder / "connection.toml").write_text(text, encoding="utf-8")
    return ["--env", "box", "--project", str(folder)]


class TestRealModels:
    """Models that others made."""

    @pytest.mark.parametrize("name", NAMES)
    def test_a_pulled_model_gives_the_same_sdk(self, shared: Path, tmp_path: Path, served: Served, name: str) -> None:
        """Byte for byte that of the original file; pulled twice, the snapshot is the same, and there is no drift."""
        models = shared / "models"
        source = models / f"{name}.json"
        original = configured(tmp_path / "original", source, "m.json")
        live = configured(tmp_path / "live", source, "m.json")
        shutil.copy(source, original / "m.json")
        containers = models / f"{name}.containers.json"
        if containers.exists():
            shutil.copy(containers, original / "m.containers.json")
        option = "--containers" if containers.exists() else "--no-containers"
        # Its relations go through properties of the core model, of which a service without it knows nothing.
        beneath = [models / "cognite_core.json"] if name == "cfihos_full" else []
        with Sandbox([*beneath, source]) as sandbox:
            place = connect(live, sandbox)
            assert 0 == served.run("generate", "-q", "--project", str(original))[0]
            code, out, err = served.run("pull", "-q", option, *place)
            assert (0, "") == (code, out), err
            assert tree(original / "sdk") == tree(live / "sdk")
            before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in live.glob("*.json")}
            assert "no change" in served.run("pull", *place)[1]
            assert before == {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in live.glob("*.json")}
            code, out, err = served.run("drift", *place)
            assert (0, True) == (code, "is the same as m.json" in out), out

    @pytest.mark.parametrize(
        "path", [*(f"toolkit/{path}" for path in TOOLKIT), *(f"graphql/{name}.graphql" for name in GRAPHQL)]
    )
    def test_what_people_write_does_not_drift_from_what_was_deployed(
        self, shared: Path, tmp_path: Path, served: Served, path: str
    ) -> None:
        """What only the service says is no difference; a pull refuses to overwrite it."""
        source = shared / "models" / path
        folder = configured(tmp_path / "project", source, source.as_posix())
        with Sandbox(source) as sandbox:
            place = connect(folder, sandbox)
            code, out, err = served.run("drift", *place)
            assert (0, "") == (code, err), out
            code, _, err = served.run("pull", *place)
            assert (2, True) == (code, "pygen drift compares it" in err)


class TestFaults:
    """A service that misbehaves, and somebody who has enough."""

    def test_a_service_started_with_faults(self, project: Path, installed: Installed, tmp_path: Path) -> None:
        """`pygen sandbox serve --fault`: a pull waits them out, and says so; drift finds nothing."""
        serving = installed.start(
            "sandbox", "serve", "--model", str(WINDFARM), "--print-env", "-q",
            "--fault", '{"status": 429, "retryAfter": 0.1, "times": 2}', "--fault", '{"kind": "reset", "times": 1}',
            cwd=tmp_path,
        )  # fmt: skip
        try:
            assert serving.stdout is not None
            serving.stdout.readline()
            environment = dict(serving.stdout.readline().strip().split("=", 1) for _ in range(3))
            done = installed.run("pull", cwd=project, **environment)
            assert (0, 3) == (done.returncode, done.stderr.count("asking again in ")), done.stderr
            assert 0 == installed.run("drift", cwd=project, **environment).returncode
            assert 0 == installed.run("check", cwd=project).returncode
        finally:
            serving.send_signal(signal.SIGINT)
            serving.communicate(timeout=30)

    def test_interrupted_while_it_waits(self, project: Path, installed: Installed, sandbox: Sandbox) -> None:
        """Ctrl-C ends it at once with 130, and nothing is touched."""
        assert 0 == installed.run("pull", "-q", cwd=project, **connection(sandbox)).returncode
        before = tree(project)
        sandbox.faults.add(path="/models/*", status=429, retry_after=30)
        with installed.start("pull", cwd=project, **connection(sandbox)) as waiting:
            assert waiting.stderr is not None
            assert "asking again in 30" in waiting.stderr.readline()
            waiting.send_signal(signal.SIGINT)
            assert 130 == waiting.wait(timeout=20)
        assert before == tree(project)

    def test_two_at_once(self, project: Path, installed: Installed, sandbox: Sandbox) -> None:
        """Both succeed, and all is fresh."""
        running = [installed.start("pull", cwd=project, **connection(sandbox)) for _ in range(3)]
        outcomes = [process.communicate(timeout=120) for process in running]
        assert [0, 0, 0] == [process.returncode for process in running], outcomes
        assert 0 == installed.run("check", cwd=project).returncode
        assert not list(project.rglob(".pygen-*.tmp"))

    def test_no_secret_is_told(
        self, project: Path, installed: Installed, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Not by errors, not by `-v`, not by files, whichever way the connection is described."""
        (project / "connections.toml").write_text(
            f'[dev]\nurl = "{sandbox.base_url}"\nproject = "{sandbox.project}"\ntoken = "{CANARY}"\n', encoding="utf-8"
        )
        with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write('[tool.pygen.environments.dev]\ntoml = "connections.toml"\ntable = "dev"\n')
        for name, value in connection(sandbox).items():
            monkeypatch.setitem(installed.environment, name, value)
        said: list[str] = []
        with Served(installed, project) as served:
            for fault in FAULTS:
                sandbox.faults.clear()
                if fault:
                    sandbox.faults.add(path="/models/*", **fault)
                for arguments in (["pull", "-v"], ["drift", "-v"], ["drift", "--markdown"], ["drift", "--json"]):
                    for environment in ([], ["--env", "dev"]):
                        code, out, err = served.run(*arguments, *environment, "--timeout", "0.2")
                        assert (3 if fault else 0) == code, err
                        said += [out, err]
        assert [] == [text for text in said if CANARY in text]
        assert ["connections.toml"] == [path for path, content in tree(project).items() if CANARY.encode() in content]


def test_a_terminal_shows_what_is_waited_for(project: Path, installed: Installed, sandbox: Sandbox) -> None:
    """In one line that moves; when it is done, only the result is left."""
    pexpect, pyte = pytest.importorskip("pexpect"), pytest.importorskip("pyte")
    pytest.importorskip("rich")
    sandbox.faults.add(path="/models/datamodels/byids", status=429, retry_after=2, times=1)
    environment = {**installed.environment, **connection(sandbox), "TERM": "xterm-256color"}
    screen = pyte.Screen(120, 24)
    stream = pyte.ByteStream(screen)
    waited = False
    arguments = ["-m", "pygen", "pull", "--snapshot-only"]
    process = pexpect.spawn(sys.executable, arguments, cwd=str(project), env=environment, dimensions=(24, 120))
    with contextlib.suppress(pexpect.EOF):
        while True:
            stream.feed(process.read_nonblocking(4096, timeout=60))
            waited |= any("datamodels.byids: Too many requests" in line for line in screen.display)
    process.close()
    assert (0, True) == (process.exitstatus, waited)
    shown = [line.rstrip() for line in screen.display if line.strip()]
    assert f"{MODEL}: sp_windfarm:Windfarm(v1): first pull: 12 views, 96 properties" == shown[0]
    assert "next: pygen generate" == shown[-1]


RUN = "import sys\nfrom pygen.cli import main\nsys.exit(main(sys.argv[1:]))"


def run_script(
    script: str, project: Path, sandbox: Sandbox, *options: str, **more: str
) -> subprocess.CompletedProcess[str]:
    """Pull in a process that a script prepares."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **connection(sandbox), **more}
    return subprocess.run(
        [sys.executable, "-c", script, "pull", "--project", str(project), *options],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_without_the_extra_that_generates(project: Path, sandbox: Sandbox) -> None:
    """The snapshot is written all the same; exit code 2, and the pip line."""
    done = run_script(f"import sys\nsys.modules['jinja2'] = None\n{RUN}", project, sandbox)
    assert 2 == done.returncode, done.stderr
    assert f"wrote {MODEL}\n" in done.stdout
    assert 'pip install "pygen-cdf[build]"' in done.stderr
    assert "note: the snapshot stays as it was pulled; pygen generate --project" in done.stderr
    assert (project / MODEL).exists()


PULL_FOREVER = """
import itertools, sys
from pathlib import Path
from pygen.project.config import load_config
from pygen.project.pulling import pull
from tests.support.model_service import ModelService
from pygen.sources import load_raw, load_raw_containers
config, source = load_config(Path(sys.argv[1])), Path(sys.argv[2])
services = []
for text in ("old", "new"):
    raw, containers = load_raw(source), load_raw_containers(source)
    containers = [{**each, "description": text} for each in containers]
    services.append(ModelService({**raw, "description": text}, containers=containers))
for service in itertools.cycle(services):
    pull(config, connect=service.connect)
    print("pulled", flush=True)
"""


def wait_for_a_write(folder: Path) -> None:
    """Wait until a temporary file is made, which moves the folder's time."""
    unwritten = folder.stat().st_mtime_ns
    ends = time.perf_counter() + 60
    while folder.stat().st_mtime_ns == unwritten and time.perf_counter() < ends:
        pass


class TestDisk:
    """Kills, and disks that refuse."""

    def test_kills_tear_nothing(self, shared: Path, tmp_path: Path) -> None:
        """Whenever a pull is killed: each file is the old or the new one, and the next pull cleans up."""
        source = shared / "models" / "power_ops.json"
        project = configured(tmp_path / "project", source, "model/m.json")
        chance = random.Random(5)
        good: dict[str, set[bytes]] = {"m.json": set(), "m.containers.json": set()}
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path / "cache")}
        command = [sys.executable, "-c", PULL_FOREVER, str(project), str(source)]
        in_between = 0
        for kill in range(KILLS):
            with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as pulling:
                assert pulling.stdout is not None
                for _ in range(2):
                    assert "pulled\n" == pulling.stdout.readline()
                    if kill == 0:  # the next pull is still fetching
                        for name, contents in good.items():
                            contents.add((project / "model" / name).read_bytes())
                if kill % 3:
                    wait_for_a_write(project / "model")
                    moment = chance.uniform(0, 0.005)
                else:
                    moment = chance.uniform(0, 0.1)
                ends = time.perf_counter() + moment
                while time.perf_counter() < ends:
                    pass
                pulling.kill()
            found = {path.name: path.read_bytes() for path in (project / "model").iterdir()}
            assert set(good) == {name for name in found if not name.endswith(".tmp")}
            for name, contents in good.items():
                assert found[name] in contents
            mixed = 1 == sum(b'"description": "old"' in found[name] for name in good)
            in_between += mixed or len(found) > len(good)
        assert in_between >= 3, "too few kills hit a pull that writes"
        assert all(len(contents) == 2 for contents in good.values())
        with Sandbox(source) as sandbox:
            done = subprocess.run(
                [sys.executable, "-m", "pygen", "pull", "-q", "--snapshot-only", "--project", str(project)],
                env={**environment, **connection(sandbox)},
                check=False,
            )
        assert 0 == done.returncode
        assert sorted(good) == sorted(path.name for path in (project / "model").iterdir())

    def test_a_full_disk(self, project: Path, sandbox: Sandbox) -> None:
        """Exit code 2; the old snapshot stays, and no temporary file does."""
        script = (
            "import resource, sys\nfrom pygen.cli import main\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\nsys.exit(main(sys.argv[1:]))"
        )
        assert 0 == run_script(RUN, project, sandbox, "--snapshot-only").returncode
        change_live(sandbox, lambda view: view.update(description="changed"))
        before = tree(project)
        done = run_script(script, project, sandbox, "--snapshot-only")
        assert (2, "") == (done.returncode, done.stdout), done.stderr
        assert f"{MODEL} (the file is as it was; run pygen pull again when it can be written)" in done.stderr
        assert before == tree(project)

    def test_a_folder_that_cannot_be_written(self, sandbox: Sandbox) -> None:
        """Exit code 2, for a person who is not root; the old snapshot stays."""
        if os.name != "posix":
            pytest.skip("permissions are those of POSIX")
        with tempfile.TemporaryDirectory() as name:
            root = Path(name).resolve()
            root.chmod(0o755)
            project = root / "project"
            project.mkdir()
            (project / "pyproject.toml").write_text(
                f'[tool.pygen]\nmodel = "{MODEL}"\n[tool.pygen.python]\noutput = "sdk"\n', encoding="utf-8"
            )
            with_remote(project)
            assert 0 == run_script(RUN, project, sandbox, "--snapshot-only").returncode
            change_live(sandbox, lambda view: view.update(description="changed"))
            (root / "state").mkdir()
            (root / "state").chmod(0o777)
            (project / "model").chmod(0o555)
            before = tree(project)
            # All modules are loaded by a dry run, since another user may not be allowed to read them.
            script = (
                "import os, sys\nfrom pygen.cli import main\nimport pygen.project.locking, pygen.project.writing\n"
                "main([*sys.argv[1:], '--dry-run', '-q'])\n"
                "if os.getuid() == 0:\n    os.setuid(65534)\nsys.exit(main(sys.argv[1:]))"
            )
            state = {"XDG_CACHE_HOME": str(root / "nobody's"), "TMPDIR": str(root / "state")}
            done = run_script(script, project, sandbox, "--snapshot-only", **state)
            assert (2, "") == (done.returncode, done.stdout), done.stderr
            assert f"cannot write: permission denied: {MODEL}" in done.stderr
            assert before == tree(project)
            (project / "model").chmod(0o755)
