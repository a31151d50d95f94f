"""The template environment: overrides, strictness and the cache of compiled templates."""

from __future__ import annotations

import sys
from pathlib import Path

import jinja2
import pytest

from pygen.errors import ConfigError
from pygen.generation.python.generator import PythonGenerator
from pygen.generation.template_env import cache_folder, load_templates, make_environment
from tests.unit.generation.ir_builders import OPTIONS, model, view


@pytest.fixture
def built_in(tmp_path: Path) -> Path:
    """A folder with two templates."""
    folder = tmp_path / "built_in"
    folder.mkdir()
    (folder / "view.py.jinja").write_text("view {{ file }}\n", encoding="utf-8")
    (folder / "init.py.jinja").write_text("init {{ file }}\n", encoding="utf-8")
    return folder


@pytest.fixture
def overrides(tmp_path: Path) -> Path:
    """An empty folder for templates of a user."""
    folder = tmp_path / "mine"
    folder.mkdir()
    return folder


def test_a_user_replaces_single_templates(built_in: Path, overrides: Path) -> None:
    """A template of a user stands in for the one of its name, the others stay."""
    (overrides / "view.py.jinja").write_text("mine {{ file }}\n", encoding="utf-8")
    (overrides / "README.md").write_text("no template", encoding="utf-8")
    templates = load_templates(built_in, overrides)

    assert "mine x\n" == templates["view.py.jinja"].render(file="x")
    assert "init x\n" == templates["init.py.jinja"].render(file="x")


def test_a_template_that_replaces_none_is_refused(built_in: Path, overrides: Path) -> None:
    """A misspelt name is an error with the name that was meant."""
    (overrides / "viev.py.jinja").write_text("", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"templates: 'viev.py.jinja' replaces no template .*'view.py.jinja'"):
        load_templates(built_in, overrides)


def test_a_name_that_is_like_no_other_lists_them(built_in: Path, overrides: Path) -> None:
    """Where no name is close, all are listed."""
    (overrides / "qqq.jinja").write_text("", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"the templates are init.py.jinja, view.py.jinja"):
        load_templates(built_in, overrides)


def test_a_broken_template_is_refused(built_in: Path, overrides: Path) -> None:
    """A template that is none is an error with file and line."""
    (overrides / "view.py.jinja").write_text("fine\n{% for %}\n", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"view.py.jinja, line 2"):
        load_templates(built_in, overrides)


def test_an_unknown_filter_is_refused(built_in: Path, overrides: Path) -> None:
    """A filter that does not exist is found before anything is printed."""
    (overrides / "view.py.jinja").write_text("{{ file | py_nothing }}", encoding="utf-8")

    with pytest.raises(ConfigError, match="py_nothing"):
        load_templates(built_in, overrides)


def test_a_missing_folder_is_refused(built_in: Path, tmp_path: Path) -> None:
    """A folder that is not there is an error of the configuration."""
    with pytest.raises(ConfigError, match="cannot be read"):
        load_templates(built_in, tmp_path / "missing", key="tool.pygen.python.templates")


def test_the_generator_takes_templates(overrides: Path) -> None:
    """A user's `view.py.jinja` prints the modules of views."""
    (overrides / "view.py.jinja").write_text("name = {{ file.name }}\n", encoding="utf-8")
    files = PythonGenerator(OPTIONS, template_dir=overrides).generate(model(view("Pump")), {}).files

    assert "name = Pump\n" == files["pump.py"]


def test_a_misspelt_name_is_an_error() -> None:
    """What a context does not have cannot be printed, nor tested."""
    template = make_environment({"a": "{% if file.nope %}x{% endif %}"}).get_template("a")

    with pytest.raises(jinja2.UndefinedError, match="nope"):
        template.render(file=object())


def test_nothing_is_escaped_for_html() -> None:
    """Text is escaped for where it lands, and `&` is nothing special in Python."""
    assert "a & <b>" == make_environment({"a": "{{ file }}"}).get_template("a").render(file="a & <b>")


class TestCache:
    """Compiled templates on disk."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PYGEN_CACHE_DIR", str(tmp_path / "cache"))

    @staticmethod
    def _render(text: str) -> str:
        return make_environment({"a": text}).get_template("a").render(file="x")

    def test_a_second_process_compiles_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What one environment compiled, another one loads."""
        assert "1 x" == self._render("1 {{ file }}")

        def compile_again(*_: object, **__: object) -> None:
            raise AssertionError("compiled again")

        monkeypatch.setattr(jinja2.Environment, "compile", compile_again)

        assert "1 x" == self._render("1 {{ file }}")

    def test_another_text_is_another_entry(self) -> None:
        """A changed template is never taken for its former self."""
        assert ["1 x", "2 x"] == [self._render("1 {{ file }}"), self._render("2 {{ file }}")]

    @pytest.mark.parametrize("content", [b"", b"garbage", b"i\x01\x00\x00\x00"])
    def test_a_damaged_entry_is_ignored(self, content: bytes) -> None:
        """A file that holds no compiled template costs time and nothing else."""
        self._render("1 {{ file }}")
        folder = cache_folder()
        assert folder is not None
        for path in folder.iterdir():
            path.write_bytes(content)

        assert "1 x" == self._render("1 {{ file }}")

    def test_a_folder_that_cannot_be_written_is_skipped(self, tmp_path: Path) -> None:
        """Without a place for the cache, templates are compiled each time."""
        (tmp_path / "cache").write_text("a file, where the folder should be", encoding="utf-8")

        assert "1 x" == self._render("1 {{ file }}")

    def test_no_temporary_file_stays(self) -> None:
        """Entries are replaced atomically; nothing else is left."""
        self._render("1 {{ file }}")
        folder = cache_folder()

        assert folder is not None
        assert 1 == len(list(folder.iterdir()))


def test_without_a_home_there_is_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without a home folder has no cache, and no error."""
    monkeypatch.delenv("PYGEN_CACHE_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")

    def no_home() -> Path:
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", no_home)

    assert cache_folder() is None


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", "XDG_CACHE_HOME", "pygen/templates"),
        ("win32", "LOCALAPPDATA", "pygen/templates"),
    ],
)
def test_the_cache_is_where_the_system_has_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, platform: str, variable: str, expected: str
) -> None:
    """The user's own cache folder is taken."""
    monkeypatch.delenv("PYGEN_CACHE_DIR", raising=False)
    monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.setattr(sys, "platform", platform)

    assert tmp_path / expected == cache_folder()
