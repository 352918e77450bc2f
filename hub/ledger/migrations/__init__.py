"""Bringing a database to the shape of `hub.ledger.tables`, step by step, with Alembic.

Rule: a step that was released is never edited; a new shape is a new step.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from hub.message.errors import Misconfigured

HERE = Path(__file__).resolve().parent


def migrate(connection: Connection) -> None:
    """Take every step that this database has not taken, within the caller's transaction.

    Raises Misconfigured where the database has taken steps that this release does not know.
    """
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise Misconfigured([f"database: {error} (was it written by a later release?)"]) from error
