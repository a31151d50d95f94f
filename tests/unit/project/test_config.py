"""Reading `[tool.pygen]` and pygen.toml."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from pygen.errors import ConfigError
from pygen.project.config import (
    EnvironmentConfig,
    ProjectConfig,
    RemoteConfig,
    SdkConfig,
    TargetConfig,
    adhoc_config,
    load_config,
    parse_config,
)

SDK = 'model = "model/windfarm.json"\n[{0}.python]\noutput = "src/windfarm/sdk"\n'


def parse(text: str, tmp_path: Path, name: str = "pyproject.toml") -> ProjectConfig:
    """Parse a configuration."""
    return parse_config(tomllib.loads(text), tmp_path / name)


def refused(text: str, tmp_path: Path, name: str = "pyproject.toml") -> ConfigError:
    """Parse a configuration that is wrong, and give the error."""
    with pytest.raises(ConfigError) as caught:
        parse(text, tmp_path, name)
    return caught.value


def with_python(line: str) -> str:
    """A configuration with one more line in the table of the Python target."""
    return f'[tool.pygen]\nmodel = "m.json"\n[tool.pygen.python]\noutput = "src/windfarm/sdk"\n{line}\n'


def two_sdks(name: str, output: str, other_name: str, other_output: str) -> str:
    """A configuration of two SDKs."""
    sdk = "[[tool.pygen.sdk]]\n{}\nmodel='m'\npython={{{}}}\n"
    return sdk.format(name, output) + sdk.format(other_name, other_output)


def test_every_key_is_read(tmp_path: Path) -> None:
    """All keys of the tables end in the configuration."""
    text = """
    [tool.pygen]
    model = "./model/windfarm.json"
    remote = { space = "sp_windfarm", external_id = "Windfarm", version = "v1" }
    include = ["Wind*", "sp:Blade"]
    exclude = ["*Old"]
    strict = true
    [tool.pygen.python]
    output = "src/windfarm/sdk/"
    package = "windfarm.sdk"
    client_name = "WindfarmClient"
    instance_space = "windfarm_data"
    templates = "templates/pygen"
    format = true
    """
    assert ProjectConfig(
        root=tmp_path,
        file=tmp_path / "pyproject.toml",
        sdks=(
            SdkConfig(
                name="default",
                model="model/windfarm.json",
                remote=RemoteConfig("sp_windfarm", "Windfarm", "v1"),
                include=("Wind*", "sp:Blade"),
                exclude=("*Old",),
                strict=True,
                targets=(
                    TargetConfig(
                        "python",
                        output="src/windfarm/sdk",
                        package="windfarm.sdk",
                        client_name="WindfarmClient",
                        instance_space="windfarm_data",
                        templates="templates/pygen",
                        format=True,
                    ),
                ),
            ),
        ),
    ) == parse(text, tmp_path)


def test_two_keys_are_enough(tmp_path: Path) -> None:
    """Model and output make a configuration; the package follows from the output."""
    sdk = parse("[tool.pygen]\n" + SDK.format("tool.pygen"), tmp_path).sdks[0]
    assert SdkConfig("default", "model/windfarm.json", targets=(sdk.targets[0],)) == sdk
    assert TargetConfig("python", "src/windfarm/sdk", "windfarm.sdk") == sdk.targets[0]
    assert sdk.selects_all


@pytest.mark.parametrize(
    ("output", "package"),
    [("src/windfarm/sdk", "windfarm.sdk"), ("windfarm/sdk", "windfarm.sdk"), ("sdk", "sdk"), ("src", "src")],
)
def test_the_package_follows_from_the_output(tmp_path: Path, output: str, package: str) -> None:
    """A leading `src/` is no part of an import path."""
    text = f'[tool.pygen]\nmodel = "m.json"\n[tool.pygen.python]\noutput = "{output}"'
    assert package == parse(text, tmp_path).sdks[0].targets[0].package


def test_an_output_that_is_no_import_path_asks_for_a_package(tmp_path: Path) -> None:
    """`my-app/sdk` can be a folder, but not a package."""
    text = '[tool.pygen]\nmodel = "m.json"\n[tool.pygen.python]\noutput = "src/my-app/class"'
    error = refused(text, tmp_path)
    assert "tool.pygen.python.output" == error.key
    assert "tool.pygen.python.package" in error.hint


def test_pygen_toml_has_the_same_keys_without_tool(tmp_path: Path) -> None:
    """pygen.toml holds `[pygen]`, and errors name its keys as they stand there."""
    assert 1 == len(parse("[pygen]\n" + SDK.format("pygen"), tmp_path, "pygen.toml").sdks)
    error = refused("[pygen]\nmodle = 'x'\n" + SDK.format("pygen"), tmp_path, "pygen.toml")
    assert ("pygen.modle", "did you mean pygen.model?") == (error.key, error.hint)


def test_pygen_toml_holds_nothing_else(tmp_path: Path) -> None:
    """A table beside `[pygen]` is a mistake, most often `[tool.pygen]`."""
    assert "tool" == refused("[tool.pygen]\n" + SDK.format("tool.pygen"), tmp_path, "pygen.toml").key


def test_several_sdks_have_names(tmp_path: Path) -> None:
    """`[[tool.pygen.sdk]]` takes the same keys, and its SDKs come in the order of their names."""
    text = """
    [[tool.pygen.sdk]]
    name = "wind"
    model = "wind.json"
    python = { output = "src/wind" }
    [[tool.pygen.sdk]]
    name = "solar"
    model = "solar.json"
    python = { output = "src/solar" }
    """
    config = parse(text, tmp_path)
    assert ["solar", "wind"] == [sdk.name for sdk in config.sdks]
    assert ["wind"] == [sdk.name for sdk in config.select(["wind"])]
    with pytest.raises(ConfigError, match="did you mean wind"):
        config.select(["winds"])


@pytest.mark.parametrize(
    ("text", "key", "hint"),
    [
        (with_python('pakage = "x"'), "tool.pygen.python.pakage", "did you mean tool.pygen.python.package?"),
        (
            with_python('client-name = "X"'),
            "tool.pygen.python.client-name",
            "did you mean tool.pygen.python.client_name?",
        ),
        (with_python('include = ["A"]'), "tool.pygen.python.include", "it belongs one table up: tool.pygen.include"),
        (with_python("zzz = 1"), "tool.pygen.python.zzz", "known: output, package"),
        ("[tool.pygen]\nmodul = 'x'", "tool.pygen.modul", "did you mean tool.pygen.model?"),
        ("[tool.pygen]\noutput = 'x'", "tool.pygen.output", "it belongs to a target: tool.pygen.python.output"),
        ("[tool.pygen.pyhton]\noutput = 'x'", "tool.pygen.pyhton", "did you mean tool.pygen.python?"),
        (
            "[tool.pygen]\nmodel='m'\nremote = {space='s', externalId='E', version='1'}\npython={output='a'}",
            "tool.pygen.remote.externalId",
            "did you mean tool.pygen.remote.external_id?",
        ),
    ],
)
def test_an_unknown_key_is_refused_with_a_suggestion(tmp_path: Path, text: str, key: str, hint: str) -> None:
    """A misspelt key names itself in full, and the key that was meant."""
    error = refused(text, tmp_path)
    assert key == error.key
    assert "unknown key" == error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        ("[tool]\npygen = 3", "tool.pygen", "must be a table, not an integer"),
        ("[tool.pygen]\nmodel = 3\npython={output='a'}", "tool.pygen.model", "must be a string, not an integer"),
        ("[tool.pygen]\nmodel = 'm'\npython='a'", "tool.pygen.python", "must be a table, not a string"),
        (
            "[tool.pygen]\nmodel='m'\ninclude='A'\npython={output='a'}",
            "tool.pygen.include",
            "must be an array of strings",
        ),
        ("[tool.pygen]\nmodel='m'\ninclude=['A', 1]\npython={output='a'}", "tool.pygen.include[1]", "must be a string"),
        ("[tool.pygen]\nmodel='m'\nstrict='yes'\npython={output='a'}", "tool.pygen.strict", "must be true or false"),
        ("[tool.pygen]\nmodel='m'\nremote='x'\npython={output='a'}", "tool.pygen.remote", "must be a table"),
        (
            "[tool.pygen]\nmodel='m'\nremote={space='s'}\npython={output='a'}",
            "tool.pygen.remote.external_id",
            "is missing",
        ),
        ("[tool.pygen]\npython={output='a'}", "tool.pygen.model", "is missing"),
        ("[tool.pygen]\nmodel='m'\n", "tool.pygen", "has no target"),
        ("[tool.pygen]\nmodel='m'\npython={}", "tool.pygen.python.output", "is missing"),
        ("[tool.pygen]\nmodel=''\npython={output='a'}", "tool.pygen.model", "must not be empty"),
        (with_python("format = 1"), "tool.pygen.python.format", "must be true or false"),
        (with_python("package = 'a.b-c'"), "tool.pygen.python.package", "import path"),
        (with_python("package = 'a.class'"), "tool.pygen.python.package", "import path"),
        (with_python("package = '.a'"), "tool.pygen.python.package", "import path"),
        (with_python("client_name = 'My Client'"), "tool.pygen.python.client_name", "identifier"),
        (with_python("client_name = 'class'"), "tool.pygen.python.client_name", "identifier"),
        (with_python("instance_space = '1abc'"), "tool.pygen.python.instance_space", "1-43 letters"),
        (with_python(f"instance_space = 'a{'b' * 43}'"), "tool.pygen.python.instance_space", "1-43 letters"),
        ("[[tool.pygen.sdk]]\nmodel='m'\npython={output='a'}", "tool.pygen.sdk[0].name", "is missing"),
        ("[[tool.pygen.sdk]]\nname='a'\nmodel=1\npython={output='a'}", "tool.pygen.sdk[0].model", "must be a string"),
        ("[tool.pygen]\nsdk = []", "tool.pygen.sdk", "must be an array of tables"),
        (
            "[tool.pygen]\nstrict=true\n[[tool.pygen.sdk]]\nname='a'\nmodel='m'\npython={output='a'}",
            "tool.pygen.strict",
            "stands beside [[tool.pygen.sdk]]",
        ),
        (
            two_sdks("name='a'", "output='a'", "name='a'", "output='b'"),
            "tool.pygen.sdk[1].name",
            "the name of two SDKs",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, key: str, message: str) -> None:
    """An error names the key in full and says what is wrong with its value."""
    error = refused(text, tmp_path)
    assert key == error.key
    assert message in error.message


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("../sdk", "leads out of the project"),
        ("src/../../sdk", "leads out of the project"),
        ("/abs/sdk", "is an absolute path"),
        ("C:/sdk", "is an absolute path"),
        ("src\\\\sdk", "has a backslash"),
        (".", "is the project itself"),
        ("./", "is the project itself"),
        (".git/sdk", "belongs to git"),
    ],
)
def test_an_output_outside_the_project_is_refused(tmp_path: Path, output: str, message: str) -> None:
    """The output is a folder inside the project, and not the project."""
    text = f'[tool.pygen]\nmodel = "m.json"\n[tool.pygen.python]\noutput = "{output}"\npackage = "sdk"'
    error = refused(text, tmp_path)
    assert "tool.pygen.python.output" == error.key
    assert message in error.message


def test_an_output_that_is_a_link_to_elsewhere_is_refused(tmp_path: Path) -> None:
    """A link in the project must not lead the writer out of it."""
    outside = tmp_path / "outside"
    inside = tmp_path / "project"
    outside.mkdir()
    inside.mkdir()
    (inside / "src").symlink_to(outside, target_is_directory=True)
    error = refused('[tool.pygen]\nmodel = "m.json"\n[tool.pygen.python]\noutput = "src/sdk"', inside)
    assert "through a link" in error.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.pygen]\nmodel='src/sdk/m.json'\npython={output='src/sdk'}", "holds the model of default"),
        ("[tool.pygen]\nmodel='m'\npython={output='src/sdk', templates='src/sdk/t'}", "holds the templates of default"),
        (
            two_sdks("name='a'", "output='src/a'", "name='b'", "output='src/a/b'"),
            "the outputs of a, python and of b, python overlap",
        ),
        (
            two_sdks("name='a'", "output='src/a'", "name='b'", "output='./src/a'"),
            "overlap",
        ),
    ],
)
def test_an_output_holds_nothing_else(tmp_path: Path, text: str, message: str) -> None:
    """Model, templates and other outputs lie outside of an output folder."""
    assert message in refused(text, tmp_path).message


@pytest.mark.parametrize("table", ["hooks.pygen", "targets.wheel.hooks.pygen"])
def test_options_in_the_hook_are_refused(tmp_path: Path, table: str) -> None:
    """The hook's table is only the switch: options there would be a second truth."""
    text = "[tool.pygen]\n" + SDK.format("tool.pygen") + f"[tool.hatch.build.{table}]\noutput = 'x'"
    error = refused(text, tmp_path)
    assert f"tool.hatch.build.{table}.output" == error.key
    assert "tool.pygen.python.output" in error.hint


def test_the_switches_of_hatch_are_its_own(tmp_path: Path) -> None:
    """What hatch reads from the table of any hook is none of our business."""
    text = "[tool.pygen]\n" + SDK.format("tool.pygen") + "[tool.hatch.build.hooks.pygen]\nenable-by-default = false"
    assert 1 == len(parse(text, tmp_path).sdks)


def test_the_project_is_found_from_below(tmp_path: Path) -> None:
    """The search goes upwards, past projects that do not use pygen."""
    (tmp_path / "pyproject.toml").write_text("[tool.pygen]\n" + SDK.format("tool.pygen"), encoding="utf-8")
    below = tmp_path / "libs" / "other" / "src"
    below.mkdir(parents=True)
    (below.parent / "pyproject.toml").write_text("[project]\nname = 'other'", encoding="utf-8")
    assert tmp_path == load_config(below).root
    assert tmp_path == load_config(tmp_path / "pyproject.toml").root


def test_the_working_directory_is_where_the_search_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a start, the project is the one that a person stands in."""
    (tmp_path / "pygen.toml").write_text("[pygen]\n" + SDK.format("pygen"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert tmp_path / "pygen.toml" == load_config().file


def test_two_configurations_in_one_folder_are_refused(tmp_path: Path) -> None:
    """pygen.toml beside `[tool.pygen]` leaves open which one holds."""
    (tmp_path / "pyproject.toml").write_text("[tool.pygen]\n" + SDK.format("tool.pygen"), encoding="utf-8")
    (tmp_path / "pygen.toml").write_text("[pygen]\n" + SDK.format("pygen"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"both pygen.toml and \[tool.pygen\]"):
        load_config(tmp_path)


def test_no_configuration_says_how_to_make_one(tmp_path: Path) -> None:
    """Outside of any project, the error names both ways to go on."""
    with pytest.raises(ConfigError, match=r"no pygen.toml and no \[tool.pygen\].*pygen init"):
        load_config(tmp_path)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    """A misspelt folder is not searched upwards from."""
    with pytest.raises(ConfigError, match="there is no folder"):
        load_config(tmp_path / "nowhere")


def test_broken_toml_is_one_line(tmp_path: Path) -> None:
    """A file that is not TOML is named, with the place."""
    (tmp_path / "pygen.toml").write_text("x = = 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"pygen.toml is not valid TOML: .*line 1"):
        load_config(tmp_path)


class TestAdhoc:
    """An SDK without a project."""

    def test_the_folder_is_package_and_root(self, tmp_path: Path) -> None:
        """The package is named after the folder; the client is left to the data model."""
        config = adhoc_config(tmp_path / "m.json", "python", tmp_path / "movie_actors")
        assert (
            ProjectConfig(
                root=tmp_path / "movie_actors",
                file=None,
                sdks=(
                    SdkConfig(
                        "movie_actors",
                        "../m.json",
                        targets=(TargetConfig("python", ".", "movie_actors"),),
                    ),
                ),
            )
            == config
        )
        assert tmp_path / "movie_actors" / "pygen.lock" == config.lock_file
        assert tmp_path / "m.json" == config.model_path(config.sdks[0])

    def test_names_that_are_given_are_kept(self, tmp_path: Path) -> None:
        """A package that is named does not name the client; a client that is named keeps its name."""
        named = adhoc_config(tmp_path / "m.json", "python", tmp_path / "x", "app.movie_actors").sdks[0].targets[0]
        assert ("app.movie_actors", None) == (named.package, named.client_name)
        client = adhoc_config(tmp_path / "m.json", "python", tmp_path / "x", client_name="My").sdks[0].targets[0]
        assert "My" == client.client_name

    @pytest.mark.parametrize(
        ("arguments", "key"),
        [
            (("m.json", "python", "my-sdk", None, None), "--output"),
            (("m.json", "python", "sdk", "a-b", None), "--package"),
            (("m.json", "python", "sdk", None, "a b"), "--client-name"),
            (("m.json", "pyhton", "sdk", None, None), "--target"),
            (("sdk/m.json", "python", "sdk", None, None), "--output"),
        ],
    )
    def test_wrong_options_are_named(self, tmp_path: Path, arguments: tuple[str, ...], key: str) -> None:
        """An error names the option at fault."""
        model, target, output, package, client_name = arguments
        with pytest.raises(ConfigError) as caught:
            adhoc_config(tmp_path / model, target, tmp_path / output, package, client_name)
        assert key == caught.value.key

    def test_an_output_within_a_model_folder_is_refused(self, tmp_path: Path) -> None:
        """The generated files would become part of the model."""
        with pytest.raises(ConfigError, match="the output lies in the model's folder"):
            adhoc_config(tmp_path, "python", tmp_path / "sdk")


def test_paths_do_not_depend_on_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative start gives the same configuration as the absolute one."""
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "pygen.toml").write_text("[pygen]\n" + SDK.format("pygen"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load_config(tmp_path / "p") == load_config(Path("p"))
    assert os.path.isabs(load_config(Path("p")).root)  # noqa: PTH117 - says what it means


ENVIRONMENTS = """
[tool.pygen]
model = "m.json"
python = { output = "src/windfarm/sdk" }
[tool.pygen.environments]
prod = { prefix = "PROD_" }
dev = { toml = "config.toml", table = "cognite.dev" }
[tool.pygen.diff]
ignore = ["PYG401", "PYG402 sp:Wind*"]
"""


def test_environments_and_ignored_changes_are_read(tmp_path: Path) -> None:
    """The tables of the whole project end in the configuration; environments are found by name."""
    config = parse(ENVIRONMENTS, tmp_path)
    dev, prod = EnvironmentConfig("dev", None, "config.toml", "cognite.dev"), EnvironmentConfig("prod", "PROD_")
    assert (dev, prod) == config.environments
    assert prod == config.environment("prod")
    assert ("PYG401", "PYG402 sp:Wind*") == config.ignored_changes


@pytest.mark.parametrize(
    ("name", "hint"),
    [("prd", "did you mean prod?"), ("test", "known: dev, prod")],
)
def test_an_unknown_environment_is_refused(tmp_path: Path, name: str, hint: str) -> None:
    """The error names what is known, or how to add one."""
    with pytest.raises(ConfigError) as caught:
        parse(ENVIRONMENTS, tmp_path).environment(name)
    assert ("--env", hint) == (caught.value.key, caught.value.hint)
    with pytest.raises(ConfigError) as caught:
        parse(SDK.format("tool.pygen").replace("model =", "[tool.pygen]\nmodel =", 1), tmp_path).environment(name)
    assert f"add a table [tool.pygen.environments.{name}]" == caught.value.hint


@pytest.mark.parametrize(
    ("environment", "key", "message"),
    [
        ("{}", "tool.pygen.environments.dev", "has neither prefix nor toml"),
        ('{ prefix = "A_", toml = "c.toml" }', "tool.pygen.environments.dev", "has both prefix and toml"),
        ('{ prefix = "A_", table = "cognite" }', "tool.pygen.environments.dev.table", "is the table of a file"),
        ('{ toml = "a\\\\c.toml" }', "tool.pygen.environments.dev.toml", "has a backslash"),
        ('{ prefix = "A_", token = "x" }', "tool.pygen.environments.dev.token", "unknown key"),
    ],
)
def test_an_environment_is_described_in_one_place(tmp_path: Path, environment: str, key: str, message: str) -> None:
    """A connection comes from variables or from a file, and secrets have no key."""
    text = f"""
    [tool.pygen]
    model = "m.json"
    python = {{ output = "src/windfarm/sdk" }}
    environments.dev = {environment}
    """
    error = refused(text, tmp_path)
    assert key == error.key
    assert message in error.message
