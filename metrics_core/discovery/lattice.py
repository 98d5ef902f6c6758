"""Every conjunction of levels with enough rows, counted exactly: rows and wrong rows.

Levels are sets of bits, a conjunction is an AND, its rows are counted bits. Below each level only its own rows are
looked at, packed anew, so the work shrinks with the rows. A conjunction is only built on ones that have enough rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cases import BoolArray, IntArray
from ..reading.watch import UNWATCHED, Watch

Codes = Sequence[NDArray[Any]]

#: Bytes of bits that are held at a time; about what a core keeps beside itself.
_BITS = 1 << 20
#: 64-bit words that are combined in one go.
_WORDS = 1 << 15
#: Words of one row of bits at most: more than 511 sums of eight would overflow the sixteen bits they are added up in.
_WIDEST = 8 * 511
_LOW = np.uint64(0x00FF00FF00FF00FF)
_EIGHT = np.uint64(8)


@dataclass(frozen=True, eq=False)
class Items:
    """Levels that have enough rows, in the order of their columns.

    Attributes
    ----------
    column : (I,) int64
        Index of the column of each.
    value : (I,) int64
        Its code in that column.
    """

    column: IntArray
    value: IntArray

    def __len__(self) -> int:
        return int(self.column.size)

    def inside(self, codes: Codes, chosen: Sequence[int]) -> BoolArray:
        """Tell which rows are in all of some items, ``(n_rows,)``."""
        found = np.ones(codes[0].size, dtype=bool)
        for i in chosen:
            found &= codes[self.column[i]] == self.value[i]
        return found


@dataclass(frozen=True, eq=False)
class Counted:
    """Conjunctions of M items and what is in them.

    Attributes
    ----------
    items : (M, depth) int32
        Ascending; -1 behind the last item of a shorter conjunction.
    rows : (M,) int64
    wrong : (M,) int64
    """

    items: NDArray[np.int32]
    rows: IntArray
    wrong: IntArray


def frequent(codes: Codes, n_levels: Sequence[int], need: float, weight: NDArray[Any] | None = None) -> Items:
    """Find the levels with enough rows, or enough weight.

    Parameters
    ----------
    codes : sequence of (n,) integer arrays
        The level of each row in each column; what is no level is ``-1`` or not below ``n_levels``.
    n_levels : sequence of int
    need : float
    weight : (n,) array, optional
    """
    column, value = [], []
    for j, (code, size) in enumerate(zip(codes, n_levels, strict=True)):
        # Bytes are counted as bytes: -1 becomes 255, which is no level.
        seen = code.view(np.uint8) if code.dtype == np.int8 else np.where(code < 0, size, code)
        counts = np.bincount(seen, weights=weight, minlength=size)[:size]
        kept = np.flatnonzero(counts >= need)
        column.append(np.full(kept.size, j))
        value.append(kept)
    return Items(*(np.concatenate([*parts, np.zeros(0, dtype=np.int64)]).astype(np.int64) for parts in (column, value)))  # fmt: skip


def count_slices(codes: Codes, n_levels: Sequence[int], wrong: BoolArray, *, depth: int, need: int, watch: Watch = UNWATCHED) -> tuple[Items, Counted]:  # fmt: skip
    """Count every conjunction of at most ``depth`` levels of different columns that has at least ``need`` rows.

    Parameters
    ----------
    codes : sequence of (n,) integer arrays
        The level of each row in each column; what is no level is ``-1`` or not below ``n_levels``.
    n_levels : sequence of int
    wrong : (n,) bool
    depth : int
        1 or more.
    need : int
        1 or more.
    watch : Watch

    Returns
    -------
    items : Items
    counted : Counted

    Examples
    --------
    >>> codes = [np.array([0, 0, 1, 1], np.int8), np.array([0, 1, 0, 1], np.int8)]
    >>> items, found = count_slices(codes, [2, 2], np.array([True, False, False, False]), depth=2, need=1)
    >>> [(i.tolist(), int(n), int(k)) for i, n, k in zip(found.items, found.rows, found.wrong)][:5]
    [([0, -1], 2, 1), ([1, -1], 2, 0), ([2, -1], 2, 1), ([3, -1], 2, 0), ([0, 2], 1, 1)]
    """
    items = frequent(codes, n_levels, need)
    # The wrong rows first: one pass over the bits counts both kinds.
    order = np.concatenate([np.flatnonzero(wrong), np.flatnonzero(~wrong)])
    part = _Part([code[order] for code in codes], int(np.count_nonzero(wrong)))
    search = _Search(items, depth, need, watch)
    search.singles(part)
    if depth > 1 and len(items):
        search.extend((), part, np.arange(len(items)))
    return items, search.counted()


@dataclass(frozen=True, eq=False)
class _Part:
    """Some rows, the wrong ones first."""

    codes: list[NDArray[Any]]
    n_wrong: int

    @property
    def n(self) -> int:
        """Rows."""
        return int(self.codes[0].size)

    def within(self, column: int, value: int, columns: NDArray[Any]) -> _Part:
        """Keep the rows of one level, and only the columns that are still needed."""
        at = np.flatnonzero(self.codes[column] == value)
        wanted = set(columns.tolist())
        empty = np.zeros(0, dtype=np.int8)
        kept = [code[at] if j in wanted else empty for j, code in enumerate(self.codes)]
        kept[0] = kept[0] if 0 in wanted else np.empty(at.size, dtype=np.int8)  # tells the number of rows
        return _Part(kept, int(np.searchsorted(at, self.n_wrong)))


class _Search:
    """One walk over the lattice."""

    def __init__(self, items: Items, depth: int, need: int, watch: Watch) -> None:
        self.items, self.depth, self.need, self.watch = items, depth, need, watch
        self._blocks: list[tuple[NDArray[np.int32], IntArray, IntArray]] = []

    def singles(self, part: _Part) -> None:
        """Count the items alone."""
        rows, wrong = np.zeros((2, len(self.items)), dtype=np.int64)
        for i, (j, v) in enumerate(zip(self.items.column.tolist(), self.items.value.tolist(), strict=True)):
            is_in = part.codes[j] == v
            rows[i], wrong[i] = np.count_nonzero(is_in), np.count_nonzero(is_in[: part.n_wrong])
        self._keep((), np.arange(len(self.items))[:, np.newaxis], rows, wrong)

    def extend(self, prefix: tuple[int, ...], part: _Part, candidates: IntArray) -> None:
        """Count all pairs of candidates inside the prefix, then go below each candidate."""
        rows, wrong = np.zeros((2, candidates.size, candidates.size), dtype=np.int64)
        pieces = self._bits(part, candidates, whole=not prefix)
        piece = next(pieces, None)
        if piece is not None and prefix and part.n <= _rows_at_a_time(candidates.size):
            self._combine(prefix, piece[0], piece[1], candidates)
            return
        while piece is not None:
            self._pairs(piece[0], piece[1], candidates, rows, wrong)
            piece = next(pieces, None)
        enough = self._note(prefix, candidates, rows, wrong)
        if len(prefix) + 2 >= self.depth:
            return
        for i, item in enumerate(candidates.tolist()):
            if not prefix:
                self.watch.at(0.2 + 0.8 * i / candidates.size)
            later = candidates[_worth_pairing(enough, i)]
            if not later.size:
                continue
            columns = self.items.column[later]
            column, value = int(self.items.column[item]), int(self.items.value[item])
            self.extend((*prefix, item), part.within(column, value, np.unique(columns)), later)

    def _combine(self, prefix: tuple[int, ...], split: int, bits: NDArray[np.uint64], candidates: IntArray) -> None:  # fmt: skip
        """Do the same on bits that are packed already: below a candidate are the bits it shares with the later ones."""
        rows, wrong = np.zeros((2, candidates.size, candidates.size), dtype=np.int64)
        self._pairs(split, bits, candidates, rows, wrong)
        enough = self._note(prefix, candidates, rows, wrong)
        if len(prefix) + 2 >= self.depth:
            return
        for i, item in enumerate(candidates.tolist()):
            places = _worth_pairing(enough, i)
            if places.size:
                self._combine((*prefix, item), split, bits[places] & bits[i], candidates[places])

    def _note(
        self, prefix: tuple[int, ...], candidates: IntArray, rows: IntArray, wrong: IntArray
    ) -> BoolArray:
        """Keep the pairs with enough rows, and tell which they are."""
        enough = rows >= self.need
        first, second = np.nonzero(enough)
        pairs = np.column_stack([candidates[first], candidates[second]])
        self._keep(prefix, pairs, rows[first, second], wrong[first, second])
        return enough

    def counted(self) -> Counted:
        """Put everything together, the short ones first."""
        if not self._blocks:
            return Counted(np.zeros((0, self.depth), dtype=np.int32), *np.zeros((2, 0), dtype=np.int64))
        items, rows, wrong = (np.concatenate(x) for x in zip(*self._blocks, strict=True))
        order = np.argsort((items >= 0).sum(1), kind="stable")
        return Counted(items[order], rows[order], wrong[order])

    def _keep(self, prefix: tuple[int, ...], tails: NDArray[Any], rows: IntArray, wrong: IntArray) -> None:
        """Note what was counted."""
        if not len(tails):
            return
        items = np.full((len(tails), max(self.depth, 1)), -1, dtype=np.int32)
        items[:, : len(prefix)] = prefix
        items[:, len(prefix) : len(prefix) + tails.shape[1]] = tails
        self._blocks.append((items, rows, wrong))

    def _pairs(self, split: int, bits: NDArray[np.uint64], candidates: IntArray, rows: IntArray, wrong: IntArray) -> None:  # fmt: skip
        """Add the rows and wrong rows of each pair of candidates of different columns, above the diagonal.

        The first ``split`` words are those of the wrong rows.
        """
        size, width = bits.shape
        column = self.items.column[candidates]
        after = np.searchsorted(column, column, side="right").tolist()  # where the later columns begin
        room = max(_WORDS, width * size)
        both, ones = np.empty(room, dtype=np.uint64), np.empty(room, dtype=np.uint8)
        at = 0
        while at < size and after[at] < size:
            start = after[at]
            end = min(at + max(1, _WORDS // (width * (size - start))), size)
            shape = (end - at, size - start, width)
            used = shape[0] * shape[1] * width
            joint, counts = both[:used].reshape(shape), ones[:used].reshape(shape)
            np.bitwise_and(bits[at:end, np.newaxis], bits[start:], out=joint)
            np.bitwise_count(joint, out=counts)
            k = _sum(counts[..., :split])
            n = k + _sum(counts[..., split:])
            for i in range(at, end):  # earlier columns and the own one are no pair
                first = after[i]
                wrong[i, first:] += k[i - at, first - start :]
                rows[i, first:] += n[i - at, first - start :]
            at = end

    def _bits(self, part: _Part, candidates: IntArray, *, whole: bool) -> Iterator[tuple[int, NDArray[np.uint64]]]:  # fmt: skip
        """Pack the candidates' rows, some rows at a time; with each the number of words of wrong rows."""
        size = candidates.size
        step = _rows_at_a_time(size)
        column, value = self.items.column[candidates], self.items.value[candidates]
        starts = np.flatnonzero(np.diff(column, prepend=-1))
        spans = list(zip(starts.tolist(), [*starts[1:].tolist(), size], strict=True))
        for low in range(0, part.n, step):
            if whole:
                self.watch.at((0.2 if self.depth > 2 else 1.0) * low / part.n)
            high = min(low + step, part.n)
            n_wrong = min(max(part.n_wrong - low, 0), high - low)
            words, more = _words(n_wrong), _words(high - low - n_wrong)
            bits = np.zeros((size, 8 * (words + more)), dtype=np.uint8)
            for i, j in spans:
                code = part.codes[column[i]][low:high]
                is_in = code == value[i:j, np.newaxis].astype(code.dtype)
                bits[i:j, : -(-n_wrong // 8)] = np.packbits(is_in[:, :n_wrong], axis=1)
                rest = np.packbits(is_in[:, n_wrong:], axis=1)
                bits[i:j, 8 * words : 8 * words + rest.shape[1]] = rest
            yield words, bits.view(np.uint64)


def _worth_pairing(enough: BoolArray, i: int) -> IntArray:
    """Find the candidates that have enough rows with one of them and with each other: others make no three of them."""
    places = np.flatnonzero(enough[i])
    if places.size < 2:
        return places[:0]
    among = enough[np.ix_(places, places)]
    return places[among.any(axis=0) | among.any(axis=1)]


def _rows_at_a_time(n_candidates: int) -> int:
    """Rows whose bits are packed in one piece."""
    width = min(max(_BITS // (8 * n_candidates) // 8 * 8, 16), _WIDEST)
    return 64 * (
        width - 8
    )  # the wrong rows may end in the middle of eight words and the others begin with the next


def _words(n: int) -> int:
    """Words that hold so many bits, a multiple of eight."""
    return -(-n // 512) * 8


def _sum(counts: NDArray[np.uint8]) -> NDArray[Any]:
    """Add up bytes of at most 64 along the last axis, a multiple of eight long, eight at a time."""
    eights = np.ascontiguousarray(counts).view(np.uint64)
    sums: NDArray[np.uint64] = np.add.reduce((eights & _LOW) + ((eights >> _EIGHT) & _LOW), axis=-1)
    return np.asarray(sums[..., np.newaxis].view(np.uint16).sum(axis=-1, dtype=np.int64))
