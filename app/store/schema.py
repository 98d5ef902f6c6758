"""The tables of a store, and the way from each older schema to the next one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

#: The schema this version writes.
SCHEMA = 1

_tables = MetaData()

#: One row: the schema of the store.
version_table = Table("faultline_schema", _tables, Column("version", Integer, nullable=False))

#: What was done, in order; nothing is ever changed or deleted here.
batches = Table(
    "faultline_batches",
    _tables,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("dataset", String(500), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", String(20), nullable=False),
    Column("what", Text, nullable=False),
    Column("undoes", String(40), nullable=False, default=""),
    Index("faultline_batches_of", "dataset", "seq"),
    sqlite_autoincrement=True,
)

#: What each batch said about rows and tags, in order.
events = Table(
    "faultline_events",
    _tables,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("batch", Integer, ForeignKey("faultline_batches.seq"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("row_key", Text, nullable=False),
    Column("tag", String(40), nullable=False),
    Column("value", Text, nullable=False),
    Column("who", String(200), nullable=False),
    Column("at", String(40), nullable=False),
    sqlite_autoincrement=True,
)

#: Filters with a name.
slices = Table(
    "faultline_slices",
    _tables,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("dataset", String(500), nullable=False),
    Column("name", String(200), nullable=False),
    Column("condition", Text, nullable=False),
    Column("who", String(200), nullable=False),
    Column("at", String(20), nullable=False),
    UniqueConstraint("dataset", "name"),
)


def _first(connection: Connection) -> None:
    """Make every table."""
    _tables.create_all(connection)


#: From each schema to the next one; 0 is an empty database. A new version adds a line here and leaves the old ones.
MIGRATIONS: Mapping[int, Callable[[Connection], None]] = {0: _first}
