"""What columns hold for a reader: free text, pictures, addresses on the web; told by names and by what cells look like.

Nothing is fetched: an address is a link, also that of a picture.
"""

from __future__ import annotations

import base64
import re
import statistics
import unicodedata
from collections.abc import Callable, Sequence

import pyarrow as pa

from .evidence import Evidence
from .guesses import Guess
from .role_names import IMAGE_WORDS, LINK_WORDS, TEXT_WORDS, words

#: Cells looked at, and the share of them that has to look alike.
_CELLS, _MOST = 200, 0.9
#: Words in the middle cell, for a name of nothing but such words, for one with such a word, and for any name.
_WORDS_PLAIN, _WORDS_NAMED, _WORDS_ANY = 2, 3, 6
#: Characters in the middle cell, for any name.
_LENGTH_ANY = 40
#: Free text hardly repeats: the share of cells that differ, with a telling name and without.
_DIFFERENT_NAMED, _DIFFERENT_ANY = 0.5, 0.8
#: The share of letters in text.
_LETTERS = 0.6
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}")
_PICTURE_PATH = re.compile(
    r"(?!https?://)[^\n]+\.(?:png|jpe?g|gif|webp|bmp|tiff?|svg|heic|avif|dcm)", re.IGNORECASE
)
_ANY_PATH = re.compile(r"(?!https?://)(?:\S*[/\\]\S+|\S+\.\w{2,5})", re.IGNORECASE)
_WEB = re.compile(r"https?://\S+", re.IGNORECASE)
_ADDRESS = re.compile(r"www\.\S+|[\w.-]+\.[a-z]{2,}(?:[/?#]\S*)?|/\S+", re.IGNORECASE)
#: Scripts that put no blanks between words; two of their letters count as one.
_WITHOUT_BLANKS = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
#: The first bytes of picture files that browsers draw.
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
)


def guess_contents(guess: Guess, free: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """List the columns of free text, of pictures and of links.

    Parameters
    ----------
    guess : Guess
        Gets a reason for each content that is found.
    free : sequence of str
        Columns without a role.

    Returns
    -------
    dict of str to tuple of str
        For each of ``CONTENTS`` its columns in file order; a column is in one of them at most.
    """
    found: dict[str, dict[str, str]] = {"text": {}, "image": {}, "link": {}}
    for column in free:
        for role, look in _LOOKS.items():
            why = look(guess.seen, column)
            if why:
                found[role][column] = why
                break
    for role, columns in found.items():
        if columns:
            several = len(set(columns.values())) > 1
            told = [f"{c!r}: {why}" for c, why in columns.items()] if several else list(columns.values())[:1]
            guess.reasons[role] = "; ".join(told)
    return {role: tuple(columns) for role, columns in found.items()}


def picture_of(cell: object) -> str | None:
    """Return the picture a cell carries as a data URI, or None when it carries none.

    A picture is a base64 data URI, the bytes of a picture file, or a record that has them under ``bytes``. An address
    or a path is none, wherever it leads.

    Examples
    --------
    >>> picture_of("data:image/png;base64,iVBORw0KGgo=")
    'data:image/png;base64,iVBORw0KGgo='
    >>> picture_of(b"GIF89a...")
    'data:image/gif;base64,R0lGODlhLi4u'
    >>> picture_of("https://example.org/a.png"), picture_of("data:image/svg+xml;base64,PHN2Zz4=")
    (None, None)
    """
    if isinstance(cell, str):
        return cell if _PICTURE.fullmatch(cell) else None
    if isinstance(cell, dict):
        cell = cell.get("bytes")
    kind = _kind_of_picture(cell) if isinstance(cell, bytes) else None
    return f"data:image/{kind};base64,{base64.b64encode(cell).decode()}" if kind else None  # type: ignore[arg-type]  # bytes, or there is no kind


def is_link(cell: object) -> bool:
    """Tell an address that a browser opens.

    Examples
    --------
    >>> is_link("https://example.org/a"), is_link("javascript:alert(1)"), is_link("www.example.org")
    (True, False, False)
    """
    return isinstance(cell, str) and _WEB.fullmatch(cell) is not None


def _kind_of_picture(data: bytes) -> str | None:
    """Name the kind of a picture file by its first bytes."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return next((kind for first, kind in _SIGNATURES if data.startswith(first)), None)


def _has_picture(cell: object) -> bool:
    """Tell whether a cell carries a picture, without writing it anew."""
    if isinstance(cell, dict):
        cell = cell.get("bytes")
    return _kind_of_picture(cell) is not None if isinstance(cell, bytes) else picture_of(cell) is not None


def _as_image(seen: Evidence, column: str) -> str:
    """Say why a column holds pictures; empty when it does not."""
    kind = seen.source.kind(column)
    if kind == "other" and not _may_hold_bytes(seen.sample(column).type):
        return ""
    if kind not in ("text", "other"):
        return ""
    cells = seen.cells(column, _CELLS)
    if _mostly(cells, _has_picture):
        return "pictures in the cells"
    if kind == "other" or not cells:
        return ""
    if _mostly(cells, _matches(_PICTURE_PATH)):
        return "paths to picture files"
    named = bool(set(words(column)) & IMAGE_WORDS)
    if named and _different(cells) >= _DIFFERENT_NAMED and _mostly(cells, _matches(_ANY_PATH)):
        return f"named {column!r}, paths"
    return ""


def _as_link(seen: Evidence, column: str) -> str:
    """Say why a column holds addresses on the web; empty when it does not."""
    if seen.source.kind(column) != "text":
        return ""
    cells = seen.cells(column, _CELLS)
    if _mostly(cells, is_link):
        return "addresses on the web"
    named = bool(set(words(column)) & LINK_WORDS)
    if named and _different(cells) >= _DIFFERENT_NAMED and _mostly(cells, _matches(_ADDRESS)):
        return f"named {column!r}, addresses"
    return ""


def _as_text(seen: Evidence, column: str) -> str:
    """Say why a column holds free text; empty when it does not."""
    if seen.source.kind(column) != "text":
        return ""
    cells = [str(cell) for cell in seen.cells(column, _CELLS)]
    if not cells or not _mostly(cells, _is_prose):
        return ""
    of_name, n = set(words(column)), statistics.median(map(_n_words, cells))
    needed = _WORDS_PLAIN if of_name <= TEXT_WORDS else _WORDS_NAMED
    if of_name & TEXT_WORDS and n >= needed and _different(cells) >= _DIFFERENT_NAMED:
        return f"named {column!r}, free text"
    long = n >= _WORDS_ANY and statistics.median(map(len, cells)) >= _LENGTH_ANY
    return "long texts, nearly all different" if long and _different(cells) >= _DIFFERENT_ANY else ""


#: A picture or a link is text too, so text is looked for last.
_LOOKS = {"image": _as_image, "link": _as_link, "text": _as_text}


def _may_hold_bytes(type_: pa.DataType) -> bool:
    """Tell a type whose cells may be files: bytes, or a record that has some."""
    if pa.types.is_struct(type_):
        return any(field.name == "bytes" for field in type_)
    return bool(
        pa.types.is_binary(type_) or pa.types.is_large_binary(type_) or pa.types.is_binary_view(type_)
    )


def _mostly(cells: Sequence[object], holds: Callable[[object], bool]) -> bool:
    """Tell whether something holds for nearly every cell; of no cells nothing does."""
    return bool(cells) and sum(map(holds, cells)) >= _MOST * len(cells)


def _matches(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    """Make a test of the whole cell."""
    return lambda cell: pattern.fullmatch(str(cell)) is not None


def _different(cells: Sequence[object]) -> float:
    """Return the share of cells that differ, of at least one."""
    return len(set(map(str, cells))) / max(len(cells), 1)


def _n_words(cell: str) -> int:
    """Count words, also in scripts without blanks between them.

    Examples
    --------
    >>> _n_words("not a good day"), _n_words("这部电影很好看")
    (4, 4)
    """
    return len(cell.split()) + max(len(_WITHOUT_BLANKS.findall(cell)) - 1, 0) // 2


def _is_prose(cell: object) -> bool:
    """Tell text from numbers, dates, lists and records written as text: most of it is letters."""
    tight = "".join(str(cell).split())
    letters = sum(unicodedata.category(c)[0] in "LM" for c in tight)  # M: vowel signs of many scripts
    return tight[:1] not in ("[", "{") and letters >= _LETTERS * max(len(tight), 1)
