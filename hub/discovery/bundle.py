"""Where schemas and configuration lie: what ships with the hub, overlaid file by file by a folder of the operator's.

In a checkout they stand at the top level; in a wheel under hub/_shipped. Dialects lie in installed packages too: an
entry point of the group `cjhub.dialects` names a package that has a folder `dialects` (docs/mapping.md).

Rule: such a package is data, and none of its code is run.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

DIALECTS = "cjhub.dialects"
"""The group of entry points of packages with dialects."""

_PACKAGE = Path(__file__).resolve().parent.parent
_SHIPPED = _PACKAGE / "_shipped"


@dataclass(frozen=True, slots=True)
class Bundle:
    """The folders in force. `overlay` is the operator's configuration folder, or None."""

    overlay: Path | None = None

    @property
    def root(self) -> Path:
        """The folder above the shipped `schemas` and `config`."""
        return _root()

    def schema(self, path: str) -> Path:
        """A schema by its path below schemas/."""
        return _schema(path)

    @property
    def config_folders(self) -> list[Path]:
        """The configuration folders, the one that overrules last."""
        return [self.root / "config", *([self.overlay] if self.overlay else [])]

    def files(self, pattern: str) -> list[Path]:
        """Configuration files that match, by relative path, the overlay's in place of the others.

        A dialect that is shipped and installed, or installed twice, is there twice, so that it can be told.
        """
        folders = [self.root / "config"]
        if pattern.startswith("dialects/"):
            folders += [folder for folder in installed().values() if folder is not None]
        found = {} if self.overlay is None else _matching(self.overlay, pattern)
        below = [item for folder in folders for item in _matching(folder, pattern).items() if item[0] not in found]
        return [path for _, path in sorted([*found.items(), *below])]


def installed() -> dict[str, Path | None]:
    """The packages with dialects by the name of their entry point: the folder above `dialects`, None without one."""
    return {point.name: _folder_of(point.module) for point in entry_points(group=DIALECTS)}


def _folder_of(module: str) -> Path | None:
    """The folder of a package that has a folder `dialects`; not of one within another, since finding it runs code."""
    if "." in module:
        return None
    spec = find_spec(module)
    places = [] if spec is None else list(spec.submodule_search_locations or ())
    return next((Path(place) for place in places if (Path(place) / "dialects").is_dir()), None)


def _matching(folder: Path, pattern: str) -> dict[Path, Path]:
    return {path.relative_to(folder): path for path in folder.glob(pattern)}


@cache
def _root() -> Path:
    return _SHIPPED if _SHIPPED.is_dir() else _PACKAGE.parent


@cache
def _schema(path: str) -> Path:
    return _root() / "schemas" / path
