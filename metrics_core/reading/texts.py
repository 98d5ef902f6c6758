"""Text of any usual encoding as UTF-8."""

from __future__ import annotations

import codecs
import io
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..checks import Finding
from ..errors import DataError
from .watch import UNWATCHED, Watch

_BLOCK = 1 << 20
#: UTF-32 stands first: its mark begins with the one of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")


@contextmanager
def as_utf8(path: Path, name: str, *, watch: Watch = UNWATCHED) -> Iterator[tuple[Path, tuple[Finding, ...]]]:
    """Give a text file as UTF-8: the file itself, or a copy that is gone afterwards.

    Parameters
    ----------
    path : Path
    name : str
        How to call the file in messages.
    watch : Watch

    Yields
    ------
    path : Path
    findings : tuple of Finding
        The encoding, when it was another one.

    Raises
    ------
    DataError
        If the bytes are no text.
    """
    codec, called = _encoding(path, name, watch.part(0.0, 0.5))
    if codec == "utf-8":
        watch.at(1.0)
        yield path, ()
        return
    with tempfile.NamedTemporaryFile("w", prefix="faultline-", suffix=".txt", encoding="utf-8", newline="") as copy:  # fmt: skip
        size = max(path.stat().st_size, 1)
        try:
            with path.open("rb") as raw, io.TextIOWrapper(raw, encoding=codec, newline="") as text:
                while block := text.read(_BLOCK):
                    if "\x00" in block:
                        raise _nul(name)
                    watch.part(0.5, 1.0).at(raw.tell() / size)
                    copy.write(block)
        except UnicodeError as error:
            raise DataError(f"'{name}' is no text in {called} ({_short(error)}). Save it as UTF-8.") from None
        copy.flush()
        yield Path(copy.name), (_finding(name, called),)


def _encoding(path: Path, name: str, watch: Watch) -> tuple[str, str]:
    """Find out how the bytes are to be read: the codec, and what people call it."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    size = max(path.stat().st_size, 1)
    with path.open("rb") as file:
        head = file.read(4096)
        for mark, codec, called in _MARKS:
            if head.startswith(mark):
                return codec, called
        wide = _wide(head)
        if wide:
            return wide, "UTF-16"
        file.seek(0)
        try:
            for block in iter(lambda: file.read(_BLOCK), b""):
                if b"\x00" in block:
                    raise _nul(name)
                decoder.decode(block)
                watch.at(file.tell() / size)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            if _CONTROL.search(head):
                raise DataError(f"'{name}' is not text: it holds bytes that no text has. Export it again as CSV or Parquet.") from None  # fmt: skip
            return "cp1252", "Windows-1252"
    return "utf-8", "UTF-8"


def _wide(head: bytes) -> str:
    """Recognise UTF-16 without its mark: every other byte of western text is zero."""
    head = head[: len(head) // 2 * 2]
    if len(head) < 4:
        return ""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > 0.7 * len(head) / 2 and even == 0:
        return "utf-16-le"
    if even > 0.7 * len(head) / 2 and odd == 0:
        return "utf-16-be"
    return ""


def _nul(name: str) -> DataError:
    """Say that a file holds NUL bytes."""
    return DataError(f"'{name}' holds NUL bytes, so it is not text. Export it again as CSV or Parquet.")


def _finding(name: str, encoding: str) -> Finding:
    """Say that the text was not UTF-8."""
    return Finding("encoding", "note", f"'{name}' is not UTF-8 text; it was read as {encoding}.",
                   "Check names with accents; save the file as UTF-8 if they look wrong.")  # fmt: skip


def _short(error: UnicodeError) -> str:
    """Say which byte could not be read."""
    if isinstance(error, UnicodeDecodeError):
        return f"byte 0x{error.object[error.start]:02x}, {error.reason}" if error.object else error.reason
    return str(error)[:80]
