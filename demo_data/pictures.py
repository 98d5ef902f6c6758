"""Small grey pictures as text that a browser shows: PNG after ISO/IEC 15948, inside a data URI."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
import numpy.typing as npt

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_EIGHT_BIT_GREY = (8, 0, 0, 0, 0)
"""Bit depth, colour type, and the only compression, filter and interlace methods that are plain."""


def enlarged(pixels: npt.NDArray[np.uint8], times: int) -> npt.NDArray[np.uint8]:
    """Return a picture whose every pixel has become a square of `times` by `times`."""
    return pixels.repeat(times, axis=0).repeat(times, axis=1)


def png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Write a picture as a PNG file.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width)
        Grey levels from 0 (black) to 255 (white).

    Returns
    -------
    bytes
    """
    height, width = pixels.shape
    rows = b"".join(b"\x00" + row.tobytes() for row in pixels)  # each row starts with its filter: none
    return (
        _SIGNATURE
        + _chunk(b"IHDR", struct.pack(">2I5B", width, height, *_EIGHT_BIT_GREY))
        + _chunk(b"IDAT", zlib.compress(rows, 9))
        + _chunk(b"IEND", b"")
    )


def data_uri(picture: bytes) -> str:
    """Write a PNG file as an address that holds the file itself."""
    return "data:image/png;base64," + base64.b64encode(picture).decode("ascii")


def _chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk: length, kind, content, and the checksum of the latter two."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
