"""Rows that are none: headers in the middle, totals and empty lines at the end; and columns without a name."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from ..checks import Finding, rows_of
from ..errors import DataError

#: How a row of totals is marked, in lower case and without a colon.
_TOTALS = ("total", "totals", "grand total", "sum", "summe", "gesamt", "gesamtsumme", "insgesamt", "summa", "somme", "totale", "suma")  # fmt: skip


def cleaned(table: pa.Table, name: str) -> tuple[pa.Table, list[Finding]]:
    """Leave out rows that are no predictions, and name or leave out columns without a name.

    Parameters
    ----------
    table : pyarrow.Table of text
        A column without a name has an empty one.
    name : str
        How to call the table in messages.

    Returns
    -------
    table : pyarrow.Table
    findings : list of Finding
    """
    findings: list[Finding] = []
    table = _without_headers(table, name, findings)
    table = _without_empty_end(table, name, findings)
    table = _without_total(table, name, findings)
    return _named(table, name, findings), findings


def _without_headers(table: pa.Table, name: str, findings: list[Finding]) -> pa.Table:
    """Leave out rows that repeat the header: files that were put together with their headers."""
    again = pc.equal(table.column(0), table.column_names[0])
    if table.num_columns < 2 or not pc.any(again).as_py():
        return table
    for i, column in enumerate(table.column_names[1:], start=1):
        again = pc.and_(again, pc.equal(pc.utf8_trim_whitespace(table.column(i)), column))
        if not pc.any(again).as_py():
            return table
    n = pc.sum(again).as_py()
    findings.append(Finding("header-repeated", "note", f"{rows_of(n, table.num_rows)} of '{name}' repeat the header; they were left out.", "Nothing to do, if files were put together."))  # fmt: skip
    return table.filter(pc.invert(again))


def _without_empty_end(table: pa.Table, name: str, findings: list[Finding]) -> pa.Table:
    """Leave out rows at the end whose cells are all empty, as spreadsheets write them."""
    end = table.num_rows
    step = 1000
    while end > 0:
        begin = max(end - step, 0)
        filled = _filled(table.slice(begin, end - begin))
        if filled >= 0:
            end = begin + filled + 1
            break
        end = begin
    n = table.num_rows - end
    if n == 0 or end == 0:
        return table
    findings.append(Finding("empty-rows", "note", f"The last {n:,} row{'' if n == 1 else 's'} of '{name}' {'is' if n == 1 else 'are'} empty in every column; {'it was' if n == 1 else 'they were'} left out.", "Nothing to do."))  # fmt: skip
    return table.slice(0, end)


def _filled(table: pa.Table) -> int:
    """Return the last row that has a filled cell, or -1."""
    last = -1
    for column in table.columns:
        at = pc.indices_nonzero(pc.not_equal(pc.utf8_trim_whitespace(column), ""))
        if len(at):
            last = max(last, at[-1].as_py())
        if last == table.num_rows - 1:
            break
    return last


def _without_total(table: pa.Table, name: str, findings: list[Finding]) -> pa.Table:
    """Leave out a last row that is marked as a total and has empty cells."""
    n = table.num_rows
    if n < 2:
        return table
    last = [str(column[n - 1].as_py()).strip() for column in table.columns]
    marked = [i for i, cell in enumerate(last) if cell.rstrip(":").strip().lower() in _TOTALS]
    if not marked or all(last):
        return table
    column = table.column(marked[0])
    if pc.sum(pc.equal(pc.utf8_trim_whitespace(column), last[marked[0]])).as_py() > 1:
        return table
    findings.append(Finding("total-row", "warning", f"The last row of '{name}', row {n:,}, is a total ({table.column_names[marked[0]]!r} is {last[marked[0]]!r} and other cells are empty); it was left out.", "Take the total out of the file, or fill its empty cells if it is a prediction."))  # fmt: skip
    return table.slice(0, n - 1)


def _named(table: pa.Table, name: str, findings: list[Finding]) -> pa.Table:
    """Name the columns that have no name; one that is empty besides is left out."""
    names = list(table.column_names)
    nameless = [i for i, column in enumerate(names) if not column]
    if not nameless:
        return table
    keep = list(range(len(names)))
    unnamed = []
    for i in nameless:
        if len(names) > 1 and _filled(table.select([i])) < 0:
            keep.remove(i)
        else:
            names[i] = f"column_{i + 1}"
            unnamed.append(names[i])
    dropped = len(names) - len(keep)
    if not keep:
        raise DataError(f"'{name}' has neither column names nor cells. Export the predictions again.")
    if dropped:
        findings.append(Finding("column-empty", "note", f"{dropped} column{'' if dropped == 1 else 's'} of '{name}' {'has' if dropped == 1 else 'have'} neither a name nor a cell; {'it was' if dropped == 1 else 'they were'} left out. A delimiter at the end of the lines makes such a column.", "Nothing to do."))  # fmt: skip
    if unnamed:
        findings.append(Finding("column-unnamed", "note", f"{len(unnamed)} column{'' if len(unnamed) == 1 else 's'} of '{name}' {'has' if len(unnamed) == 1 else 'have'} no name; called {', '.join(map(repr, unnamed[:3]))}{' and so on' if len(unnamed) > 3 else ''}.", "Name them in the file."))  # fmt: skip
    taken = [names[i] for i in keep]
    twice = sorted({n for n in unnamed if taken.count(n) > 1})
    if twice:
        raise DataError(f"'{name}' has a column without a name that would be called {twice[0]!r}, but there is one already. Name the columns.")  # fmt: skip
    return table.select(keep).rename_columns(taken)
