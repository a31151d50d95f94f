"""Which generated files a view is in, by the lock alone."""

from __future__ import annotations

from pygen.project.affected import AffectedFiles, locked_files
from pygen.project.lock import ModelLock, SdkLock, TargetLock

PUMP = "sp:Pump(v1)"


def locked(*targets: TargetLock) -> SdkLock:
    """An SDK of some targets."""
    return SdkLock(ModelLock(), targets={str(index): target for index, target in enumerate(targets)})


def target(*files: str, output: str = "out", **names: dict[str, str]) -> TargetLock:
    """A target with files and a ledger."""
    return TargetLock("1.x", output, files=dict.fromkeys(files, "digest"), names=names)


def test_the_file_of_a_view_is_named_by_the_ledger() -> None:
    """Not guessed from the view: a name once given may be another one."""
    sdk = locked(target("__init__.py", "pump_.py", "pump.py", modules={PUMP: "pump_"}, classes={PUMP: "Pump"}))
    assert ("out/pump_.py",) == AffectedFiles(sdk).of_view(PUMP)
    assert () == AffectedFiles(sdk).of_view("sp:Valve(v1)")


def test_every_target_has_its_own() -> None:
    """Whatever a target calls its scope, and wherever it puts the file."""
    sdk = locked(
        target("pump.py", "Pump.py", modules={PUMP: "pump"}, classes={PUMP: "Pump"}, output="."),
        target("Models/Pump.cs", "index.ts", classes={PUMP: "Pump"}, output="cs"),
    )
    affected = AffectedFiles(sdk)
    assert ("pump.py", "cs/Models/Pump.cs") == affected.of_view(PUMP)
    assert ("cs/index.ts",) == affected.of_package()


def test_the_file_of_the_package_is_the_outermost() -> None:
    """A package within the package names other things."""
    sdk = locked(target("a/__init__.py", "__init__.py", "pump.py"))
    assert ("out/__init__.py",) == AffectedFiles(sdk).of_package()


def test_a_lock_without_names() -> None:
    """Nothing is known, and nothing is made up."""
    sdk = locked(target("pump.py"))
    assert ((), ()) == (AffectedFiles(sdk).of_view(PUMP), AffectedFiles(sdk).of_package())
    assert ("out/pump.py",) == locked_files(sdk.targets["0"])
