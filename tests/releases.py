"""The next release, made for a test: the packages as they are, with another version number and one more step.

Rule: nothing is installed. A process is of a release by what stands first on its path.
"""

from __future__ import annotations

import shutil
from importlib.metadata import distribution
from pathlib import Path

from hub.ledger import migrations

ROOT = Path(__file__).resolve().parent.parent
NEXT = "0011"
LAST = "0010"  # the step that this release ends at

EXPANDS = '''"""A column with a default, a table, and an index built beside the work."""

import sqlalchemy as sa
from alembic import op

revision = "{step}"
down_revision = "{before}"
branch_labels = None
depends_on = None
fits_from = "{fits_from}"


def upgrade() -> None:
    op.create_table("probes_{step}", sa.Column("id", sa.Text(), primary_key=True), if_not_exists=True)
    if op.get_context().dialect.name != "postgresql":
        op.add_column("messages", sa.Column("probe_{step}", sa.Text(), server_default="none", nullable=False))
        op.create_index("ix_messages_probe_{step}", "messages", ["probe_{step}"])
        return
    op.execute("ALTER TABLE messages ADD COLUMN IF NOT EXISTS probe_{step} TEXT NOT NULL DEFAULT 'none'")
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_messages_probe_{step}")
        op.create_index("ix_messages_probe_{step}", "messages", ["probe_{step}"], postgresql_concurrently=True)
        op.execute("SET lock_timeout = '2s'")


def downgrade() -> None:
    raise NotImplementedError
'''


def add_step(versions: Path, step: str = NEXT, *, before: str = LAST, fits_from: str | None = LAST) -> None:
    """Put one more step into a folder of steps; without `fits_from` it says nothing of older releases."""
    text = EXPANDS.format(step=step, before=before, fits_from=fits_from)
    if fits_from is None:
        text = text.replace('fits_from = "None"\n', "")
    (versions / f"{step}_probe.py").write_text(text)


def copy_steps(folder: Path) -> Path:
    """The steps of this release in a folder of their own, which Alembic can be pointed to."""
    return Path(shutil.copytree(migrations.HERE, folder, ignore=shutil.ignore_patterns("__pycache__")))


def next_release(folder: Path, version: str = "9.9.9") -> Path:
    """The next release, whole, in a folder: what a path begins with to be of it."""
    for name in ("hub", "connectors", "schemas", "config"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    add_step(folder / "hub" / "ledger" / "migrations" / "versions")
    ours = distribution("cjhub")
    told = folder / f"cjhub-{version}.dist-info"
    told.mkdir()
    (told / "METADATA").write_text((ours.read_text("METADATA") or "").replace(ours.version, version, 1))
    (told / "entry_points.txt").write_text(ours.read_text("entry_points.txt") or "")
    return folder
