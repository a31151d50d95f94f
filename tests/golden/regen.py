"""
Rewrite the golden files: `python -m tests.golden.regen`.

Files that were accepted with the `OUTPUT_REVISION` in force are not rewritten: users who have that revision would not
learn that their SDK is stale. Raise the revision of the target first. Until a revision is released it may grow:
`--unreleased` says so.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence

from pygen.generation.base import get_generator
from tests.golden.cases import CASES, GOLDEN, TARGETS, accepted, digest, expected_folder, generate, write_accepted


def main(arguments: Sequence[str]) -> int:
    """Rewrite what changed; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.golden.regen", description=__doc__)
    parser.add_argument("--unreleased", action="store_true", help="the output revision was not released yet")
    unreleased: bool = parser.parse_args(arguments).unreleased
    before = accepted()
    after: dict[str, tuple[int, dict[str, str]]] = {}
    for target in TARGETS:
        revision = get_generator(target).output_revision
        generated = {case: generate(case, target) for case in CASES}
        digests = {case: digest(files) for case, files in generated.items()}
        known_revision, known = before.get(target, (0, {}))
        changed = [case for case, value in digests.items() if known.get(case, value) != value]
        if changed and revision == known_revision and not unreleased:
            sys.stdout.write(f"{target}: raise OUTPUT_REVISION first; the output changed for {', '.join(changed)}\n")
            return 1
        for case, files in generated.items():
            if known.get(case) != digests[case] or not expected_folder(case, target).is_dir():
                _write(case, target, files)
        after[target] = (revision, digests)
    for folder in GOLDEN.iterdir():
        if (folder / "expected").is_dir() and folder.name not in CASES:
            shutil.rmtree(folder)
    write_accepted(after)
    return 0


def _write(case: str, target: str, files: dict[str, str]) -> None:
    folder = expected_folder(case, target)
    shutil.rmtree(folder, ignore_errors=True)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8", newline="\n")
    sys.stdout.write(f"{target}: {case}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
