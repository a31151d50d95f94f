"""Arguments in, output and exit code out."""

from pygen.cli.main import main

__all__ = ["main"]
