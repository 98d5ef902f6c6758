"""Packed files unpacked into a temporary file, with an end to how far they may grow."""

from __future__ import annotations

import gzip
import tempfile
import weakref
import zlib
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from ..errors import DataError
from .watch import UNWATCHED, Watch

#: More than this is not unpacked, and beyond ``_FREE`` bytes not more than ``_RATIO`` times the packed size.
_LIMIT, _FREE, _RATIO = 4 << 30, 64 << 20, 100
_BLOCK = 1 << 20


class TemporaryPath:
    """A file that is deleted when nobody holds this object any more.

    Attributes
    ----------
    path : Path
    """

    def __init__(self, ending: str) -> None:
        with tempfile.NamedTemporaryFile(prefix="faultline-", suffix=ending, delete=False) as file:
            self.path = Path(file.name)
        self._end = weakref.finalize(self, self.path.unlink, missing_ok=True)


def unpack(path: Path, name: str, how: str, *, watch: Watch = UNWATCHED) -> TemporaryPath:
    """Unpack a gzip or zstd file.

    Parameters
    ----------
    path : Path
    name : str
        How to call it in messages.
    how : {"gzip", "zstd"}
    watch : Watch

    Returns
    -------
    TemporaryPath
        The content; the file lives as long as the object.

    Raises
    ------
    DataError
        If it is cut off, damaged, or grows beyond what a table would.
    """
    target = TemporaryPath(Path(path.stem).suffix)
    packed = max(path.stat().st_size, 1)
    done = 0
    try:
        with path.open("rb") as raw, _opened(raw, how) as stream, target.path.open("wb") as out:
            while block := stream.read(_BLOCK):
                done += len(block)
                if done > _LIMIT:
                    raise DataError(f"'{name}' unpacks to more than {_LIMIT >> 30} GiB. Unpack it yourself, or export it as Parquet.")  # fmt: skip
                if done > _FREE and done > _RATIO * packed:
                    raise DataError(f"'{name}' unpacks to more than {_RATIO} times its size, which no table of predictions does. If it is one, unpack it yourself.")  # fmt: skip
                watch.at(raw.tell() / packed)
                _write(out, block, name)
    except (EOFError, gzip.BadGzipFile, zlib.error, pa.ArrowException, OSError) as error:
        raise DataError(f"'{name}' is damaged or cut off: it cannot be unpacked after {done:,} bytes. Pack or copy it again.") from error  # fmt: skip
    return target


def _opened(raw: IO[bytes], how: str) -> Any:
    """Open the stream of unpacked bytes."""
    if how == "gzip":
        return gzip.GzipFile(fileobj=raw)
    return pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd")


def _write(out: IO[bytes], block: bytes, name: str) -> None:
    """Write a block; a full disk is said as it is."""
    try:
        out.write(block)
    except OSError as error:
        raise DataError(f"There is no room to unpack '{name}' ({error.strerror}).") from error
