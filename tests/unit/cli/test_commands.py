"""The group of commands: help at once, errors as words, exit codes."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from hub.cli import COMMANDS, GROUPS, app, name_of
from hub.cli.output import Code, clean, report
from hub.discovery.bundle import Bundle
from hub.message.errors import Defect, HubError, Misconfigured, Refused, Unavailable
from tests.unit.cli.conftest import Run

HEAVY = ("lxml", "sqlalchemy", "fastapi", "pydantic", "xmlschema", "urllib3", "uvicorn", "structlog", "hub.assemble")


def test_nothing_heavy_is_loaded_before_a_command_runs() -> None:
    ask = f"import sys, hub.cli; print([name for name in {HEAVY} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_help_lists_every_command_and_the_exit_codes(run: Callable[..., Run]) -> None:
    told = run("--help")
    assert told.code == 0
    assert all(f" {name_of(command)} " in told.out for command in COMMANDS)
    assert all(f" {name} " in told.out for name in GROUPS)
    assert "Exit codes" in told.out


@pytest.mark.parametrize("command", [name_of(command) for command in COMMANDS])
def test_every_command_explains_itself(run: Callable[..., Run], command: str) -> None:
    assert run(command, "--help").code == 0


def test_the_version_is_told(run: Callable[..., Run]) -> None:
    assert run("--version").out.startswith("cjhub 0.")


def test_an_unknown_option_is_wrong_usage(run: Callable[..., Run]) -> None:
    assert run("validate", "--nonsense").code == Code.USAGE


def test_every_fault_of_a_configuration_is_listed_without_a_traceback(run: Callable[..., Run], config: Path) -> None:
    (config / "parties" / "bad.toml").write_text('[party]\ncode = "BAD CODE"\nname = 1\n')
    (config / "rules.toml").write_text("[NO_SUCH_RULE]\nseverity = 'loud'\n")
    told = run("dialects")
    assert told.code == Code.USAGE
    assert "bad.toml: party.code" in told.err
    assert "bad.toml: party.name" in told.err
    assert "bad.toml: party.agency" in told.err
    assert "NO_SUCH_RULE" in told.err
    assert "Traceback" not in told.err + told.out


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Refused(at="A", rule="a letter"), Code.NO),
        (Misconfigured(["one", "two"]), Code.USAGE),
        (Unavailable("away"), Code.AWAY),
        (Defect("ours"), Code.DEFECT),
    ],
)
def test_each_kind_of_error_has_its_exit_code(error: HubError, code: Code, capsys: pytest.CaptureFixture[str]) -> None:
    assert report(error) is code
    assert capsys.readouterr().err


def test_text_from_outside_cannot_steer_the_terminal() -> None:
    assert clean("a\x1b[31mb\u202ec\ud800") == "a\ufffd[31mb\ufffdc\ufffd"


def test_every_command_and_option_is_documented() -> None:
    page = (Bundle().root / "docs" / "cli.md").read_text()
    group = typer.main.get_command(app)
    commands = {name: command for name, command in group.commands.items() if name not in GROUPS}  # type: ignore[attr-defined]
    for of in GROUPS:
        commands |= {f"{of} {name}": command for name, command in group.commands[of].commands.items()}  # type: ignore[attr-defined]
    for name, command in commands.items():
        assert f"cjhub {name}" in page, name
        options = [option for parameter in command.params for option in parameter.opts if option.startswith("--")]
        assert not [option for option in options if option not in page], name


def test_the_documented_exit_codes_are_those_of_the_code() -> None:
    page = (Bundle().root / "docs" / "cli.md").read_text()
    assert {int(row[2]) for row in page.splitlines() if row[:2] == "| " and row[2].isdigit()} == set(Code)
