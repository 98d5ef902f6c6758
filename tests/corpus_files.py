"""Files as they come, good and broken: each with what is to be done about it and the words for it.

``accept`` goes on without a word, ``repair`` goes on with the finding named, ``ask`` raises the question named, and
``reject`` turns the file away with the sentence given (``{path}`` is where it lies; ``...`` stands for what a library says).
Where one goes on, the file holds ``TRUTH`` and ``SCORES``.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

TRUTH = [1, 0, 1, 0, 1, 0]
SCORES = [0.875, 0.25, 0.625, 0.5, 0.75, 0.125]
ROWS = [f"{t},{s},r{i}" for i, (t, s) in enumerate(zip(TRUTH, SCORES, strict=True))]
HEADER = "y_true,y_score,note"
PLAIN = "\n".join([HEADER, *ROWS]) + "\n"
TABLE = pa.table({"y_true": TRUTH, "y_score": SCORES, "note": [f"r{i}" for i in range(6)]})
READS = "Faultline reads CSV, TSV, Parquet, Feather, JSON and JSON lines."
ROWS_HOW = 'Write a list of objects, one for each row, such as [{"label": 1, "score": 0.9}]; with pandas: to_json(path, orient=\'records\').'

Verdict = Literal["accept", "repair", "ask", "reject"]


@dataclass(frozen=True)
class Sample:
    """A file and what is to be done about it."""

    name: str
    content: bytes | Callable[[Path], None]
    verdict: Verdict
    expected: str = ""

    def write(self, folder: Path) -> Path:
        path = folder / self.name
        if callable(self.content):
            self.content(path)
        else:
            path.write_bytes(self.content)
        return path


def _text(
    text: str, verdict: Verdict, expected: str = "", name: str = "t.csv", encoding: str = "utf-8"
) -> Sample:
    return Sample(name, text.encode(encoding), verdict, expected)


def _lines(*lines: str) -> str:
    return "\n".join(lines) + "\n"


def _local(text: str) -> str:
    """The table with semicolons and decimal commas."""
    return text.replace(",", ";").replace(".", ",")


def _with(column: str, cells: list[str], delimiter: str = ",") -> str:
    """The table with one more column."""
    rows = [f"{row}{delimiter}{cell}" for row, cell in zip(ROWS if delimiter == "," else map(_local, ROWS), cells, strict=True)]  # fmt: skip
    return _lines(f"{HEADER if delimiter == ',' else _local(HEADER)}{delimiter}{column}", *rows)


def _parquet(table: pa.Table = TABLE, **options: object) -> Callable[[Path], None]:
    return lambda path: pq.write_table(table, path, **options)


def _parquet_bytes(table: pa.Table = TABLE) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def _feather_bytes() -> bytes:
    out = io.BytesIO()
    with pa.ipc.new_file(out, TABLE.schema) as writer:
        writer.write_table(TABLE)
    return out.getvalue()


def _tar(path: Path) -> None:
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo("a.csv")
        entry.size = len(PLAIN)
        archive.addfile(entry, io.BytesIO(PLAIN.encode()))


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", PLAIN)


def _objects(path: Path) -> None:
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)


def _lost_data(path: Path) -> None:
    """Parquet whose footer is whole and whose pages are not."""
    data = bytearray(_parquet_bytes(pa.table({"y_true": TRUTH * 500, "y_score": SCORES * 500})))
    data[4 : len(data) // 3] = b"\xff" * (len(data) // 3 - 4)
    path.write_bytes(bytes(data))


def _escape(path: Path) -> None:
    path.mkdir()
    outside = path.parent / "outside.parquet"
    pq.write_table(TABLE, outside)
    (path / "in.parquet").symlink_to(outside)


def _folder_of_csv(path: Path) -> None:
    path.mkdir()
    (path / "a.csv").write_text(PLAIN)


def _json(rows: object) -> bytes:
    return json.dumps(rows).encode()


RECORDS = TABLE.to_pylist()
NOT_WELL = "'t.csv' is not a well-formed table: "
NO_ROWS = "'t.csv' has a header with 3 column(s) but no rows. Export the predictions again."
TORN = "'t.parquet' is not a complete Parquet file (...). Write it again."
UNPACK = "'{name}' is damaged or cut off: it cannot be unpacked after 0 bytes. Pack or copy it again."

CORPUS: dict[str, Sample] = {
    # ------------------------------------------------------------------------------------ nothing, and too little
    "no bytes": _text("", "reject", "'t.csv' is empty (0 bytes). Export the predictions again."),
    "no bytes, packed": Sample("t.csv.gz", gzip.compress(b""), "reject", "'t.csv.gz' is empty (0 bytes). Export the predictions again."),
    "blank": _text(" \n\t\n\n", "reject", "'t.csv' holds nothing but blank space. Export the predictions again."),
    "a mark and nothing else": _text("\ufeff", "reject", "'t.csv' holds nothing but blank space. Export the predictions again."),
    "a header": _text(HEADER + "\n", "reject", NO_ROWS),
    "a header without a line end": _text(HEADER, "reject", NO_ROWS),
    "a header and empty lines": _text(HEADER + "\n\n\n", "reject", NO_ROWS),
    "Parquet without rows": Sample("t.parquet", _parquet(TABLE.slice(0, 0)), "reject", "'t.parquet' has a header with 3 column(s) but no rows. Export the predictions again."),
    "an empty list": Sample("t.json", b"[]", "reject", "'t.json' is a list without rows. Export the predictions again."),
    "empty objects": Sample("t.json", b"[{}, {}]", "reject", "'t.json' has 2 rows but no columns: its objects are empty. Export the predictions again."),
    # ------------------------------------------------------------------------------------ rows of another length
    "a row too long": _text(_lines(HEADER, *ROWS[:2], ROWS[2] + ",x", *ROWS[3:]), "reject", NOT_WELL + "a row does not have the 3 fields the header names at line 4. Mend that line or export the file again."),
    "a row too short": _text(_lines(HEADER, *ROWS[:2], "1,0.5", *ROWS[3:]), "reject", NOT_WELL + "a row does not have the 3 fields the header names at line 4. Mend that line or export the file again."),
    "rows too long, behind empty and quoted lines": _text(_lines(HEADER, "", '1,0.5,"two', 'lines"', "1,0.5", "0,0.2,a", "1,0.1,b,c"), "reject", NOT_WELL + "2 of 4 rows do not have the 3 fields the header names: row 2 (line 5) has 2, row 4 (line 7) has 4. Mend these lines or export the file again."),
    "a delimiter at the end of every line": _text(_lines(*(line + "," for line in (HEADER, *ROWS))), "repair", "column-empty"),
    "a delimiter at the end of the rows only": _text(_lines(HEADER, *(line + "," for line in ROWS)), "repair", "column-empty"),
    "row names as R writes them": _text(_lines(HEADER, *(f"{i},{line}" for i, line in enumerate(ROWS))), "repair", "index-named"),
    "one more cell everywhere, not different": _text(_lines(HEADER, *(f"a,{line}" for line in ROWS)), "reject", NOT_WELL + "6 of 6 rows do not have the 3 fields the header names: row 1 (line 2) has 4, row 2 (line 3) has 4, row 3 (line 4) has 4. Mend these lines or export the file again."),
    "empty lines": _text("\n\n" + PLAIN.replace("\n", "\n\n"), "accept"),
    "lines of blanks": _text(PLAIN.replace("\n", "\n   \n"), "accept"),
    "empty rows of a spreadsheet": _text(PLAIN + ",,\n,,\n", "repair", "empty-rows"),
    "no line end at the end": _text(PLAIN.rstrip(), "accept"),
    "line ends of three kinds": _text(_lines(HEADER, ROWS[0]) + ROWS[1] + "\r\n" + ROWS[2] + "\r" + _lines(*ROWS[3:]), "accept"),
    # ------------------------------------------------------------------------------------ quotation marks
    "a quote not closed": _text(_lines(HEADER, *ROWS[:3], '1,"0.5,a', *ROWS[4:]), "reject", NOT_WELL + "a quotation mark is opened and not closed at line 5. Mend that line or export the file again."),
    "a quote not closed in the header": _text('"y_true,y_score\n1,0.5\n', "reject", NOT_WELL + "a quotation mark is opened and not closed at line 1. Mend that line or export the file again."),
    "a quote closed in a cell": _text(_lines(HEADER, *ROWS[:3], '1,0.5,"a"b', *ROWS[4:]), "reject", NOT_WELL + "a quotation mark is closed in the middle of a cell at line 5. Mend that line or export the file again."),
    "inches": _text(_with("size", ['5" pipe'] * 6), "accept"),
    "blanks before quotes": _text(_lines(HEADER, *(row.replace(",r", ', "r') + '"' for row in ROWS)), "accept"),
    "quoted line ends": _text(_with("text", ['"two\nlines"', '"a\r\nb"', '"say ""no"""', '""', '","', '"x"']), "accept"),
    # ------------------------------------------------------------------------------------ bytes
    "NUL bytes": _text(PLAIN.replace("r3", "\x00"), "reject", "'t.csv' holds NUL bytes, so it is not text. Export it again as CSV or Parquet."),
    "bytes of no text": Sample("t.csv", bytes(range(1, 256)) * 4, "reject", "'t.csv' is not text: it holds bytes that no text has. Export it again as CSV or Parquet."),
    "a byte of no encoding": Sample("t.csv", PLAIN.encode() + b"1,0.5,\x81\n", "reject", "'t.csv' is no text in Windows-1252 (byte 0x81, ...). Save it as UTF-8."),
    "UTF-16 cut off": Sample("t.csv", PLAIN.encode("utf-16")[:-1], "reject", "'t.csv' is no text in UTF-16 (...). Save it as UTF-8."),
    "Windows-1252": _text(PLAIN.replace("r1", "Zoë €"), "repair", "encoding", encoding="cp1252"),
    "UTF-16": _text(PLAIN, "repair", "encoding", encoding="utf-16"),
    "UTF-16 without a mark": _text(PLAIN, "repair", "encoding", encoding="utf-16-be"),
    "UTF-32": _text(PLAIN, "repair", "encoding", encoding="utf-32"),
    "UTF-8 with a mark": _text(PLAIN, "accept", encoding="utf-8-sig"),
    # ------------------------------------------------------------------------------------ column names
    "a name twice": _text(PLAIN.replace("note", "y_score"), "reject", "'t.csv' has 1 column name(s) more than once: 'y_score'. Rename the columns so that each name is used once."),
    "a name twice but for blanks": _text(PLAIN.replace("note", " y_score "), "reject", "'t.csv' has 1 column name(s) more than once: 'y_score'. Rename the columns so that each name is used once."),
    "a name in two letter cases": _text(PLAIN.replace("note", "Y_Score"), "reject", "'t.csv' has column names that differ in letter case only: 'Y_Score', 'y_score'. Rename them so that they cannot be mixed up."),
    "a name twice in Parquet": Sample("t.parquet", _parquet(pa.table([[1], [0.5], [1]], names=["y_true", "y_score", "y_true"])), "reject", "'t.parquet' has 1 column name(s) more than once: 'y_true'. Rename the columns so that each name is used once."),
    "a key twice": Sample("t.jsonl", b'{"y_true": 1}\n{"y_true": 1, "y_true": 0}\n', "reject", "Row 2 of 't.jsonl' (line 2) has the key 'y_true' twice. Each name is used once."),
    "no name first": _text(_lines("," + HEADER, *(f"{i},{line}" for i, line in enumerate(ROWS))), "repair", "index-named"),
    "no name in the middle": _text(_lines("y_true,,y_score", *(row.replace(",", ",x,", 1).rsplit(",", 1)[0] for row in ROWS)), "repair", "column-unnamed"),
    "no name that is taken": _text(_lines("column_2,,y_true,y_score", *(f"a,b,{row.rsplit(',', 1)[0]}" for row in ROWS)), "reject", "'t.csv' has a column without a name that would be called 'column_2', but there is one already. Name the columns."),
    "names with blanks": _text(PLAIN.replace(HEADER, " y_true , y_score , note "), "accept"),
    "ten thousand columns": _text(_lines(HEADER + "".join(f",f{i}" for i in range(10_000)), *(row + ",0.5" * 10_000 for row in ROWS)), "accept"),
    # ------------------------------------------------------------------------------------ header
    "no header": _text(_lines(*ROWS), "ask", "header"),
    "no header, numbers only": _text("1,0.5\n0,0.25\n", "ask", "header"),
    "no header, cells that come again": _text(_lines("cat,dog,a", "cat,dog,b", "dog,cat,c"), "ask", "header"),
    "columns named after classes": _text(_lines("y_true,0,1,y_score", *(f"{row.split(',')[0]},0.5,0.5,{row.split(',')[1]}" for row in ROWS)), "accept"),
    "columns named after a label": _text(_lines("fraud,y_true,y_score", *(f"fraud,{row.rsplit(',', 1)[0]}" for row in ROWS)), "accept"),
    "lines above the header": _text("Report of May\nby hand, really\n\n" + PLAIN, "repair", "preamble-skipped"),
    "comments above the header": _text("# model 7\n# a, b, c\n" + PLAIN, "repair", "preamble-skipped"),
    "padded lines above the header": _text("Report of May,,\n,,\n" + PLAIN, "repair", "preamble-skipped"),
    "the line with the delimiter": _text("sep=;\n" + _local(PLAIN), "repair", "delimiter-line"),
    "a header that begins as a comment": _text(_lines("#note,y_true,y_score", *(f"a{row.rsplit(',', 1)[0].replace(',', ';')}".replace("a", "x,", 1).replace(";", ",") for row in ROWS)), "accept"),
    "the header again": _text(_lines(HEADER, *ROWS[:3], HEADER, *ROWS[3:]), "repair", "header-repeated"),
    "a total": _text(PLAIN + "Total,3.125,\n", "repair", "total-row"),
    "a total in another language": _text(PLAIN + ",3.125,Summe:\n", "repair", "total-row"),
    # ------------------------------------------------------------------------------------ numbers
    "decimal commas": _text(_local(PLAIN), "repair", "decimal-comma"),
    "decimal commas in quotes": _text(_lines(HEADER, *(f'{t},"{str(s).replace(".", ",")}",a' for t, s in zip(TRUTH, SCORES, strict=True))), "repair", "decimal-comma"),
    "grouped digits": _text(_with("amount", ['"1,234.5"', '"12,345.5"', "1", "2", "3", "4"]), "repair", "thousands"),
    "grouped digits of the other kind": _text(_with("amount", ["1.234,5", "12.345,5", "1", "2", "3", "4"], ";"), "repair", "decimal-comma"),
    "grouped digits or not": _text(_with("amount", ['"1,234"', '"12,345"', "1", "2", "3", "4"]), "repair", "number-style"),
    "ids spoilt by a spreadsheet": _text(_with("id", ["1.23457E+15"] * 6), "repair", "scientific-codes"),
    "ids beyond a double": _text(_with("id", [str(2**60 + i) for i in range(6)]), "accept"),
    "a cell of three megabytes": _text(_with("text", ["x" * (3 << 20)] * 6), "accept"),
    # ------------------------------------------------------------------------------------ other content than the ending says
    "csv called parquet": _text(PLAIN, "repair", "ending", name="t.parquet"),
    "csv called json": _text(PLAIN, "reject", "'t.json' is not JSON: it begins with 'y'. " + ROWS_HOW, name="t.json"),
    "Parquet called csv": Sample("t.csv", _parquet(), "repair", "ending"),
    "Feather called parquet": Sample("t.parquet", _feather_bytes(), "repair", "ending"),
    "JSON called csv": Sample("t.csv", _json(RECORDS), "repair", "ending"),
    "JSON lines called json": Sample("t.json", "\n".join(map(json.dumps, RECORDS)).encode(), "accept"),
    "csv without an ending": _text(PLAIN, "accept", name="t"),
    "csv of another ending": _text(PLAIN, "accept", name="t.log"),
    "prose of another ending": _text("Dear reader\nhow are you\n", "reject", "'t.md' has an ending Faultline does not know (.md), and its content is no table. " + READS, name="t.md"),
    "noise called parquet": Sample("t.parquet", b"\x00\x01\x02" * 50, "reject", "'t.parquet' ends in .parquet but does not start as a Parquet file does. Write it again."),
    "noise called feather": Sample("t.feather", b"\x00\x01\x02" * 50, "reject", "'t.feather' ends in .feather but does not start as a Feather file does. Write it again."),
    "a web page": _text("\n <!DOCTYPE html><title>Log in</title>", "reject", "'t.csv' holds a web page, not a table: perhaps a log-in page was saved. Download it again."),
    "a web page without a type": _text("<html><body>502</body></html>", "reject", "'t.csv' holds a web page, not a table: perhaps a log-in page was saved. Download it again."),
    "XML": _text('<?xml version="1.0"?><rows/>', "reject", "'t.csv' is an XML document, not a table. Export it as CSV or Parquet."),
    "a picture": Sample("t.csv", b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, "reject", f"'t.csv' is a PNG picture. {READS}"),
    "a PDF": Sample("t.pdf", b"%PDF-1.7\n", "reject", f"'t.pdf' is a PDF document. {READS}"),
    "a pickle": Sample("t.pkl", pickle.dumps({"a": 1}), "reject", f"'t.pkl' is a Python pickle, which is never opened because it can run code; save the table as Parquet. {READS}"),
    "an array of objects": Sample("t.npy", _objects, "reject", f"'t.npy' is a NumPy array file; save the table as CSV or Parquet. {READS}"),
    "a zip archive": Sample("t.zip", _zip, "reject", f"'t.zip' is a zip archive or an Excel workbook; export the sheet as CSV. {READS}"),
    "an old workbook": Sample("t.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "reject", f"'t.xls' is an old Excel workbook; export the sheet as CSV. {READS}"),
    "a database": Sample("t.db", b"SQLite format 3\x00", "reject", f"'t.db' is a SQLite database; export the table as CSV. {READS}"),
    "bzip2": Sample("t.csv.bz2", b"BZh91AY&SY\x00", "reject", f"'t.csv.bz2' is a bzip2 archive; unpack it first, or pack it with gzip or zstd. {READS}"),
    "xz": Sample("t.csv.xz", b"\xfd7zXZ\x00\x00", "reject", f"'t.csv.xz' is an xz archive; unpack it first, or pack it with gzip or zstd. {READS}"),
    "names like other formats": _text(PLAIN.replace("note", "x").replace(HEADER.replace("note", "x"), "ORC,y_true,y_score").replace("\n1,", "\na,1,").replace("\n0,", "\na,0,").replace(",r", ",").replace(",0\n", "\n").replace(",1\n", "\n").replace(",2\n", "\n").replace(",3\n", "\n").replace(",4\n", "\n").replace(",5\n", "\n"), "accept"),
    # ------------------------------------------------------------------------------------ packed
    "gzip": Sample("t.csv.gz", gzip.compress(PLAIN.encode()), "accept"),
    "gzip without saying so": Sample("t.csv", gzip.compress(PLAIN.encode()), "accept"),
    "gzip cut off": Sample("t.csv.gz", gzip.compress(PLAIN.encode())[:-9], "reject", "'t.csv.gz' is damaged or cut off: it cannot be unpacked after ... bytes. Pack or copy it again."),
    "gzip damaged": Sample("t.csv.gz", gzip.compress(PLAIN.encode())[:12] + b"\xff" * 30, "reject", UNPACK.format(name="t.csv.gz")),
    "zstd damaged": Sample("t.csv.zst", b"\x28\xb5\x2f\xfd" + b"\xff" * 30, "reject", UNPACK.format(name="t.csv.zst")),
    "packed twice": Sample("t.csv.gz", gzip.compress(gzip.compress(PLAIN.encode())), "reject", "'t.csv.gz' is packed twice. Unpack it once."),
    "tar": Sample("t.tar.gz", _tar, "reject", f"'t.tar.gz' is a tar archive of several files; unpack it and name one of them. {READS}"),
    "a bomb": Sample("t.csv.gz", gzip.compress(b"y,p\n" + b"1,0.5\n" * 12_000_000), "reject", "'t.csv.gz' unpacks to more than 100 times its size, which no table of predictions does. If it is one, unpack it yourself."),
    # ------------------------------------------------------------------------------------ Parquet and Feather
    "Parquet cut off": Sample("t.parquet", _parquet_bytes()[:-20], "reject", TORN),
    "Parquet of four bytes": Sample("t.parquet", b"PAR1", "reject", TORN),
    "Parquet with the footer of another file": Sample("t.parquet", _parquet_bytes()[:200] + b"\x10\x00\x00\x00PAR1", "reject", TORN),
    "Parquet with lost pages": Sample("t.parquet", _lost_data, "reject", TORN),
    "Parquet encrypted": Sample("t.parquet", b"PARE" + b"\x9d" * 60 + b"PARE", "reject", f"'t.parquet' is an encrypted Parquet file; write it without encryption. {READS}"),
    "Feather": Sample("t.feather", _feather_bytes(), "accept"),
    "Feather cut off": Sample("t.feather", _feather_bytes()[:-30], "reject", "'t.feather' is not a complete Feather file (...). Write it again."),
    "Feather of version 1": Sample("t.feather", b"FEA1" + b"\x00" * 60 + b"FEA1", "reject", f"'t.feather' is a Feather file of version 1; write it again as version 2. {READS}"),
    "columns of every type": Sample("t.parquet", _parquet(TABLE.append_column("nested", pa.array([{"a": [1]}] * 6)).append_column("span", pa.array([1] * 6, pa.duration("s"))).append_column("price", pa.array([1] * 6, pa.decimal128(10, 2))).append_column("kind", pa.array(["a"] * 6).dictionary_encode()).append_column("at", pa.array([0] * 6, pa.timestamp("us", "Europe/Berlin"))).append_column("raw", pa.array([b"\xff"] * 6)).append_column("none", pa.nulls(6))), "accept"),
    # ------------------------------------------------------------------------------------ JSON
    "JSON": Sample("t.json", _json(RECORDS), "accept"),
    "JSON over many lines": Sample("t.json", json.dumps(RECORDS, indent=2).encode(), "accept"),
    "JSON with NaN": Sample("t.json", json.dumps([{**r, "x": float("nan")} for r in RECORDS]).encode(), "accept"),
    "JSON lines with empty lines": Sample("t.jsonl", "\n\n".join(map(json.dumps, RECORDS)).encode() + b"\n\n", "accept"),
    "JSON lines in Windows-1252": Sample("t.jsonl", "\n".join(json.dumps({**r, "x": "é"}, ensure_ascii=False) for r in RECORDS).encode("cp1252"), "repair", "encoding"),
    "JSON of mixed columns": Sample("t.json", _json([{**r, "x": i if i % 2 else "a"} for i, r in enumerate(RECORDS)]), "repair", "column-mixed"),
    "JSON with nested values": Sample("t.json", _json([{**r, "x": {"a": [1]}} for r in RECORDS]), "accept"),
    "JSON by columns": Sample("t.json", _json({"y_true": {"0": 1}, "y_score": {"0": 0.5}}), "reject", f"'t.json' is written by columns (orient 'columns' or 'index' of pandas), not by rows. {ROWS_HOW}"),
    "JSON of lists by columns": Sample("t.json", _json({"y_true": [1], "y_score": [0.5]}), "reject", f"'t.json' is written by columns (orient 'columns' or 'index' of pandas), not by rows. {ROWS_HOW}"),
    "JSON split": Sample("t.json", _json({"columns": ["y_true"], "index": [0], "data": [[1]]}), "reject", f"'t.json' keeps column names and rows apart (orient 'split' or 'table' of pandas). {ROWS_HOW}"),
    "JSON rows under a key": Sample("t.json", _json({"data": RECORDS}), "reject", f"'t.json' holds its rows under the key 'data'. {ROWS_HOW}"),
    "JSON rows without names": Sample("t.json", b"[[1, 0.5]]", "reject", f"Row 1 of 't.json' is a list, not an object with a name for each value. {ROWS_HOW}"),
    "a JSON text": Sample("t.json", b'"hello"', "reject", f"'t.json' is not JSON: it begins with '\"'. {ROWS_HOW}"),
    "JSON cut off": Sample("t.json", _json(RECORDS)[:-20], "reject", "Row 6 of 't.json' (line 1) is not well-formed JSON: the file ends in the middle of it. Mend it or export the file again."),
    "a broken JSON line": Sample("t.jsonl", b'{"y_true": 1}\n\n{"y_true": 1,, }\n{"y_true": 0}\n', "reject", "Row 2 of 't.jsonl' (line 3) is not well-formed JSON: expecting property name enclosed in double quotes. Mend it or export the file again."),
    "JSON that goes on": Sample("t.json", _json(RECORDS) + b"[]", "reject", "'t.json' goes on behind the end of its list (line 1). Export it again."),
    "JSON nested without end": Sample("t.json", b"[" * 200_000, "reject", f"Row 1 of 't.json' is nested too deeply for a table. {ROWS_HOW}"),
    "half a character": Sample("t.json", b'[{"y_true": 1, "x": "\\ud800"}]', "reject", "Column 'x' of 't.json' holds half a character (a lone surrogate), so it is no text. Export it again."),
    # ------------------------------------------------------------------------------------ what is no file
    "a folder": Sample("it", Path.mkdir, "reject", "'it' is a folder. Name the file of predictions inside it."),
    "a folder of csv": Sample("it", _folder_of_csv, "reject", "'it' is a folder. Name the file of predictions inside it, or a pattern in quotation marks such as 'it/*.csv'."),
    "a link out of a folder": Sample("it", _escape, "reject", "'in.parquet' in the folder 'it' is a link that leads out of it. Name that file itself."),
    "a link to nothing": Sample("t.csv", lambda path: path.symlink_to(path.parent / "gone.csv"), "reject", "There is no file '{path}'."),
    "a pipe": Sample("t.csv", os.mkfifo, "reject", "'t.csv' is not a file but a pipe or a device. Save its content to a file first."),
    "a pattern of nothing": Sample("a*.csv", lambda path: None, "reject", "No file matches '{path}'. Name the files, or another pattern."),
    "a name too long": Sample("x" * 300 + ".csv", lambda path: None, "reject", "'" + "x" * 300 + ".csv' cannot be read: File name too long."),
    "a name that cannot be": Sample("a\x00b.csv", lambda path: None, "reject", "'a\x00b.csv' cannot be read: ..."),
}  # fmt: skip
