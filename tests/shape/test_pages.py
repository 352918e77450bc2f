"""The pages for operators name what there is: settings, commands, figures, log events, alerts, files."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from prometheus_client import generate_latest
from pydantic import SecretStr

from hub.alerts.conditions import Kind
from hub.assemble import assemble
from hub.cli import app
from hub.settings import Settings, load_settings
from hub.web.figures import shown

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
PAGES = [DOCS / name for name in ("guarantees.md", "failures.md", "running.md")]
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yaml"


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The name of every figure that a hub shows."""
    hub = assemble(load_settings([], data=tmp_path_factory.mktemp("figures"), judges=0))
    try:
        text = (generate_latest() + shown(hub.flow, hub.broker)).decode()
    finally:
        hub.close()
    return set(re.findall(r"^# TYPE (hub_[a-z_]+) ", text, re.MULTILINE))


def rules() -> list[dict[str, Any]]:
    """Every alert."""
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def test_every_figure_that_a_page_or_an_alert_names_is_shown(figures: set[str]) -> None:
    named = {(path.name, name) for path in (*PAGES, ALERTS) for name in re.findall(r"\bhub_[a-z_]+", path.read_text())}
    assert len(named) > 20
    assert [one for one in sorted(named) if one[1] not in figures] == []


def test_every_label_of_an_alert_is_one_that_the_figure_has() -> None:
    known = {
        "standing": {"up", "blocked", "away"},
        "lane": {"intake", "send", "subscribe"},
        "status": {"STRANDED"},
        "job": {"cjhub"},
    }
    used = {pair for rule in rules() for pair in re.findall(r'(\w+)="(\w+)"', rule["expr"])}
    assert {name for name, _ in used} == set(known)
    assert [pair for pair in used if pair[1] not in known[pair[0]]] == []


def test_every_alert_has_its_row_and_every_row_its_alert() -> None:
    made = {rule["alert"] for rule in rules()}
    told = set(re.findall(r"CJHub[A-Z]\w+", (DOCS / "failures.md").read_text()))
    assert told == made
    kinds = set(re.findall(r"alert `(\w+)`", (DOCS / "failures.md").read_text()))
    assert kinds == {str(kind) for kind in Kind}
    assert all(
        rule["annotations"]["summary"] and rule["labels"]["severity"] in ("urgent", "warning") for rule in rules()
    )


def test_every_event_that_a_page_names_is_logged() -> None:
    source = "".join(path.read_text() for path in (ROOT / "hub").rglob("*.py"))
    logged = set(re.findall(r'log\.(?:info|warning|error)\(\s*"([a-z ]+)"', source))
    named = {name for path in PAGES for name in re.findall(r"`event: ([a-z ]+)`", path.read_text())}
    assert named
    assert named <= logged
    assert logged - named <= {"checked", "alert"}, "what is logged for an operator has its row"


def spoken() -> Iterator[tuple[str, str]]:
    """Every command of the hub in a page, in a span, a line or a block."""
    for path in PAGES:
        for found in re.findall(r"(?:`|^ *|/opt/cjhub/bin/| )(cjhub [^`\n#|]+)", path.read_text(), re.MULTILINE):
            yield path.name, found.strip()


def test_every_command_that_a_page_names_exists_with_its_options() -> None:
    group: Any = typer.main.get_command(app)
    seen = 0
    for page, text in spoken():
        words = shlex.split(text.partition(" at ")[0])[1:]
        command = group
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        if command is group:
            continue  # prose, such as "cjhub-serve" or a name
        seen += 1
        options = {option for parameter in command.params for option in parameter.opts}
        assert [word for word in words if word.startswith("--") and word not in options] == [], (page, text)
    assert seen > 20


def test_every_file_that_a_page_links_or_names_is_there() -> None:
    for path in (*PAGES, ROOT / "README.md"):
        text = path.read_text()
        for link in re.findall(r"\]\(([^)#]+)\)", text):
            assert (path.parent / link).exists(), (path.name, link)
        for name in re.findall(r"(?:deploy|docs)/[\w/.@-]+\w", text):
            assert (ROOT / name).exists() or name.startswith("deploy/secrets"), (path.name, name)


def test_the_pages_are_reached_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    assert all(f"docs/{path.name}" in readme for path in (*PAGES, DOCS / "settings.md"))


def test_the_page_of_settings_is_what_the_settings_say() -> None:
    rows = [
        f"| `{name}` | `CJHUB_{name.upper()}` | {_default(field.default)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    page = (DOCS / "settings.md").read_text()
    assert [row for row in rows if row not in page] == [], "put these rows into docs/settings.md"
    assert page.count("| `CJHUB_") == len(rows), "and take out those of settings that there are not"


def _default(value: object) -> str:
    plain = value.get_secret_value() if isinstance(value, SecretStr) else value
    if isinstance(plain, tuple):
        plain = ", ".join(str(one) for one in plain)
    return "" if plain in (None, "") else f"`{plain}`"
