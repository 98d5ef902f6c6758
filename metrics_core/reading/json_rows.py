"""JSON as a table: a list of objects, or an object a line."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.compute as pc

from ..checks import Finding
from ..errors import DataError
from .cells import moments_of
from .texts import as_utf8
from .watch import UNWATCHED, Watch

#: A row is not longer than this; one that seems so is broken.
_LONGEST = 64 << 20
#: Up to this size in bytes a list is taken at once.
_AT_ONCE = 64 << 20
_CHUNK, _BATCH = 1 << 20, 1 << 16
#: The type of a batch whose values had to be written as text; nothing else has it here.
_MIXED = pa.large_string()
_BLANK = re.compile(r"[ \t\r\n]*")
_HOW = 'Write a list of objects, one for each row, such as [{"label": 1, "score": 0.9}]; with pandas: to_json(path, orient=\'records\')'


class _Repeated(ValueError):
    """An object holds a key twice."""


def read_json(path: Path, *, name: str, watch: Watch = UNWATCHED) -> tuple[pa.Table, tuple[Finding, ...]]:
    """Read a list of objects, or an object a line.

    Parameters
    ----------
    path : Path
    name : str
        How to call the file in messages.
    watch : Watch
        Told how far the read is; may end it.

    Returns
    -------
    table : pyarrow.Table
        A column of ISO dates is typed; whole numbers of sixteen digits and more are text, as in a CSV file.
    findings : tuple of Finding

    Raises
    ------
    DataError
        If it is not well-formed, of another shape, or repeats a key.
    """
    with as_utf8(path, name, watch=watch.part(0.0, 0.2)) as (text, findings):
        size = max(text.stat().st_size, 1)
        with text.open(encoding="utf-8-sig", newline="") as file:
            columns, n_rows = _columns(file, name, size, watch.part(0.2, 1.0))
    if n_rows == 0:
        raise DataError(f"'{name}' is a list without rows. Export the predictions again.")
    if not columns:
        raise DataError(f"'{name}' has {n_rows:,} rows but no columns: its objects are empty. Export the predictions again.")  # fmt: skip
    mixed: list[str] = []
    cells = {column: _one_type(column, arrays, mixed) for column, arrays in columns.items()}
    if mixed:
        shown = ", ".join(map(repr, mixed[:3])) + (" and others" if len(mixed) > 3 else "")
        findings = (*findings, Finding("column-mixed", "note", f"{len(mixed)} column{'' if len(mixed) == 1 else 's'} of '{name}' mix{'es' if len(mixed) == 1 else ''} numbers, text or truth values ({shown}); read as text.", "Write one type in a column."))  # fmt: skip
    return pa.table(cells), findings


def _columns(file: TextIO, name: str, size: int, watch: Watch) -> tuple[dict[str, list[pa.Array]], int]:
    """Read all rows as columns, a batch at a time."""
    columns: dict[str, list[pa.Array]] = {}
    done = 0
    for position, rows in _batches(file, name, size):
        keys = tuple(rows[0])
        if all(tuple(row) == keys for row in rows):
            cells: dict[str, list[Any]] = dict(zip(keys, map(list, zip(*(row.values() for row in rows), strict=True)), strict=False))  # fmt: skip
        else:
            every = dict.fromkeys(key for row in rows for key in row)
            cells = {key: [row.get(key) for row in rows] for key in every}
        for key in {**columns, **cells}:
            if key not in columns:
                columns[key] = [pa.nulls(done)] if done else []
            try:
                columns[key].append(_array(cells[key]) if key in cells else pa.nulls(len(rows)))
            except UnicodeEncodeError:
                raise DataError(f"Column {key!r} of '{name}' holds half a character (a lone surrogate), so it is no text. Export it again.") from None  # fmt: skip
        done += len(rows)
        watch.at(position / size)
    return columns, done


def _array(cells: list[Any]) -> pa.Array:
    """Give a batch the type of its values, else write them as text."""
    try:
        return pa.array(cells, from_pandas=True)
    except (pa.ArrowException, OverflowError):
        return pa.array([_text(cell) for cell in cells], _MIXED)


def _one_type(column: str, arrays: list[pa.Array], mixed: list[str]) -> pa.ChunkedArray:
    """Put batches together: numbers of both kinds are doubles, everything else that differs is text."""
    types = {a.type for a in arrays if not pa.types.is_null(a.type)}
    if types == {pa.int64(), pa.float64()}:
        types = {pa.float64()}
    if len(types) > 1 and any(pa.types.is_nested(t) for t in types):
        with contextlib.suppress(pa.ArrowException):  # else they are written as text
            schemas = [pa.schema([("c", t)]) for t in types]
            types = {pa.unify_schemas(schemas, promote_options="permissive").field(0).type}
    if len(types) > 1 or _MIXED in types:
        mixed.append(column)
        return pa.chunked_array([pa.array([_text(v) for v in a.to_pylist()], pa.string()) for a in arrays])
    type_ = types.pop() if types else pa.null()
    cells = pa.chunked_array([a if a.type == type_ else a.cast(type_) for a in arrays], type_)
    if not pa.types.is_string(type_):
        return cells
    trimmed = pc.utf8_trim_whitespace(cells)
    trimmed = pc.if_else(pc.equal(trimmed, ""), None, trimmed)
    moments = moments_of(trimmed) if trimmed.null_count < len(trimmed) else None
    return cells if moments is None else moments


def _text(value: Any) -> str | None:
    """Write a value as its cell in a CSV file would be."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return (
        json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (dict, list)) else str(value)
    )


def _batches(file: TextIO, name: str, size: int) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Read the objects of a list or of lines, some thousands at a time, with the position behind them."""
    reader = _Reader(file, name)
    opening = reader.peek()
    if opening == "[" and size <= _AT_ONCE:
        rows = reader.all_at_once()
        if rows:
            yield size, rows
            return
    if not opening:
        raise DataError(f"'{name}' holds nothing but blank space. Export the predictions again.")
    if opening not in "[{":
        raise DataError(f"'{name}' is not JSON: it begins with {opening!r}. {_HOW}.")
    one_by_one = reader.items() if opening == "[" else reader.lines()
    held: list[dict[str, Any]] = []
    for row in one_by_one:
        held.append(row)
        if len(held) >= _BATCH:
            yield reader.passed + reader.at, held
            held = []
    if held:
        yield size, held


class _Reader:
    """Takes values out of a text one by one without holding all of it."""

    def __init__(self, file: TextIO, name: str) -> None:
        self.file, self.name = file, name
        self.buffer, self.at, self.passed, self.line, self.ended = "", 0, 0, 1, False
        self.quick = True
        self.decoder = json.JSONDecoder(object_pairs_hook=_object, parse_int=_whole)

    def peek(self) -> str:
        """Return the next character that is not blank, or nothing at the end."""
        while True:
            match = _BLANK.match(self.buffer, self.at)
            assert match is not None  # it matches nothing, too
            self.at = match.end()
            if self.at < len(self.buffer) or not self._more():
                return self.buffer[self.at : self.at + 1]

    def _more(self) -> bool:
        """Read on, as much again as is held; tell whether there was anything."""
        text = "" if self.ended else self.file.read(max(_CHUNK, len(self.buffer) - self.at))
        self.ended = self.ended or not text
        if text:
            self.line += self.buffer.count("\n", 0, self.at)
            self.passed += self.at
            self.buffer, self.at, self.quick = self.buffer[self.at :] + text, 0, True
        return bool(text)

    def value(self, row: int) -> Any:
        """Take the next value."""
        self.peek()
        while True:
            try:
                found, end = self.decoder.raw_decode(self.buffer, self.at)
            except _Repeated as error:
                raise DataError(f"Row {row:,} of '{self.name}' (line {self._line(self.at):,}) has the key {str(error)!r} twice. Each name is used once.") from None  # fmt: skip
            except json.JSONDecodeError as error:
                if len(self.buffer) - self.at < _LONGEST and self._more():
                    continue
                raise self._broken(row, error.pos, error.msg) from None
            except RecursionError:
                raise DataError(f"Row {row:,} of '{self.name}' is nested too deeply for a table. {_HOW}.") from None  # fmt: skip
            if end == len(self.buffer) and self._more():  # a number may go on
                continue
            self.at = end
            return found

    def _quick(self) -> list[dict[str, Any]]:
        """Take the whole lines that the buffer holds when each of them is an object; else nothing, until it is filled again."""
        if not self.quick:
            return []
        self.quick = False
        end = self.buffer.rfind("\n") + 1
        lines = [line for line in self.buffer[self.at : end].split("\n") if line.strip()]
        try:
            rows = self.decoder.decode("[" + ",".join(lines) + "]")
        except (ValueError, RecursionError):
            return []  # taken one by one, the place of the fault is known
        if len(rows) != len(lines) or not all(type(row) is dict for row in rows):
            return []
        self.at = end
        return list(rows)

    def all_at_once(self) -> list[dict[str, Any]]:
        """Take a list when all of it is well-formed and made of objects; else nothing."""
        while self._more():
            pass
        try:
            rows = self.decoder.decode(self.buffer[self.at :])
        except (ValueError, RecursionError):
            return []  # taken one by one, the place of the fault is known
        return list(rows) if all(type(row) is dict for row in rows) else []

    def items(self) -> Iterator[dict[str, Any]]:
        """Take the objects of a list."""
        self.at += 1
        row = 0
        if self.peek() == "]":
            self.at += 1
        else:
            while True:
                row += 1
                yield self._checked(self.value(row), row)
                mark = self.peek()
                self.at += 1
                if mark == "]":
                    break
                if mark != ",":
                    raise self._broken(row, self.at - 1, "Expecting ',' or ']'" if mark else "The list is not closed")  # fmt: skip
        if self.peek():
            raise DataError(f"'{self.name}' goes on behind the end of its list (line {self._line(self.at):,}). Export it again.")  # fmt: skip

    def lines(self) -> Iterator[dict[str, Any]]:
        """Take objects that follow each other; a single one may be a table written by columns."""
        first = self._checked(self.value(1), 1)
        if not self.peek():
            self._check_shape(first)
        yield first
        row = 1
        while self.peek():
            quick = self._quick()
            row += len(quick)
            yield from quick
            if not quick:
                row += 1
                yield self._checked(self.value(row), row)

    def _checked(self, value: Any, row: int) -> dict[str, Any]:
        """Turn away a row that is no object."""
        if isinstance(value, dict):
            return value
        what = "a list" if isinstance(value, list) else f"the value {json.dumps(value)[:30]}"
        raise DataError(f"Row {row:,} of '{self.name}' is {what}, not an object with a name for each value. {_HOW}.")  # fmt: skip

    def _check_shape(self, only: dict[str, Any]) -> None:
        """Turn away the one object of a file when it is a whole table in another shape."""
        for key, value in only.items():
            if isinstance(value, list) and value and isinstance(value[0], dict):
                raise DataError(f"'{self.name}' holds its rows under the key {key!r}. {_HOW}.")
        if set(only) >= {"columns", "data"}:
            raise DataError(f"'{self.name}' keeps column names and rows apart (orient 'split' or 'table' of pandas). {_HOW}.")  # fmt: skip
        if only and all(isinstance(value, (dict, list)) for value in only.values()):
            raise DataError(f"'{self.name}' is written by columns (orient 'columns' or 'index' of pandas), not by rows. {_HOW}.")  # fmt: skip

    def _line(self, at: int) -> int:
        """Line of a place in the buffer, counted from 1."""
        return self.line + self.buffer.count("\n", 0, at)

    def _broken(self, row: int, at: int, why: str) -> DataError:
        """Say where the text stops being JSON."""
        end = at >= len(self.buffer.rstrip())
        what = "the file ends in the middle of it" if end else why[:1].lower() + why[1:]
        return DataError(f"Row {row:,} of '{self.name}' (line {self._line(min(at, len(self.buffer.rstrip()))):,}) is not well-formed JSON: {what}. Mend it or export the file again.")  # fmt: skip


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object; a key that is there twice would lose a value."""
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Repeated(key)
            seen.add(key)
    return found


def _whole(text: str) -> int | str:
    """Keep long whole numbers as text, as everywhere: they are ids."""
    return int(text) if len(text.lstrip("-")) < 16 else text
