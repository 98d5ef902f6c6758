"""Make the files of the bundled demos: ``python -m demo_data.generate [NAME...]`` rewrites them.

Every seed is fixed, so a second run on the same library versions writes the same bytes. Models are trained here
and nowhere else; ``docs/demos.md`` says what is in the files.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from demo_data import DEMOS, UnknownDemo, demo
from demo_data.demand import demand_history, demand_table
from demo_data.diabetes import diabetes_table
from demo_data.digits import digits_table
from demo_data.fraud import simulate_fraud
from demo_data.tumour import tumour_table

TABLES: Mapping[str, Callable[[], pa.Table]] = MappingProxyType(
    {
        "fraud": lambda: simulate_fraud().table,
        "tumour": tumour_table,
        "digits": digits_table,
        "diabetes": diabetes_table,
        "demand": demand_table,
    }
)
HISTORIES: Mapping[str, Callable[[], pa.Table]] = MappingProxyType({"demand": demand_history})
"""What was known before the forecasts; the role ``train`` names the file."""


def write(table: pa.Table, path: Path) -> None:
    """Write a demo's table as the file that is bundled: CSV or Parquet, as the name ends.

    Raises
    ------
    ValueError
        If the name ends otherwise.
    """
    if path.suffix == ".csv":
        _write_csv(table, path)
    elif path.suffix == ".parquet":
        pq.write_table(table, path, compression="zstd", compression_level=9, row_group_size=25_000)
    else:
        raise ValueError(f"A demo is a .csv or a .parquet file, not {path.name!r}.")


def _write_csv(table: pa.Table, path: Path) -> None:
    """Write plain text that a spreadsheet reads: no quotes around every word, no 5e-05."""
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(table.column_names)
        for row in table.to_pylist():
            lines.writerow(
                np.format_float_positional(cell, trim="0") if isinstance(cell, float) else cell
                for cell in row.values()
            )


def main(arguments: Sequence[str] | None = None) -> None:
    """Rewrite the named demos, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m demo_data.generate", description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(DEMOS)} (default: all)")
    try:
        chosen = [demo(name) for name in parser.parse_args(arguments).names or DEMOS]
    except UnknownDemo as unknown:
        parser.error(str(unknown))
    for known in chosen:
        files = {known.path: TABLES[known.name]}
        if known.name in HISTORIES:
            files[Path(str(known.roles["train"]))] = HISTORIES[known.name]
        for path, table in files.items():
            write(table(), path)
            print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
