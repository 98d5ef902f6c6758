"""Numbers as people write them, with decimal commas and grouped digits; only where all cells agree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

Style = Literal["decimal-comma", "thousands"]

_EXPONENT = "([eE][+-]?[0-9]+)?"
_POINT = f"[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+){_EXPONENT}"
_COMMA = f"[+-]?([0-9]+(,[0-9]*)?|,[0-9]+){_EXPONENT}"
#: Digits in groups of three; a point, a no-break space or a narrow one between them goes with a decimal comma.
_BLANKS = "\u00a0\u202f"
_GROUPED_POINT = "[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(\\.[0-9]*)?"
_GROUPED_COMMA = f"[+-]?[1-9][0-9]{{0,2}}([.{_BLANKS}][0-9]{{3}})+(,[0-9]*)?"
_POINT_STYLE = f"^({_POINT}|{_GROUPED_POINT})$"
_COMMA_STYLE = f"^({_COMMA}|{_GROUPED_COMMA})$"
#: A comma that cannot part the items of a list of whole numbers.
_SURE_COMMA = f"^[+-]?0?,[0-9]|[.{_BLANKS}][0-9]{{3}},"
_CODE = "^[+-]?(0[0-9]|[0-9]{16,}$)"
#: One cell that may be such a number, or a percentage.
LOCAL = re.compile(f"({_POINT}|{_GROUPED_POINT}|{_COMMA}|{_GROUPED_COMMA})[ \t{_BLANKS}]*%?$")


@dataclass(frozen=True)
class LocalNumbers:
    """What a column of local numbers is.

    Attributes
    ----------
    cells : pyarrow.ChunkedArray, optional
        The numbers; None when they can be read in two ways.
    how : str
    example : str
    """

    cells: pa.ChunkedArray | None
    how: str
    example: str


def local_numbers(
    cells: pa.ChunkedArray, missing: Sequence[str], *, lists: bool = False, style: str | None = None
) -> LocalNumbers | None:
    """Read a column of numbers as people write them.

    Parameters
    ----------
    cells : pyarrow.ChunkedArray of text
    missing : sequence of str
        Words for "no value", in lower case.
    lists : bool
        Whether a lone comma may part the items of a list.
    style : {"decimal-comma", "thousands"}, optional
        How to read cells that allow both.

    Returns
    -------
    LocalNumbers, or None when some cell is no number or the cells disagree.
    """
    text = pc.utf8_trim_whitespace(cells)
    text = pc.if_else(pc.is_in(pc.utf8_lower(text), value_set=pa.array(list(missing))), None, text)
    if text.null_count == len(text):
        return None
    if _any(text, _CODE) or _any(text, "%"):  # a percentage is understood where it is used as a score
        return None
    comma, point = _all(text, _COMMA_STYLE), _all(text, _POINT_STYLE)
    if not (comma or point):
        return None
    has_comma = _any(text, ",")
    doubtful = comma and point and has_comma  # 1,234
    if comma and not point and lists and style is None and not _any(text, _SURE_COMMA):
        doubtful = True
    marked = text if not has_comma else text.filter(pc.match_substring(text, ","))
    example = str(marked.drop_null()[0].as_py())
    if doubtful and style is None:
        return LocalNumbers(None, "number-style", example)
    as_comma = comma and (not point or (doubtful and style == "decimal-comma"))
    if as_comma:
        plain = pc.replace_substring_regex(text, f"[.{_BLANKS}]", "")
        plain = pc.replace_substring(plain, ",", ".")
    else:
        plain = pc.replace_substring(text, ",", "")
    numbers = _cast(plain)
    if numbers is None:
        return None
    how = "decimal-comma" if as_comma else "thousands"
    return LocalNumbers(numbers, how, example)


def _cast(cells: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Return integers when all cells are, else doubles."""
    for type_ in (pa.int64(), pa.float64()):
        try:
            return pc.cast(cells, type_)
        except pa.ArrowInvalid:
            continue
    return None


def _any(cells: pa.ChunkedArray, pattern: str) -> bool:
    """Tell whether a pattern is found in any cell."""
    return bool(pc.any(pc.match_substring_regex(cells, pattern)).as_py())


def _all(cells: pa.ChunkedArray, pattern: str) -> bool:
    """Tell whether a pattern is found in every cell that is filled."""
    return bool(pc.all(pc.match_substring_regex(cells, pattern)).as_py())
