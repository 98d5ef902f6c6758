"""Label columns as codes: 1, 1.0, "1" and True are told apart from nothing but their text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

#: The only pairs read without asking (letter case ignored): (negative, positive).
SILENT_PAIRS = (("0", "1"), ("-1", "1"), ("false", "true"), ("no", "yes"), ("negative", "positive"))


@dataclass(frozen=True, eq=False)
class Labels:
    """A label column as small integers.

    Attributes
    ----------
    code : (n_rows,) int32
        Index into ``names``; -1 where the cell is empty.
    names : tuple of str
        The labels in sorted order (numbers by value).
    n_trimmed : int
        Cells that carried blanks around the label.
    """

    code: NDArray[np.int32]
    names: tuple[str, ...]
    n_trimmed: int = 0


def read_labels(column: pa.ChunkedArray) -> Labels:
    """Encode a column of labels of any type.

    Whole numbers lose their ``.0``, text loses blanks around it, an empty text is missing.
    """
    if pa.types.is_null(column.type):
        return Labels(np.full(len(column), -1, dtype=np.int32), ())
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):  # an empty or multi-chunk column
        encoded = (
            pa.chunked_array([encoded]).combine_chunks()
            if encoded.num_chunks == 1
            else encoded.unify_dictionaries().combine_chunks()
        )
    values = encoded.dictionary.to_pylist()
    texts = [_label_text(v) for v in values]
    names = sorted_labels(t for t in texts if t)
    place = {name: i for i, name in enumerate(names)}
    table = np.array([place.get(t, -1) for t in texts] + [-1], dtype=np.int32)
    index = encoded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
    raw = [v for v in values if isinstance(v, str) and v != v.strip() and v.strip()]
    n_trimmed = int(np.isin(index, [values.index(v) for v in raw]).sum()) if raw else 0
    return Labels(table[index], names, n_trimmed)


def positive_of(names: tuple[str, ...]) -> str | None:
    """Return the positive label of a pair everybody reads the same way, else None.

    Examples
    --------
    >>> positive_of(("No", "Yes"))
    'Yes'
    >>> positive_of(("fraud", "honest")) is None
    True
    """
    pair = silent_pair(names)
    if pair is None:
        return None
    found = [n for n in names if n.lower() == pair[1]]
    return found[0] if found else pair[1]


def silent_pair(names: tuple[str, ...]) -> tuple[str, str] | None:
    """Return the (negative, positive) pair the labels belong to, if it is one of the silent ones."""
    lower = {n.lower() for n in names}
    if not lower or len(lower) != len(names):
        return None
    return next((pair for pair in SILENT_PAIRS if lower <= set(pair)), None)


def fold_case(labels: Labels) -> Labels:
    """Join labels that differ in letter case only when they are one of the silent pairs, else leave them alone.

    Examples
    --------
    >>> mixed = Labels(np.array([0, 1, 2], dtype=np.int32), ("Yes", "no", "yes"))
    >>> fold_case(mixed).names, fold_case(mixed).code.tolist()
    (('no', 'yes'), [1, 0, 1])
    """
    names = sorted_labels(n.lower() for n in labels.names)
    if len(names) == len(labels.names) or silent_pair(names) is None:
        return labels
    table = np.array([names.index(n.lower()) for n in labels.names] + [-1], dtype=np.int32)
    return Labels(table[labels.code], names, labels.n_trimmed)


def distinct_count(column: pa.ChunkedArray) -> int:
    """Count the distinct values that are not missing."""
    if pa.types.is_null(column.type):
        return 0
    return int(pc.count_distinct(column, mode="only_valid").as_py())


def sorted_labels(names: Iterable[str]) -> tuple[str, ...]:
    """Sort distinct labels: numbers by value and before words.

    Examples
    --------
    >>> sorted_labels(["10", "b", "9", "b"])
    ('9', '10', 'b')
    """
    return tuple(sorted(set(names), key=_by_value))


def _label_text(value: object) -> str:
    """Write a label as text: 1.0 is ``1``, True is ``true``; a missing one is empty."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _by_value(text: str) -> tuple[int, float, str]:
    """Sort numbers by value and before words."""
    try:
        return (0, float(text), text)
    except ValueError:
        return (1, 0.0, text)
