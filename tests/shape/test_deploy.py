"""What is deployed says what is so: commands, options and settings exist, nothing runs as root or without limits, and no
file holds a secret.
"""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from hub.cli import app
from hub.cli.serve import _PATIENCE
from hub.settings import SECRETS, Settings

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
UNITS = sorted(DEPLOY.glob("systemd/*.service"))
MANIFESTS = sorted(DEPLOY.glob("kubernetes/*.yaml"))
TABLE = typer.main.get_command(app)
BESIDE_SETTINGS = {SECRETS, "CJHUB_CONFIG"}
DRAINING = Settings(_env_file=None).longest_attempt + _PATIENCE  # type: ignore[call-arg]


def compose() -> dict[str, Any]:
    found = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    assert isinstance(found, dict)
    return found


def ours() -> dict[str, dict[str, Any]]:
    """The services of the compose file that run the hub."""
    return {name: one for name, one in compose()["services"].items() if one["image"].startswith("cjhub:")}


def objects() -> list[dict[str, Any]]:
    """Every object of the manifests."""
    return [one for path in MANIFESTS for one in yaml.safe_load_all(path.read_text()) if one]


def pods() -> dict[str, dict[str, Any]]:
    """The pod templates by the name of what makes them."""
    return {
        one["metadata"]["name"]: one["spec"]["template"] for one in objects() if one["kind"] in ("Deployment", "Job")
    }


def containers() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, pod in pods().items():
        yield from ((name, one) for one in pod["spec"]["containers"])


def unit(path: Path) -> dict[str, list[str]]:
    """The values of each key of a unit, in order."""
    found: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every command of the hub that any file starts, as words after `cjhub`."""
    for path in UNITS:
        program, *words = shlex.split(unit(path)["ExecStart"][0])
        assert program.endswith("/cjhub")
        yield path.name, words
    for name, service in ours().items():
        yield f"compose {name}", service["command"]
    for name, container in containers():
        yield f"kubernetes {name}", container["args"]
    [written] = re.findall(r"^CMD (\[.*\])$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    yield "Dockerfile", yaml.safe_load(written)


@pytest.mark.parametrize(("where", "words"), list(commands()))
def test_every_command_exists_with_the_options_given(where: str, words: list[str], tmp_path: Path) -> None:
    words = [str(tmp_path) if word.startswith("/") else word for word in words]  # folders that are there
    context = TABLE.make_context("cjhub", list(words))
    name, command, rest = TABLE.resolve_command(context, words)  # type: ignore[attr-defined]
    command.make_context(name, rest, parent=context)  # raises for an option that there is not


def test_every_setting_that_a_file_names_exists() -> None:
    named = {(path.name, name) for path in FILES for name in re.findall(r"CJHUB_[A-Z_]+", path.read_text())}
    known = {f"CJHUB_{name.upper()}" for name in Settings.model_fields} | BESIDE_SETTINGS
    assert [one for one in sorted(named) if one[1] not in known] == []
    assert {name for _, name in named} > BESIDE_SETTINGS


def test_every_secret_that_the_hub_gets_is_a_setting_of_it() -> None:
    of_compose = {name for service in ours().values() for name in service["secrets"]}
    of_units = {value.partition(":")[0] for path in UNITS for value in unit(path)["LoadCredential"]}
    assert of_compose == of_units == {"database_url", "broker_url"}
    assert of_units <= set(Settings.model_fields)


def test_no_file_holds_a_secret_or_a_registrys_address() -> None:
    secret = re.compile(
        r"(://[^\s:/@]+:[^\s@]+@)|(?i:password|passwd|secret|token|api_?key)\s*[:=]\s*[\"']?(?![\s/{\[])[^\s#]{6,}"
    )
    allowed = (
        "/run/secrets",
        "database_url",
        "secrets/",
        "cjhub-secrets",
        "POSTGRES_PASSWORD_FILE",
        "postgres_password",
    )
    found = [
        (path.name, line)
        for path in FILES
        for line in path.read_text().splitlines()
        if secret.search(line) and not any(word in line for word in allowed)
    ]
    assert found == []
    assert not [one for one in objects() if one["kind"] == "Secret"]
    images = [one["image"] for one in compose()["services"].values()] + [one["image"] for _, one in containers()]
    images += re.findall(r"^FROM (\S+)", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    for image in images:
        name, colon, tag = image.partition(":")
        assert colon and tag and tag != "latest", image
        assert "/" not in name and "." not in name, image


def test_the_image_is_of_this_release_and_runs_as_nobody_special() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    release = re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert release
    images = {one["image"] for one in ours().values()} | {one["image"] for _, one in containers()}
    assert images == {f"cjhub:{release[1]}"}
    stages = text.split("\nFROM ")[1:]
    assert len(stages) == 2
    assert "--require-hashes" in stages[0]
    assert "requirements.lock" in stages[0]
    assert re.search(r"^USER 10001:10001$", stages[-1], re.MULTILINE)
    assert not re.search(r"^(ADD|RUN .*curl|RUN .*wget)", text, re.MULTILINE)


def test_what_the_image_is_made_of_is_let_through_and_is_there() -> None:
    copied = {
        word
        for line in re.findall(r"^COPY (?!--from)(.*) \S+$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
        for word in line.split()
    }
    through = {
        line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")
    }
    assert copied == through
    assert [name for name in copied if not (ROOT / name).exists()] == []


# --- systemd


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_is_hardened_and_gives_the_hub_time_to_end(path: Path) -> None:
    said = unit(path)
    for key, value in {
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "PrivateDevices": "yes",
        "CapabilityBoundingSet": "",
        "User": "cjhub",
        "KillMode": "mixed",
        "OOMPolicy": "continue",
        "Restart": "always",
    }.items():
        assert said[key] == [value], key
    assert said["MemoryMax"]
    assert int(said["TimeoutStopSec"][0]) > DRAINING
    assert said["Environment"][0] == f"{SECRETS}=%d"


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_itself_finds_nothing_wrong(path: Path, tmp_path: Path) -> None:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("no systemd-analyze here: the units are read by the other tests alone")
    program = Path(sys.executable).with_name("cjhub")
    copy = tmp_path / path.name.replace("@", "@8081")
    copy.write_text(path.read_text().replace("/opt/cjhub/bin/cjhub", str(program)))
    verified = subprocess.run([tool, "verify", copy], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    words = [tool, "security", "--offline=true", "--threshold=20", copy]  # of 100: "OK" ends at 49
    exposed = subprocess.run(words, capture_output=True, text=True, check=False)
    assert exposed.returncode == 0, exposed.stdout.splitlines()[-1]


# --- compose


def test_two_processes_have_doors_and_two_only_work_and_all_wait_for_the_tables() -> None:
    services = compose()["services"]
    assert {name: services[name]["deploy"]["replicas"] for name in ("serve", "work")} == {"serve": 2, "work": 2}
    for name in ("serve", "work"):
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    for name, service in services.items():
        for other in service.get("depends_on", {}):
            assert other in services, (name, other)


def test_every_container_has_limits_and_a_look_at_its_health() -> None:
    for name, service in compose()["services"].items():
        limits = service["deploy"]["resources"]["limits"]
        assert limits["memory"] and limits["cpus"], name
        assert "healthcheck" in service, name
    for name, service in ours().items():
        assert service["user"] == "10001:10001", name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["stop_grace_period"] == "90s", name
    assert DRAINING < 90


def test_every_secret_and_volume_of_the_compose_file_is_declared() -> None:
    made = compose()
    for service in made["services"].values():
        for secret in service.get("secrets", []):
            assert (secret["source"] if isinstance(secret, dict) else secret) in made["secrets"]
        for volume in service.get("volumes", []):
            name = volume.partition(":")[0]
            assert name in made["volumes"] or name.startswith("../"), volume
    assert all(one["file"].startswith("secrets/") for one in made["secrets"].values())
    assert "/deploy/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


# --- Kubernetes


def test_every_object_has_a_kind_a_name_and_a_place() -> None:
    kinds = {one["kind"] for one in objects()}
    assert {"Deployment", "Job", "Service", "PodDisruptionBudget", "NetworkPolicy", "ConfigMap", "Namespace"} == kinds
    for one in objects():
        assert one["apiVersion"] and one["metadata"]["name"]
        assert one["kind"] == "Namespace" or one["metadata"]["namespace"] == "cjhub"


def test_an_upgrade_takes_no_process_away_before_another_is_ready() -> None:
    for one in objects():
        if one["kind"] == "Deployment":
            spec = one["spec"]
            assert spec["replicas"] >= 2
            assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
            assert spec["template"]["spec"]["terminationGracePeriodSeconds"] > DRAINING + 5
    [budgets] = [[one["spec"] for one in objects() if one["kind"] == "PodDisruptionBudget"]]
    assert {one["selector"]["matchLabels"]["part"] for one in budgets} == {"serve", "work"}
    assert all(one["minAvailable"] >= 1 for one in budgets)


def test_every_pod_is_unprivileged_and_bounded() -> None:
    for name, pod in pods().items():
        context = pod["spec"]["securityContext"]
        assert context["runAsNonRoot"] is True and context["runAsUser"] >= 10000, name
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["spec"]["automountServiceAccountToken"] is False, name
    for name, container in containers():
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False, name
        assert context["readOnlyRootFilesystem"] is True, name
        assert context["capabilities"] == {"drop": ["ALL"]}, name
        assert {"cpu", "memory"} == set(container["resources"]["limits"]) == set(container["resources"]["requests"]), (
            name
        )


def test_probes_ask_for_what_the_hub_answers_on_a_port_that_it_has() -> None:
    paths = {"livenessProbe": "/livez", "startupProbe": "/livez", "readinessProbe": "/readyz"}
    asked = [container for name, container in containers() if name != "cjhub-migrate"]
    assert len(asked) == 2
    for container in asked:
        ports = {one["name"]: one["containerPort"] for one in container["ports"]}
        for probe, path in paths.items():
            assert container[probe]["httpGet"] == {"path": path, "port": "http"}
        health = {one["name"]: one["value"] for one in container.get("env", [])}.get("CJHUB_HEALTH_PORT")
        words = container["args"]
        assert ports["http"] == int(health or words[words.index("--port") + 1])


def test_selectors_mounts_and_network_rules_meet_the_pods_that_they_are_for() -> None:
    labels = [pod["metadata"]["labels"] for pod in pods().values()]
    for one in objects():
        chosen = one["spec"].get("selector") if "spec" in one else None
        if chosen is not None:
            wanted = chosen.get("matchLabels", chosen)
            assert any(wanted.items() <= found.items() for found in labels), one["metadata"]["name"]
    for name, pod in pods().items():
        volumes = {one["name"] for one in pod["spec"]["volumes"]}
        mounted = {one["name"] for container in pod["spec"]["containers"] for one in container["volumeMounts"]}
        assert volumes == mounted, name
        assert [one["secret"]["secretName"] for one in pod["spec"]["volumes"] if "secret" in one] == ["cjhub-secrets"]
    policies = {one["metadata"]["name"]: one["spec"] for one in objects() if one["kind"] == "NetworkPolicy"}
    assert policies["cjhub-nothing-else"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    opened = {port["port"] for rule in policies["cjhub-in"]["ingress"] for port in rule["ports"]}
    assert opened == {one["containerPort"] for _, container in containers() for one in container.get("ports", [])}
    reached = {port["port"] for rule in policies["cjhub-out"]["egress"] for port in rule["ports"]}
    assert {5432, 5671, 443} <= reached


def test_the_folder_of_secrets_is_where_the_secrets_are() -> None:
    [told] = [one["data"] for one in objects() if one["kind"] == "ConfigMap"]
    for _, container in containers():
        mounts = {one["name"]: one["mountPath"] for one in container["volumeMounts"]}
        assert mounts["secrets"] == told[SECRETS]
        assert mounts["parties"] == told["CJHUB_CONFIG"] + "/parties"
        assert container["envFrom"] == [{"configMapRef": {"name": "cjhub"}}]
