"""What a file is, told by its content; its ending is believed only where the content leaves it open."""

from __future__ import annotations

import codecs
import re
from typing import Literal

from ..errors import DataError

Format = Literal["parquet", "feather", "stream", "gzip", "zstd", "json", "text"]

#: How many bytes the decision reads.
HEAD = 4096
READABLE = "Faultline reads CSV, TSV, Parquet, Feather, JSON and JSON lines"
_TEXT_ENDINGS = (".csv", ".tsv", ".tab", ".txt", ".psv", ".dat", "")
_JSON_ENDINGS = (".json", ".jsonl", ".ndjson")
_PARQUET_ENDINGS = (".parquet", ".pq", ".parq")
_FEATHER_ENDINGS = (".feather", ".ft", ".arrow", ".ipc", ".arrows")
_OURS: tuple[tuple[bytes, Format], ...] = (
    (b"PAR1", "parquet"),
    (b"ARROW1", "feather"),
    (b"\xff\xff\xff\xff", "stream"),
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
_PICKLE = "a Python pickle, which is never opened because it can run code; save the table as Parquet"
_FOREIGN = {
    b"PK\x03\x04": "a zip archive or an Excel workbook; export the sheet as CSV",
    b"PK\x05\x06": "an empty zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; export the sheet as CSV",
    b"PARE": "an encrypted Parquet file; write it without encryption",
    b"FEA1": "a Feather file of version 1; write it again as version 2",
    b"BZh": "a bzip2 archive; unpack it first, or pack it with gzip or zstd",
    b"\xfd7zXZ\x00": "an xz archive; unpack it first, or pack it with gzip or zstd",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive; unpack it first",
    b"Rar!": "a RAR archive; unpack it first",
    b"\x04\x22\x4d\x18": "an lz4 archive; unpack it first, or pack it with gzip or zstd",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"II*\x00": "a TIFF picture",
    b"MM\x00*": "a TIFF picture",
    b"%PDF": "a PDF document",
    b"{\\rtf": "a text document (RTF)",
    b"\x80\x02": _PICKLE,
    b"\x80\x03": _PICKLE,
    b"\x80\x04": _PICKLE,
    b"\x80\x05": _PICKLE,
    b"\x93NUMPY": "a NumPy array file; save the table as CSV or Parquet",
    b"\x89HDF": "an HDF5 file; save the table as Parquet",
    b"ORC": "an ORC file; save the table as Parquet",
    b"Obj\x01": "an Avro file; save the table as Parquet",
    b"SQLite format": "a SQLite database; export the table as CSV",
    b"<stata_dta>": "a Stata file; export the table as CSV",
    b"$FL2": "an SPSS file; export the table as CSV",
    b"MATLAB 5": "a MATLAB file; export the table as CSV",
    b"RDX": "an R workspace; save the table as CSV or Parquet",
    b"\x7fELF": "a program",
}
_MARKUP = re.compile(rb"<(!doctype|html|head|body|table|!--)", re.IGNORECASE)
_JSON = re.compile(rb'\{\s*("|\}|$)|\[\s*([\[{\]]|$)')
_BOM = b"\xef\xbb\xbf"


def format_of(head: bytes, name: str, ending: str) -> Format:
    """Tell the format of a file.

    Parameters
    ----------
    head : bytes
        Its first ``HEAD`` bytes.
    name : str
        How to call it in messages.
    ending : str
        Of its name, in lower case, with the dot.

    Returns
    -------
    str

    Raises
    ------
    DataError
        If it is something Faultline does not read: a picture, an archive, a web page.
    """
    for magic, format in _OURS:
        if head.startswith(magic):
            return format
    what = next((what for magic, what in _FOREIGN.items() if head.startswith(magic)), None)
    if what is None and head[257:262] == b"ustar":
        what = "a tar archive of several files; unpack it and name one of them"
    if what is None and head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        what = "a WebP picture"
    if what is not None and not _looks_like_text(what, head):
        raise DataError(f"'{name}' is {what}. {READABLE}.")
    start = head.removeprefix(_BOM).lstrip()
    if _MARKUP.match(start):
        raise DataError(
            f"'{name}' holds a web page, not a table: perhaps a log-in page was saved. Download it again."
        )
    if start.startswith(b"<?xml") or start.startswith(b"<svg"):
        raise DataError(f"'{name}' is an XML document, not a table. Export it as CSV or Parquet.")
    binary = _PARQUET_ENDINGS + _FEATHER_ENDINGS
    if ending in binary and not _is_text(head):
        kind = "Parquet" if ending in _PARQUET_ENDINGS else "Feather"
        raise DataError(
            f"'{name}' ends in {ending} but does not start as a {kind} file does. Write it again."
        )
    if ending in _JSON_ENDINGS or _JSON.match(start):
        return "json"
    return "text"


def unexpected(format: Format, name: str, ending: str) -> bool:
    """Tell whether a name promises another format than the content is."""
    promised = {
        "parquet": _PARQUET_ENDINGS,
        "feather": _FEATHER_ENDINGS,
        "stream": _FEATHER_ENDINGS,
        "json": _JSON_ENDINGS,
        "text": _TEXT_ENDINGS,
    }.get(format)
    known = _PARQUET_ENDINGS + _FEATHER_ENDINGS + _JSON_ENDINGS + _TEXT_ENDINGS
    return promised is not None and ending in known and ending != "" and ending not in promised


def is_known(ending: str) -> bool:
    """Tell whether an ending is one of a table's; with none the content decides."""
    return ending in _TEXT_ENDINGS + _JSON_ENDINGS + _PARQUET_ENDINGS + _FEATHER_ENDINGS


def _looks_like_text(what: str, head: bytes) -> bool:
    """Tell a header line that happens to start with the letters of another format, such as ``ORCHID,label``."""
    return what.startswith(("an ORC", "an R ", "a bzip2", "an SPSS", "a RAR", "a MATLAB", "a GIF", "an encrypted", "a Feather")) and _is_utf8(head)  # fmt: skip


def _is_utf8(head: bytes) -> bool:
    """Tell whether the first bytes are text in UTF-8; a character may be cut at the end."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return _is_text(head)


def _is_text(head: bytes) -> bool:
    """Tell whether the first bytes hold no control characters but those of text."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return not re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", head)
