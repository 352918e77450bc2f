"""Where schemas and configuration lie: what ships with the hub, overlaid file by file by a folder of the operator's.

In a checkout they stand at the top level; in a wheel under hub/_shipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

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
        """Configuration files that match, by relative path, the overlay's in place of the shipped."""
        found = {path.relative_to(folder): path for folder in self.config_folders for path in folder.glob(pattern)}
        return [found[key] for key in sorted(found)]


@cache
def _root() -> Path:
    return _SHIPPED if _SHIPPED.is_dir() else _PACKAGE.parent


@cache
def _schema(path: str) -> Path:
    return _root() / "schemas" / path
