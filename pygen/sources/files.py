"""Model files as plain dicts: found, read and unwrapped, with the standard library alone where they are JSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pygen.errors import ConfigError
from pygen.sources.json_text import read_json

__all__ = ["load_raw", "load_raw_containers", "source_files"]

_SUFFIXES = (".json", ".yaml", ".yml")


def load_raw(path: Path) -> dict[str, Any]:
    """
    Read the one data model of a file, as a JSON-able dict.

    Args:
        path: JSON or YAML: the data model itself, a list of one, or `{"items": [...]}` as the API answers.

    Raises:
        ConfigError: The file is missing, unreadable, not JSON or YAML, or does not hold exactly one data model.
        MissingExtraError: The file is YAML and PyYAML is not installed.
    """
    items = _items(_read(path), path)
    if not items:
        raise ConfigError("holds no data model", key=str(path))
    if len(items) > 1:
        raise ConfigError(
            f"holds {len(items)} data models: {', '.join(_title(item) for item in items)}",
            key=str(path),
            hint="keep one data model per file",
        )
    return items[0]


def load_raw_containers(path: Path) -> list[dict[str, Any]]:
    """
    Read the containers beside a data model, as JSON-able dicts; none where there is no such file.

    Args:
        path: The file of the data model; containers stand in `<name>.containers.json` (or `.yaml`) beside it.

    Raises:
        ConfigError: As for `load_raw`.
        MissingExtraError: As for `load_raw`.
    """
    beside = _containers_file(path)
    return [] if beside is None else _items(_read(beside), beside)


def source_files(path: Path) -> tuple[Path, ...]:
    """The files that a data model is read from: *path* itself, and the containers beside it if they are there."""
    beside = _containers_file(path)
    return (path,) if beside is None else (path, beside)


def _containers_file(path: Path) -> Path | None:
    suffixes = sorted(_SUFFIXES, key=lambda suffix: (suffix != path.suffix.lower(), suffix))
    candidates = (path.with_name(f"{path.stem}.containers{suffix}") for suffix in suffixes)
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def _read(path: Path) -> Any:
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES and not path.is_dir():
        raise ConfigError(
            f"not a known kind of model file: {path.suffix or 'no suffix'}",
            key=str(path),
            hint=f"known kinds: {', '.join(_SUFFIXES)}",
        )
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError("no such file", key=str(path)) from error
    except IsADirectoryError as error:
        raise ConfigError("is a folder, not a file", key=str(path)) from error
    except OSError as error:
        raise ConfigError(f"not readable: {error.strerror or error}", key=str(path)) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"not UTF-8 (byte {error.start})", key=str(path)) from error
    if suffix == ".json":
        return read_json(text, place=str(path))
    from pygen.sources.yaml_text import read_yaml

    return read_yaml(text, place=str(path))


def _items(document: Any, path: Path) -> list[dict[str, Any]]:
    """Unwrap `{"items": [...]}`, a list, or one object."""
    items = document.get("items", document) if isinstance(document, dict) else document
    if isinstance(items, dict):
        items = [items]
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ConfigError('holds neither an object, nor a list of objects, nor {"items": [...]}', key=str(path))
    return items


def _title(item: Mapping[str, Any]) -> str:
    return f"{item.get('space')}:{item.get('externalId')}({item.get('version')})"
