"""A database that keeps batches and slices: short transactions, many writers at once, troubles told as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event, exc
from sqlalchemy.pool import NullPool

from . import schema
from .errors import StoreError
from .events import Batch, Event, utc_now
from .place import shown, sqlite_path

#: How long a writer waits for another one.
_PATIENCE_SECONDS = 15.0
_WRITES = "faultline_writes"
# What SQLite says, and what that means to somebody at the page; the first that fits.
_MEANINGS = (
    ("locked", "is busy: somebody else has been writing to it for a while. Try again."),
    ("disk is full", "cannot be written: there is no room left on its disk. Nothing of this was kept; make room and try again."),
    ("disk i/o error", "cannot be written: its disk reports an error. Nothing of this was kept."),
    ("readonly", "cannot be written: the file or its folder is read-only. Name another place with FAULTLINE_STORE."),
    ("not a database", "is damaged, or no store at all. Move the file away or put a copy back; a new one is made when there is none."),
    ("malformed", "is damaged. Move the file away or put a copy back; a new one is made when there is none."),
    ("unable to open", "cannot be opened. Does its folder exist, and may this program write there? Name another place with FAULTLINE_STORE."),
)  # fmt: skip


@dataclass(frozen=True)
class SavedSlice:
    """A filter with a name.

    Attributes
    ----------
    name, where : str
        The name and the text of the filter.
    who, at : str
        Who saved it last, and when in UTC.
    """

    name: str
    where: str
    who: str
    at: str


class Store:
    """An open store.

    Parameters
    ----------
    place : str
        A database URL.
    read_only : bool
        Nothing is written, made or migrated.

    Attributes
    ----------
    place : str
        For people: the path, or the URL without its password.
    why_not : str
        Why nothing can be written; empty when it can.

    Raises
    ------
    StoreError
    """

    def __init__(self, place: str, *, read_only: bool = False) -> None:
        self.place = shown(place)
        self.why_not = "this server is read-only (FAULTLINE_READONLY=1)" if read_only else ""
        self._path = sqlite_path(place)
        self._url = place
        self._engine: Engine | None = None
        if read_only:
            self._engine = self._to_read()
            return
        try:
            self._engine = self._to_write()
        except StoreError as error:
            # A store on a disk that cannot be written can still be read.
            if self._path is None or not self._path.is_file():
                raise
            try:
                self._engine = self._to_read()
            except StoreError:
                raise error from None
            self.why_not = str(error)

    def version(self, dataset: str) -> int:
        """Return a number that grows with every batch of a data set."""
        with self._reading() as connection:
            if connection is None:
                return 0
            table = schema.batches
            query = sa.select(sa.func.count()).where(table.c.dataset == dataset)
            return int(connection.execute(query).scalar_one())

    def batches(self, dataset: str) -> tuple[Batch, ...]:
        """Return everything that was done to a data set, in order."""
        with self._reading() as connection:
            if connection is None:
                return ()
            b, e = schema.batches, schema.events
            of: dict[int, tuple[Any, list[Event]]] = {}
            for row in connection.execute(sa.select(b).where(b.c.dataset == dataset).order_by(b.c.seq)):
                of[row.seq] = (row, [])
            said = sa.select(e).join(b, e.c.batch == b.c.seq).where(b.c.dataset == dataset).order_by(e.c.seq)
            for row in connection.execute(said):
                if row.batch in of:  # else it was committed between the two queries
                    of[row.batch][1].append(Event(row.kind, row.row_key, row.tag, row.value, row.who, row.at))
        return tuple(
            Batch(row.actor, row.what, tuple(inside), row.undoes, row.id, row.at)
            for row, inside in of.values()
        )

    def append(self, dataset: str, batch: Batch) -> None:
        """Keep a batch, all of it or nothing.

        Raises
        ------
        StoreError
            If it could not be written; then nothing of it is there.
        """
        with self._writing() as connection:
            made = connection.execute(
                sa.insert(schema.batches).values(
                    id=batch.id,
                    dataset=dataset,
                    actor=batch.actor,
                    at=batch.at,
                    what=batch.what,
                    undoes=batch.undoes,
                )
            )
            seq = next(iter(made.inserted_primary_key or ()))
            rows = [
                {"batch": seq, "kind": e.kind, "row_key": e.row, "tag": e.tag, "value": e.value, "who": e.who, "at": e.at}
                for e in batch.events
            ]  # fmt: skip
            if rows:
                connection.execute(sa.insert(schema.events), rows)

    def slices(self, dataset: str) -> tuple[SavedSlice, ...]:
        """Return the saved slices of a data set by name."""
        with self._reading() as connection:
            if connection is None:
                return ()
            s = schema.slices
            found = connection.execute(sa.select(s).where(s.c.dataset == dataset).order_by(s.c.name)).all()
        return tuple(SavedSlice(row.name, row.condition, row.who, row.at) for row in found)

    def save_slice(self, dataset: str, name: str, where: str, who: str = "") -> bool:
        """Keep a filter under a name; return whether the name was there before and has another filter now.

        Raises
        ------
        StoreError
            If it could not be written.
        """
        s = schema.slices
        mine = (s.c.dataset == dataset) & (s.c.name == name)
        kept = {"condition": where, "who": who, "at": utc_now()}
        with self._writing() as connection:
            before = connection.execute(sa.select(s.c.condition).where(mine)).scalar_one_or_none()
            if before is None:
                connection.execute(sa.insert(s).values(dataset=dataset, name=name, **kept))
            else:
                connection.execute(sa.update(s).where(mine).values(**kept))
        return before is not None and before != where

    def rename_slice(self, dataset: str, name: str, to: str) -> None:
        """Give a saved slice another name.

        Raises
        ------
        StoreError
            If there is no such slice, the new name is taken, or it could not be written.
        """
        s = schema.slices
        with self._writing() as connection:
            names = set(connection.execute(sa.select(s.c.name).where(s.c.dataset == dataset)).scalars())
            if name not in names:
                raise StoreError(
                    f"There is no saved slice {name!r} any more: somebody may have deleted or renamed it."
                )
            if to != name and to in names:
                raise StoreError(
                    f"There is a saved slice {to!r} already. Choose another name, or delete that one first."
                )
            connection.execute(
                sa.update(s).where((s.c.dataset == dataset) & (s.c.name == name)).values(name=to)
            )

    def delete_slice(self, dataset: str, name: str) -> None:
        """Delete a saved slice; nothing happens when it is gone already.

        Raises
        ------
        StoreError
            If it could not be written.
        """
        s = schema.slices
        with self._writing() as connection:
            connection.execute(sa.delete(s).where((s.c.dataset == dataset) & (s.c.name == name)))

    def close(self) -> None:
        """Let go of every connection."""
        if self._engine is not None:
            self._engine.dispose()

    def _to_write(self) -> Engine:
        """Open to write: make what is missing, bring old tables to the newest schema."""
        if self._path is not None:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(f"The store {self.place} cannot be made: {error.strerror or error}. Name another place with FAULTLINE_STORE.") from None  # fmt: skip
        engine = self._engine_of(self._url)
        self._migrate(engine)
        return engine

    def _to_read(self) -> Engine | None:
        """Open to read; None when there is no file yet, which is a store without anything in it."""
        if self._path is None:
            engine = self._engine_of(self._url)
        elif not self._path.is_file():
            return None
        else:
            engine = self._engine_of(f"sqlite:///file:{_quoted(self._path)}?mode=ro&uri=true")
            if not self._readable(engine):
                # Where nothing at all may be written SQLite needs to be told that nobody else writes.
                engine = self._engine_of(f"sqlite:///file:{_quoted(self._path)}?mode=ro&immutable=1&uri=true")
        with self._told(), engine.connect() as connection:
            found = _schema_of(connection)
        self._must_know(found)
        if found < schema.SCHEMA:
            raise StoreError(
                f"The store {self.place} has no tables of this version yet (schema {found}; this one needs {schema.SCHEMA}). "
                "Open it once where it may be written."
            )
        return engine

    def _readable(self, engine: Engine) -> bool:
        """Tell whether the file can be read beside other programs that write to it."""
        try:
            with engine.connect() as connection:
                connection.execute(sa.text("SELECT count(*) FROM sqlite_master"))
        except exc.OperationalError as error:
            if "unable to open" in str(error) or "readonly" in str(error):
                return False
            raise StoreError(self._sentence(error)) from None
        except exc.DatabaseError as error:
            raise StoreError(self._sentence(error)) from None
        return True

    def _migrate(self, engine: Engine) -> None:
        """Bring the tables to the newest schema, one step after the other, all in one transaction."""
        with self._told():
            with engine.connect() as connection:
                found = _schema_of(connection)
            if found == schema.SCHEMA:
                return
            self._must_know(found)
            with engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
                found = _schema_of(connection)  # somebody else may have been first
                for step in range(found, schema.SCHEMA):
                    schema.MIGRATIONS[step](connection)
                if found < schema.SCHEMA:
                    connection.execute(sa.delete(schema.version_table))
                    connection.execute(sa.insert(schema.version_table).values(version=schema.SCHEMA))

    def _must_know(self, found: int) -> None:
        """Refuse a store of a newer version."""
        if found > schema.SCHEMA:
            raise StoreError(
                f"The store {self.place} was written by a newer Faultline (schema {found}; this one knows {schema.SCHEMA}). "
                "Update Faultline, or name another place with FAULTLINE_STORE."
            )

    @contextmanager
    def _reading(self) -> Iterator[Connection | None]:
        """Give a connection to read; None when there is no store yet."""
        if self._engine is None:
            if self._path is None or not self._path.is_file():
                yield None
                return
            self._engine = self._to_read()
        assert self._engine is not None  # the file is there
        with self._told():
            if self._path is not None and not self.why_not and not self._path.is_file():
                self._migrate(self._engine)  # the file was taken away: begin a new one
            with self._engine.connect() as connection:
                yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Give a connection inside a transaction, which is committed at the end or not at all."""
        if self.why_not or self._engine is None:
            raise StoreError(f"Nothing can be kept: {self.why_not}.")
        with self._told():
            if self._path is not None and not self._path.is_file():
                self._migrate(self._engine)
            with (
                self._engine.connect().execution_options(**{_WRITES: True}) as connection,
                connection.begin(),
            ):
                yield connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the database says into a sentence."""
        try:
            yield
        except exc.SQLAlchemyError as error:
            raise StoreError(self._sentence(error)) from None

    def _sentence(self, error: exc.SQLAlchemyError) -> str:
        """Say what went wrong, and what to do."""
        said = str(getattr(error, "orig", None) or error).splitlines()[0]
        meant = next((meaning for sign, meaning in _MEANINGS if sign in said.lower()), None)
        return (
            f"The store {self.place} {meant}" if meant else f"The store {self.place} cannot be used: {said}."
        )

    def _engine_of(self, url: str) -> Engine:
        """Make an engine; connections to a file are made anew each time, so a file that was replaced is noticed."""
        try:
            if self._path is None:
                engine = sa.create_engine(url, pool_pre_ping=True)
            else:
                engine = sa.create_engine(
                    url, poolclass=NullPool, connect_args={"timeout": _PATIENCE_SECONDS}
                )
        except ModuleNotFoundError as error:
            raise StoreError(f"The store {self.place} needs the Python package {error.name!r}, which is not installed.") from None  # fmt: skip
        except (exc.SQLAlchemyError, ValueError) as error:
            raise StoreError(f"FAULTLINE_STORE is {self.place!r}, which is no database URL: {str(error).splitlines()[0]}") from None  # fmt: skip
        if self._path is not None:
            event.listen(engine, "connect", _prepare if "mode=ro" not in url else _prepare_to_read)
            event.listen(engine, "begin", _begin)
        return engine


def _prepare(connection: Any, _: object) -> None:
    """Let readers go on while somebody writes, and let nothing that was committed be lost, not even with the power."""
    connection.isolation_level = None  # transactions begin where we say
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _prepare_to_read(connection: Any, _: object) -> None:
    """Set nothing that would write."""
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    """Take the lock at once when something is to be written: two that read first and then write would wait for each other."""
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _schema_of(connection: Connection) -> int:
    """Return the schema of the store; 0 for a database without one."""
    if not sa.inspect(connection).has_table(schema.version_table.name):
        return 0
    return int(connection.execute(sa.select(schema.version_table.c.version)).scalar() or 0)


def _quoted(path: object) -> str:
    """Write a path for a URI."""
    return quote(str(path))
