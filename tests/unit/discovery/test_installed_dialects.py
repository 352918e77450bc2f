"""Dialects that come with an installed package: the same folder, found by an entry point, and none of its code run."""

from pathlib import Path

import pytest

from hub.discovery.bundle import Bundle, installed
from hub.discovery.connectors import discover
from hub.message.errors import Misconfigured
from hub.prove.samples import samples_in

MAPPING = '[dialect]\nname = "{name}"\nlift = "xml"\n[recognise]\nroot = "{root}"\n[case]\nptiurn = "URN"\n'


def install(site: Path, package: str, dialect: str, root: str = "Acme") -> Path:
    """A package with one dialect, as a wheel leaves it in a site folder."""
    folder = site / package / "dialects" / dialect
    (folder / "samples").mkdir(parents=True)
    (folder / "mapping.toml").write_text(MAPPING.format(name=dialect, root=root))
    (folder / "samples" / "one.xml").write_text(f"<{root}><URN>41ZD0000126</URN></{root}>")
    (site / package / "__init__.py").write_text("raise RuntimeError('a package of data was run')\n")
    name(site, package)
    return folder


def name(site: Path, package: str) -> None:
    about = site / f"{package}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[cjhub.dialects]\n{package} = {package}\n")


def test_the_dialects_of_an_installed_package_are_read_and_proved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = install(tmp_path, "acme_dialects", "acme-rms")
    monkeypatch.syspath_prepend(tmp_path)
    found = discover()
    assert "acme-rms" in found.readers
    assert [sample.path for sample in samples_in(found.bundle, ["acme-rms"])] == [folder / "samples" / "one.xml"]


def test_an_operator_overlays_a_file_of_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "site", "acme_dialects", "acme-rms")
    monkeypatch.syspath_prepend(tmp_path / "site")
    own = tmp_path / "config" / "dialects" / "acme-rms" / "mapping.toml"
    own.parent.mkdir(parents=True)
    own.write_text(MAPPING.format(name="acme-rms", root="Other"))
    assert Bundle(tmp_path / "config").files("dialects/acme-rms/mapping.toml") == [own]


def test_a_dialect_that_two_packages_bring_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "acme_dialects", "acme-rms")
    install(tmp_path, "other_dialects", "acme-rms")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(Misconfigured) as refused:
        discover()
    assert any("acme-rms/mapping.toml" in fault for fault in refused.value.faults)


@pytest.mark.parametrize("package", ["not_there", "json", "json.decoder"])
def test_an_entry_point_without_dialects_is_told(package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name(tmp_path, package)
    monkeypatch.syspath_prepend(tmp_path)
    assert installed() == {package: None}
    with pytest.raises(Misconfigured) as refused:
        discover()
    assert refused.value.faults == (f"entry point {package}: no package with a folder dialects",)
