"""What the values of columns, and the relations between columns, say about their roles.

Looks are taken at a sample of rows first; what a guess rests on in the end is counted over all rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .labels import SILENT_PAIRS, distinct_count, read_labels, silent_pair, sorted_labels
from .role_names import folded, stem_of_class
from .source import Source

#: More different labels than this are hardly classes; somebody must say so.
MAX_GUESSED = 1000
#: Whole numbers with more values than the first are measured when they are far apart, with more than the second always.
_FEW_NUMBERS, _MAX_NUMBERS = 20, 100
#: Rows of the sample: blocks, so that few parts of a large file are opened.
_BLOCKS, _BLOCK = 8, 256
#: Rows that relations between two columns are measured on.
_RELATED_ROWS = 20_000
#: Standard errors from chance: related beyond the first, unrelated below the second.
RELATED, UNRELATED = 5.0, 2.0
#: Probabilities of two classes add up within this; they may have been rounded.
_SUM = 0.011
_NEGATIVE, _POSITIVE = (
    (*(pair[0] for pair in SILENT_PAIRS), "neg"),
    (*(pair[1] for pair in SILENT_PAIRS), "pos"),
)
_NUMBER = re.compile(r"\s*[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?\s*%?\s*")


class Evidence:
    """Looks at the columns of one table; remembers what it saw.

    Parameters
    ----------
    source : Source
    names : sequence of str
        Columns that may be looked at.
    """

    def __init__(self, source: Source, names: Sequence[str]) -> None:
        self.source, self._names = source, tuple(names)
        self._distinct: dict[str, int] = {}
        self._columns: dict[str, pa.ChunkedArray] = {}
        self._labels: dict[str, tuple[str, ...]] = {}
        self._sampled_distinct: dict[str, int] = {}
        self._spans: dict[str, tuple[float, float]] = {}

    @cached_property
    def _sample(self) -> pa.Table:
        """Some rows from everywhere in the table."""
        n = self.source.n_rows
        if n <= _BLOCKS * _BLOCK:
            return self.source.table(self._names)
        starts = np.linspace(0, n - _BLOCK, _BLOCKS).astype(np.int64)
        return self.source.rows((starts[:, None] + np.arange(_BLOCK)).ravel(), self._names)

    def sample(self, name: str) -> pa.ChunkedArray:
        """Return some cells of a column."""
        return self._sample.column(name) if name in self._names else self.column(name)

    def cells(self, name: str, most: int) -> list[object]:
        """Return some filled cells of the sample, from everywhere in it."""
        sample = self.sample(name)
        filled = sample.filter(pc.is_valid(sample))
        at = np.unique(np.linspace(0, max(len(filled) - 1, 0), min(most, len(filled))).astype(np.int64))
        return [cell for cell in filled.take(pa.array(at)).to_pylist() if cell != ""]

    def column(self, name: str) -> pa.ChunkedArray:
        """Read a whole column once."""
        if name not in self._columns:
            self._columns[name] = self.source.column(name)
        return self._columns[name]

    def distinct(self, name: str) -> int:
        """Count the different values of a column."""
        if name not in self._distinct:
            self._distinct[name] = distinct_count(self.column(name))
        return self._distinct[name]

    def at_most(self, name: str, n: int) -> bool:
        """Tell whether a column has no more than some different values."""
        if name not in self._sampled_distinct:
            self._sampled_distinct[name] = distinct_count(self.sample(name))
        return self._sampled_distinct[name] <= n and self.distinct(name) <= n

    def each_row_differs(self, name: str) -> bool:
        """Tell whether no value of a column occurs twice."""
        sample = self.sample(name)
        return distinct_count(sample) == len(sample) and self.distinct(name) == self.source.n_rows

    def varies(self, name: str) -> bool:
        """Tell whether a column has two different values."""
        return distinct_count(self.sample(name)) >= 2 or self.distinct(name) >= 2

    def span(self, name: str) -> tuple[float, float]:
        """Return the least and the greatest number of a column (NaN when there is none)."""
        if name not in self._spans:
            both = pc.min_max(self.column(name)).as_py() if self.source.kind(name) == "number" else {}
            low, high = (float("nan") if both.get(k) is None else float(both[k]) for k in ("min", "max"))
            self._spans[name] = low, high
        return self._spans[name]

    def fractions(self, name: str) -> bool:
        """Tell a column of numbers from 0 to 1."""
        if self.source.kind(name) != "number":
            return False
        seen = pc.min_max(self.sample(name)).as_py()
        if seen["min"] is not None and not (seen["min"] >= 0 and seen["max"] <= 1):
            return False
        low, high = self.span(name)
        return low >= 0 and high <= 1

    def numbers_as_text(self, name: str) -> bool:
        """Tell text that is mostly numbers, such as ``0,5`` or ``85 %``."""
        if self.source.kind(name) != "text":
            return False
        cells = [v for v in self.sample(name).to_pylist()[:200] if v not in (None, "")]
        return bool(cells) and sum(bool(_NUMBER.fullmatch(str(v))) for v in cells) > 0.5 * len(cells)

    def lists_as_text(self, name: str) -> bool:
        """Tell text that holds lists of numbers, such as ``[0.2,0.8]``."""
        if self.source.kind(name) != "text":
            return False
        cells = [str(v) for v in self.sample(name).to_pylist()[:50] if v not in (None, "")]
        return bool(cells) and all(c.strip()[:1] in "[({" and "," in c for c in cells)

    def labels(self, name: str) -> tuple[str, ...]:
        """Return the labels of a column in lower case; none when they cannot be labels of classes."""
        if name not in self._labels:
            usable = self.source.kind(name) in ("number", "boolean", "text") and self.at_most(
                name, MAX_GUESSED
            )
            names = read_labels(pa.chunked_array([pc.unique(self.column(name))])).names if usable else ()
            self._labels[name] = sorted_labels(n.lower() for n in names)
        return self._labels[name]

    def like_classes(self, name: str) -> bool:
        """Tell whether a column could hold the labels of classes: two or more, not measured, not the names of rows."""
        if not 2 <= len(self.labels(name)) <= MAX_GUESSED:
            return False
        return self.source.kind(name) != "number" or not measured(self.different_numbers(name))

    def different_numbers(self, name: str) -> list[float]:
        """List the different numbers of a column."""
        return [v for v in pc.unique(self.column(name)).to_pylist() if v is not None and v == v]

    def share_labels(self, a: str, b: str) -> bool:
        """Tell whether two columns have a label in common, or each has a pair that everybody reads the same way."""
        x, y = self.labels(a), self.labels(b)
        return bool(set(x) & set(y)) or bool(silent_pair(x) and silent_pair(y))

    def within_labels(self, a: str, b: str) -> bool:
        """Tell whether every label of one column is a label of another."""
        x, y = self.labels(a), self.labels(b)
        return bool(x) and (set(x) <= set(y) or bool(silent_pair(x) and silent_pair(y) and len(y) == 2))

    def is_cut(self, name: str, score: str) -> bool:
        """Tell whether a column of two values is a score cut at some threshold."""
        if self.source.kind(score) != "number" or not self.at_most(name, 2) or self.distinct(name) != 2:
            return False
        code = _codes(self.column(name), ())
        numbers = _as_numbers(self.column(score))
        used = (code >= 0) & np.isfinite(numbers)
        a, b = numbers[used & (code == 0)], numbers[used & (code == 1)]
        return bool(a.size and b.size and (a.max() < b.min() or b.max() < a.min()))

    def agreement(self, a: str, b: str) -> float:
        """Return the share of rows in which two columns carry the same label, of those where both have one."""
        same, n, _ = self._compared(a, b, None)
        return same / n if n else float("nan")

    def relation(self, truth: str, other: str) -> float:
        """Tell by how many standard errors a score or a decision goes with a truth more than chance would."""
        if self.source.kind(other) == "number" and not self.at_most(other, 20):
            return self._rank_relation(truth, other) if len(self.labels(truth)) == 2 else 0.0
        same, n, expected = self._compared(truth, other, _RELATED_ROWS)
        if n == 0 or not 0 < expected < 1:
            return 0.0
        return float(abs(same / n - expected) / np.sqrt(expected * (1 - expected) / n))

    def _compared(self, a: str, b: str, most: int | None) -> tuple[int, int, float]:
        """Count equal labels, rows, and the share of equal labels that chance would give."""
        names = tuple(dict.fromkeys([*_usual(self.labels(a)).values(), *_usual(self.labels(b)).values()]))
        x, y = (_codes(_thinned(self.column(c), most), names) for c in (a, b))
        both = (x >= 0) & (y >= 0)
        n = int(both.sum())
        if n == 0:
            return 0, 0, 0.0
        k = len(names)
        expected = float(np.bincount(x[both], minlength=k) @ np.bincount(y[both], minlength=k)) / n**2
        return int((x[both] == y[both]).sum()), n, expected

    def _rank_relation(self, truth: str, score: str) -> float:
        """Measure how far the ranks of a score differ between two labels, in standard errors."""
        code = _codes(_thinned(self.column(truth), _RELATED_ROWS), ())
        numbers = _as_numbers(_thinned(self.column(score), _RELATED_ROWS))
        used = (code >= 0) & np.isfinite(numbers)
        code, numbers = code[used], numbers[used]
        n1, n0 = int((code == 1).sum()), int((code == 0).sum())
        if not n1 or not n0:
            return 0.0
        _, inverse, counts = np.unique(numbers, return_inverse=True, return_counts=True)
        rank = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
        auc = (float(rank[code == 1].sum()) - n1 * (n1 + 1) / 2) / (n1 * n0)
        return float(abs(auc - 0.5) / np.sqrt((n0 + n1 + 1) / (12 * n0 * n1)))

    def add_up(self, a: str, b: str) -> bool:
        """Tell whether two columns of numbers add up to 1, or to 100, in nearly every row."""
        x, y = (_as_numbers(self.sample(c)) for c in (a, b))
        used = np.isfinite(x) & np.isfinite(y)
        if not used.any() or min(x[used].min(), y[used].min()) < 0:
            return False
        total = x[used] + y[used]
        return any(float(np.mean(np.abs(total - whole) <= _SUM * whole)) >= 0.95 for whole in (1.0, 100.0))


def measured(values: Sequence[float]) -> bool:
    """Tell numbers that measure or count something from numbers that name classes."""
    if not all(float(v).is_integer() for v in values):
        return True
    apart = max(values) - min(values) > 10 * len(values)
    return len(values) > _MAX_NUMBERS or (len(values) > _FEW_NUMBERS and apart)


def class_tokens(labels: Sequence[str]) -> dict[str, str]:
    """List how the name of a column may write a class, and which label it means.

    Examples
    --------
    >>> class_tokens(["fraud", "honest"])
    {'fraud': 'fraud', 'honest': 'honest'}
    >>> tokens = class_tokens(["0", "1"])
    >>> tokens["no"], tokens["positive"]
    ('0', '1')
    """
    tokens = {folded(label): label for label in labels}
    tokens |= {f"{token}.0": label for token, label in tokens.items() if token.lstrip("+-").isdecimal()}
    pair = silent_pair(tuple(labels))
    if pair is not None and len(labels) == 2:
        negative, positive = sorted(labels, key=lambda label: label.lower() == pair[1])
        for words, label in ((_NEGATIVE, negative), (_POSITIVE, positive)):
            for word in words:
                tokens.setdefault(word, label)
    return tokens


def by_stem(names: Sequence[str], labels: Sequence[str]) -> dict[str, dict[str, str]]:
    """Group columns by what their names say beside a class: stem to (label to column).

    Examples
    --------
    >>> by_stem(["proba_0", "proba_1", "age"], ["0", "1"])
    {'proba': {'0': 'proba_0', '1': 'proba_1'}}
    """
    tokens = class_tokens(labels)
    found: dict[str, dict[str, str]] = {}
    for name in names:
        known = stem_of_class(name, tokens)
        if known is not None:
            found.setdefault(known[0], {}).setdefault(known[1], name)
    return found


def _usual(labels: Sequence[str]) -> Mapping[str, str]:
    """Write the labels of pairs everybody reads the same way as 0 and 1."""
    pair = silent_pair(tuple(labels))
    return {n: n if pair is None else str(int(n == pair[1])) for n in labels}


def _codes(column: pa.ChunkedArray, names: Sequence[str]) -> NDArray[np.int64]:
    """Number the cells by the place of their label among ``names``, by default among their own; -1 for no label."""
    labels = read_labels(column)
    usual = _usual([n.lower() for n in labels.names])
    if not names:
        return np.asarray(labels.code, dtype=np.int64)
    place = {name: i for i, name in enumerate(names)}
    table = np.array([place.get(usual[n.lower()], -1) for n in labels.names] + [-1])
    return np.asarray(table[labels.code])


def _thinned(column: pa.ChunkedArray, most: int | None) -> pa.ChunkedArray:
    """Take every so-manyth cell of a long column."""
    step = 1 if most is None else -(-len(column) // most)
    return column if step == 1 else column.take(pa.array(np.arange(0, len(column), step)))


def _as_numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Return numbers as float64 with NaN where there is none."""
    return np.asarray(pc.cast(column, pa.float64(), safe=False).to_numpy(), dtype=np.float64)
