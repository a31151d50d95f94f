"""
The one Jinja environment: strict, without HTML escaping, with one escaping filter per destination.

Templates arrange and Python decides: they get one frozen context as `file`, loop, test what is ready-made, and print.
Autoescape is off on purpose: it is for HTML, and what `&` needs in HTML says nothing about a docstring. Instead every
text of a model passes a filter named for where it lands (`escaping`); `unescaped_expressions` finds those that do not.

Compiled templates are kept in a cache folder of the user, so that a second process compiles nothing.
"""

from __future__ import annotations

import marshal
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import CodeType

import jinja2
from jinja2 import BytecodeCache, Environment, StrictUndefined, Template
from jinja2.bccache import Bucket

from pygen.errors import ConfigError
from pygen.generation.escaping import ESCAPING_FILTERS

__all__ = ["cache_folder", "load_templates"]

ENDING = ".jinja"


def load_templates(built_in: Path, overrides: Path | None, *, key: str = "templates") -> Mapping[str, Template]:
    """
    Compile the templates of a target.

    Args:
        built_in: The folder of the target's own templates.
        overrides: A folder whose templates stand in for the built-in ones of the same name.
        key: The configuration key that names the folder, for messages.

    Returns:
        Name (`view.py.jinja`) -> template.

    Raises:
        ConfigError: The folder cannot be read, holds a template that replaces none, or one that is no template.
    """
    texts = dict(_texts(built_in))
    if overrides is None:
        return _compiled(tuple(texts.items()))
    try:
        found = dict(_texts(overrides))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the templates in {str(overrides)!r} cannot be read: {error}", key=key) from error
    unknown = sorted(set(found) - set(texts))
    if unknown:
        raise ConfigError(f"{unknown[0]!r} replaces no template", key=key, hint=_suggestion(unknown[0], sorted(texts)))
    try:
        return _compiled(tuple({**texts, **found}.items()))
    except jinja2.TemplateSyntaxError as error:
        raise ConfigError(f"{error.name}, line {error.lineno}: {error.message}", key=key) from error


def _suggestion(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"the templates are {', '.join(known)}"


def _texts(folder: Path) -> Iterable[tuple[str, str]]:
    for path in sorted(folder.iterdir()):
        if path.name.endswith(ENDING):
            yield path.name, path.read_text(encoding="utf-8")


@lru_cache(maxsize=16)
def _compiled(texts: tuple[tuple[str, str], ...]) -> Mapping[str, Template]:
    environment = make_environment(dict(texts))
    return {name: environment.get_template(name) for name, _ in texts}


def make_environment(texts: Mapping[str, str]) -> Environment:
    """An environment whose templates are *texts*, by name."""
    environment = Environment(
        loader=jinja2.DictLoader(texts),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  # HTML escaping has no place in source code; see above
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        newline_sequence="\n",
        auto_reload=False,
        bytecode_cache=_UserBytecodeCache(),
    )
    environment.filters.update(ESCAPING_FILTERS)
    return environment


def cache_folder() -> Path | None:
    """Where compiled templates are kept: `PYGEN_CACHE_DIR`, else the user's cache folder; None without either."""
    chosen = os.environ.get("PYGEN_CACHE_DIR")
    if chosen:
        return Path(chosen) / "templates"
    try:
        if sys.platform == "win32":
            base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        elif sys.platform == "darwin":
            base = Path.home() / "Library" / "Caches"
        else:
            base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        return None
    return base / "pygen" / "templates" if base.is_absolute() else None


class _UserBytecodeCache(BytecodeCache):
    """
    Compiled templates on disk. A folder that cannot be read or written costs time and nothing else.

    The key covers the text of the template, Jinja's version and the interpreter's; files are replaced atomically.
    """

    def __init__(self) -> None:
        self._folder = cache_folder()

    def get_bucket(self, environment: Environment, name: str, filename: str | None, source: str) -> Bucket:
        """The place of a template in the cache, filled when the cache holds it."""
        parts = [jinja2.__version__, sys.version, filename or "", name, *sorted(environment.filters), source]
        digest = sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
        bucket = Bucket(environment, digest, digest)
        self.load_bytecode(bucket)
        return bucket

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket if the cache holds it."""
        if self._folder is None:
            return
        try:
            code = marshal.loads((self._folder / bucket.key).read_bytes())  # noqa: S302  # the user's own folder
        except (OSError, EOFError, ValueError, TypeError):
            return
        if isinstance(code, CodeType):
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write the bucket if the folder can be written."""
        if self._folder is None:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor, temporary = tempfile.mkstemp(dir=self._folder)
        except OSError:
            return
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(marshal.dumps(bucket.code))
            Path(temporary).replace(self._folder / bucket.key)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
