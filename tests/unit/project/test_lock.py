"""Reading and writing pygen.lock."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pygen.errors import ConfigError
from pygen.project.lock import (
    AdhocRequest,
    Formatter,
    Lock,
    ModelLock,
    SdkLock,
    TargetLock,
    lock_text,
    read_lock,
)


def target(**more: Any) -> TargetLock:
    """A target as the lock knows it."""
    plain = TargetLock("1.ab", "src/sdk", {"a.py": "11", "__init__.py": "22"}, {"sp:A(v1)": {"x": "x", "y-z": "y_z"}})
    return plain._replace(**more)


def lock(**more: Any) -> Lock:
    """A lock of one SDK."""
    sdk = SdkLock(ModelLock("sp", "M", "v1", "aa", "bb"), {"sp:A(v1)": "f.g"}, {"python": target()})
    return Lock({"plant": sdk._replace(**more)}, generator="0.1.0")


def written(tmp_path: Path, text: str) -> Path:
    """Put a text where the lock belongs."""
    path = tmp_path / "pygen.lock"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Every field survives the file."""
    full = lock(
        targets={"python": target(formatter=Formatter("ruff", "0.9.1"))},
        request=AdhocRequest("../m.json", "python", "sdk", "SdkClient"),
    )
    assert full == read_lock(written(tmp_path, lock_text(full)))


def test_the_text_is_the_documented_form() -> None:
    """Sorted keys, LF, a final newline, and the names of the documented format."""
    text = lock_text(lock())
    assert text.endswith("}\n")
    assert "\r" not in text
    assert {
        "lockVersion": 1,
        "generator": "0.1.0",
        "sdks": {
            "plant": {
                "model": {"space": "sp", "externalId": "M", "version": "v1", "sha256": "aa", "sourceSha256": "bb"},
                "views": {"sp:A(v1)": "f.g"},
                "targets": {
                    "python": {
                        "recipe": "1.ab",
                        "output": "src/sdk",
                        "files": {"a.py": "11", "__init__.py": "22"},
                        "names": {"sp:A(v1)": {"x": "x", "y-z": "y_z"}},
                    }
                },
            }
        },
    } == json.loads(text)
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n"


def test_order_leaves_no_trace() -> None:
    """Equal locks give equal bytes, whatever order their parts came in."""
    turned = lock(targets={"python": target(files={"__init__.py": "22", "a.py": "11"})})
    assert lock_text(lock()) == lock_text(turned)


def test_no_file_is_an_empty_lock(tmp_path: Path) -> None:
    """A project that was never generated."""
    assert Lock({}, exists=False) == read_lock(tmp_path / "pygen.lock")


def test_crlf_is_read(tmp_path: Path) -> None:
    """A checkout with CRLF is the same lock."""
    path = tmp_path / "pygen.lock"
    path.write_bytes(lock_text(lock()).replace("\n", "\r\n").encode())
    assert lock() == read_lock(path)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"lockVersion": 1}', '{"lockVersion": 1, "sdks": [], "generator": "x"}']
)
def test_a_damaged_lock_is_said(tmp_path: Path, text: str) -> None:
    """What cannot be read is not taken for an empty lock: the names in it would be lost."""
    with pytest.raises(ConfigError, match=r"pygen.lock is damaged"):
        read_lock(written(tmp_path, text))


def test_a_later_format_asks_for_an_upgrade(tmp_path: Path) -> None:
    """A lock of a later pygen-cdf is not guessed at."""
    text = lock_text(lock()).replace('"lockVersion": 1', '"lockVersion": 2')
    with pytest.raises(ConfigError, match="upgrade pygen-cdf"):
        read_lock(written(tmp_path, text))


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "a/../../b", "C:/x", "a\\\\b", "", "./a", "a//b"])
@pytest.mark.parametrize("where", ["a.py", "src/sdk"])
def test_a_path_that_leads_elsewhere_is_refused(tmp_path: Path, path: str, where: str) -> None:
    """Files that a lock lists may be removed: none of them lies outside the project."""
    text = lock_text(lock()).replace(f'"{where}"', f'"{path}"')
    with pytest.raises(ConfigError, match="is not a path below the project"):
        read_lock(written(tmp_path, text))


class TestConflicts:
    """A lock that git could not merge."""

    @staticmethod
    def merged(tmp_path: Path, base: Lock, ours: Lock, theirs: Lock, style: str = "merge") -> str:
        """What git makes of two locks."""
        for name, some in (("base", base), ("ours", ours), ("theirs", theirs)):
            (tmp_path / name).write_text(lock_text(some), encoding="utf-8")
        command = ["git", "merge-file", "-p", *(["--diff3"] if style == "diff3" else []), "ours", "base", "theirs"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode > 0, "there should be a conflict"
        return done.stdout

    @staticmethod
    def with_name(key: str, name: str, digest: str, scope: str = "sp:A(v1)") -> Lock:
        names = {**target().names, scope: {**target().names.get(scope, {}), key: name}}
        return lock(
            model=ModelLock("sp", "M", "v1", digest, digest),
            views={"sp:A(v1)": digest},
            targets={"python": target(names=names, files={"a.py": digest, "__init__.py": "22"})},
        )

    @pytest.mark.parametrize("style", ["merge", "diff3"])
    def test_names_of_both_sides_are_kept(self, tmp_path: Path, style: str) -> None:
        """The ledger is the union; everything else is stale."""
        text = self.merged(tmp_path, lock(), self.with_name("p", "p", "33"), self.with_name("q", "q", "44"), style)
        read = read_lock(written(tmp_path, text))
        sdk = read.sdks["plant"]
        assert read.conflicted
        assert {"sp:A(v1)": {"x": "x", "y-z": "y_z", "p": "p", "q": "q"}} == sdk.targets["python"].names
        assert (ModelLock(), {}, "") == (sdk.model, sdk.views, sdk.targets["python"].recipe)

    def test_files_of_both_sides_are_known(self, tmp_path: Path) -> None:
        """A file of either side is a generated one, so that the next generation may replace it."""
        text = self.merged(tmp_path, lock(), self.with_name("p", "p", "33"), self.with_name("q", "q", "44"))
        merged = read_lock(written(tmp_path, text)).sdks["plant"].targets["python"]
        assert ("33", "44") == (merged.files["a.py"], merged.other_files["a.py"])

    def test_our_name_holds_where_both_gave_one(self, tmp_path: Path) -> None:
        """One key has one name."""
        text = self.merged(tmp_path, lock(), self.with_name("p", "p_1", "33"), self.with_name("p", "p_2", "44"))
        assert "p_1" == read_lock(written(tmp_path, text)).sdks["plant"].targets["python"].names["sp:A(v1)"]["p"]

    def test_one_name_is_not_given_twice(self, tmp_path: Path) -> None:
        """Both branches gave the same name to different properties: ours keeps it, theirs gets a new one."""
        text = self.merged(tmp_path, lock(), self.with_name("p", "same", "33"), self.with_name("q", "same", "44"))
        names = read_lock(written(tmp_path, text)).sdks["plant"].targets["python"].names["sp:A(v1)"]
        assert ("same", None) == (names.get("p"), names.get("q"))

    def test_an_sdk_of_one_side_is_kept(self, tmp_path: Path) -> None:
        """A branch that added an SDK does not lose its names."""
        ours = self.with_name("p", "p", "33")
        theirs = self.with_name("q", "q", "44")
        theirs = theirs._replace(sdks={**theirs.sdks, "zoo": lock().sdks["plant"]})
        read = read_lock(written(tmp_path, self.merged(tmp_path, lock(), ours, theirs)))
        assert {"plant", "zoo"} == set(read.sdks)

    def test_a_missing_comma_is_put_right(self, tmp_path: Path) -> None:
        """Both sides appended a last line: the line before it has a comma in each, or in neither."""
        text = lock_text(lock()).replace(
            '"y-z": "y_z"\n', '"y-z": "y_z"\n<<<<<<< ours\n"z1": "z1"\n=======\n"z2": "z2",\n>>>>>>> theirs\n'
        )
        names = read_lock(written(tmp_path, text)).sdks["plant"].targets["python"].names["sp:A(v1)"]
        assert {"x": "x", "y-z": "y_z", "z1": "z1", "z2": "z2"} == names

    def test_hopeless_conflicts_are_said(self, tmp_path: Path) -> None:
        """When neither side can be read, that is an error and not an empty lock."""
        with pytest.raises(ConfigError, match="is damaged"):
            read_lock(written(tmp_path, "<<<<<<< a\n{\n=======\n[\n>>>>>>> b\n"))
