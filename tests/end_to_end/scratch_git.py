"""Scratch repositories, with the real git, whatever the machine's own configuration says."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.end_to_end.building import Done

GIT_SETTINGS = {
    "GIT_AUTHOR_EMAIL": "nobody@example.com",
    "GIT_AUTHOR_NAME": "Nobody",
    "GIT_COMMITTER_EMAIL": "nobody@example.com",
    "GIT_COMMITTER_NAME": "Nobody",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
}


def git_environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment for git, by default that of the tests, without what a hook that runs them has set."""
    inherited = os.environ if base is None else base
    kept = {name: value for name, value in inherited.items() if not (name.startswith("GIT_") or name == "PRE_COMMIT")}
    return {**kept, **GIT_SETTINGS}


@dataclass(frozen=True)
class Repository:
    """
    A working tree.

    Attributes:
        folder: Where it is.
        environment: The environment of git, and so of its hooks; None takes that of the tests.
        prefix: Words before git, such as those that cut the network off.
    """

    folder: Path
    environment: Mapping[str, str] | None = None
    prefix: tuple[str, ...] = ()

    def try_git(self, *arguments: str) -> Done:
        """Run git, which may fail."""
        done = subprocess.run(
            [*self.prefix, "git", *arguments],
            cwd=self.folder,
            env=git_environment(self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        return Done(done.returncode, done.stdout)

    def git(self, *arguments: str) -> str:
        """Run git, which must not fail."""
        done = self.try_git(*arguments)
        assert 0 == done.code, done.output
        return done.output

    def commit_all(self, message: str = "All") -> None:
        """Commit whatever is there, without asking hooks."""
        self.git("add", "-A")
        self.git("commit", "-q", "--no-verify", "-m", message)

    def commits(self) -> int:
        """How many commits there are."""
        return int(self.git("rev-list", "--count", "HEAD"))

    def status(self) -> str:
        """What `git status` says, in short."""
        return self.git("status", "--porcelain")


def new_repository(
    folder: Path, environment: Mapping[str, str] | None = None, prefix: tuple[str, ...] = ()
) -> Repository:
    """Make a repository of a folder, with all that is in it committed."""
    made = Repository(folder, environment, prefix)
    made.git("init", "-q", "-b", "main")
    made.commit_all()
    return made
