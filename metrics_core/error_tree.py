"""A small tree of conditions that part the rows where a model fails from those where it does not.

It grows on one half of the rows; every number comes from the other half, which it has not seen. On the rows it grew on,
the leaves of any tree look different, even where nothing is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil, isnan, nan
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .differences import benjamini_hochberg
from .errors import DataError
from .filters import Filter, all_of
from .group_means import group_means
from .metrics.counts import ratio
from .row_losses import RowLoss
from .source import Source
from .split_columns import SplitColumn
from .tree_growth import Grower, Split, halves

if TYPE_CHECKING:
    import pandas as pd

SEED = 0
DEPTH, MAX_DEPTH = 3, 5
#: Least share of the rows a tree grows on that a leaf has, and its least number.
LEAST_SHARE, LEAST = 0.02, 30
#: Samples drawn again to see whether the first split stays.
REPLICATES = 20
#: Children are kept apart when chance explains their difference with at most this probability.
APART = 0.05
#: Q-value up to which a node is called clearly worse or better than the rest.
CLEAR = 0.05


@dataclass(frozen=True, kw_only=True)
class TreeNode:
    """One node. All numbers are those of the rows that the tree did not grow on; what is undefined is NaN.

    Attributes
    ----------
    index, parent : int
        Place in ``ErrorTree.nodes``; the root has the parent -1.
    depth : int
    children : tuple of int
        Two, or none.
    path : tuple of str
        The conditions from the root down, in words.
    where : Filter, optional
        The rows of the node, in this file and the next; None for the root.
    rows : int
    share_of_rows : float
        Of all rows, or of their weights.
    value, low, high : float
        Mean loss and its interval.
    rest, difference : float
        Mean loss of all rows outside, and by how much the node's is larger.
    share_of_total : float
        Part of all errors, or of all loss, in this node.
    lift : float
        Mean loss over that of all rows.
    z, p, q : float
        The difference in standard errors; the chance of one as large; the same corrected for all nodes tested.
    """

    index: int
    parent: int
    depth: int
    children: tuple[int, ...]
    path: tuple[str, ...]
    where: Filter | None
    rows: int
    share_of_rows: float
    value: float
    low: float
    high: float
    rest: float
    difference: float
    share_of_total: float
    lift: float
    z: float
    p: float
    q: float = nan

    @property
    def leaf(self) -> bool:
        """Whether the node has no children."""
        return not self.children

    @property
    def clear(self) -> bool:
        """Whether chance does not explain that the node differs from the rest."""
        return self.q <= CLEAR


@dataclass(frozen=True, kw_only=True)
class ErrorTree:
    """A tree and what to know about it.

    Attributes
    ----------
    nodes : tuple of TreeNode
        The root first, children after their parent.
    label, failures, unit : str
        Of the loss: what its mean is called, what it counts, and ``share`` or ``number``.
    columns : tuple of str
        That were looked at.
    rows_grown, rows_judged : int
        Rows the tree grew on, and those all numbers are of.
    least : int
        Rows of the growing half that a leaf has at least.
    first_splits : tuple of (str, int)
        The column of the first split in samples drawn again, the most frequent first; empty when nothing splits.
    stability : float
        Share of these samples with the same column as the tree; NaN without a split.
    n_pruned : int
        Splits that the other half did not confirm.
    n_tested : int
        Nodes among which the q-values are corrected.
    seed : int
    """

    nodes: tuple[TreeNode, ...]
    label: str
    failures: str
    unit: str
    columns: tuple[str, ...]
    rows_grown: int
    rows_judged: int
    least: int
    first_splits: tuple[tuple[str, int], ...]
    stability: float
    n_pruned: int
    n_tested: int
    seed: int

    @property
    def leaves(self) -> tuple[TreeNode, ...]:
        """The nodes without children; together they hold all rows."""
        return tuple(node for node in self.nodes if node.leaf)

    def frame(self) -> pd.DataFrame:
        """Return one row a node, rates as fractions."""
        import pandas as pd

        numbers = [n for n in TreeNode.__dataclass_fields__ if n not in ("children", "path", "where")]
        rows = [
            {n: getattr(node, n) for n in numbers}
            | {
                "path": " and ".join(node.path),
                "filter": node.where.text if node.where else "",
                "leaf": node.leaf,
            }
            for node in self.nodes
        ]
        return pd.DataFrame(rows, columns=[*numbers, "path", "filter", "leaf"])


def error_tree(
    source: Source, loss: RowLoss, columns: Sequence[str], *, depth: int = DEPTH, least_share: float = LEAST_SHARE,
    seed: int = SEED, replicates: int = REPLICATES, progress: Callable[[float], None] | None = None,
) -> ErrorTree:  # fmt: skip
    """Grow a tree on a random half of the rows and judge it on the other half.

    Rows that belong together stay on one side. Splits lower the variance of the loss most; those whose two children do
    not differ on the other half (p > 0.05) are taken back, from the leaves upwards.

    Parameters
    ----------
    source : Source
    loss : RowLoss
        Errors, or any other loss such as an absolute residual.
    columns : sequence of str
        To split by.
    depth : int
        Splits on top of each other at most, 1 to 5.
    least_share : float
        Share of the growing half that a leaf has at least; it has 30 rows in any case.
    seed : int
    replicates : int
        Samples drawn again to see how often the first split is the same.
    progress : callable, optional
        Told the share that is done.

    Returns
    -------
    ErrorTree

    Raises
    ------
    DataError
        If there is no column, the depth is out of range, or a column cannot be cut.

    References
    ----------
    Athey and Imbens (2016), doi:10.1073/pnas.1510489113
    """
    if not columns:
        raise DataError("An error tree needs at least one column to split by.")
    if not 1 <= depth <= MAX_DEPTH:
        raise DataError(f"An error tree has 1 to {MAX_DEPTH} levels of splits, not {depth}.")
    told = progress or (lambda share: None)
    grown, judged = halves(loss, seed)
    growing = loss.at(grown)
    cut, codes = [], []
    for i, column in enumerate(columns):
        told(0.7 * i / len(columns))
        cut.append(SplitColumn.of(source, column, growing.rows))
        codes.append(cut[-1].codes(source, growing.rows))
    least = max(LEAST, ceil(least_share * len(growing)))
    grower = Grower(cut, codes, growing, least)
    splits = grower.splits(depth)
    told(0.75)
    repeats = grower.first_splits(replicates, seed) if 0 in splits else []
    told(0.9)
    judging = loss.at(judged)
    places = _places(source, judging, cut, splits)
    kept = _confirmed(judging, splits, places)
    first = Counter(columns[i] for i in repeats)
    root = columns[splits[0].column] if 0 in splits else ""
    nodes = _written(judging, cut, kept, places)
    return ErrorTree(
        nodes=nodes, label=loss.label, failures=loss.failures, unit=loss.unit,
        columns=tuple(columns), rows_grown=len(growing), rows_judged=len(judging), least=least,
        first_splits=tuple(first.most_common()) if 0 in kept else (), n_pruned=len(splits) - len(kept),
        stability=first[root] / len(repeats) if repeats and 0 in kept else nan,
        n_tested=sum(not isnan(node.p) for node in nodes), seed=seed,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------ judging


def _places(
    source: Source, loss: RowLoss, cut: Sequence[SplitColumn], splits: dict[int, Split]
) -> list[NDArray[Any]]:
    """Return the node of each row at every depth, as a number in the heap; rows stay in a leaf above."""
    read = {s.column: cut[s.column].codes(source, loss.rows) for s in splits.values()}
    now = np.zeros(len(loss), dtype=np.int8)
    places = [now]
    for level in range(MAX_DEPTH):
        at_level = [node for node in range(2**level - 1, 2 ** (level + 1) - 1) if node in splits]
        if not at_level:
            break
        after = now.copy()
        for node in at_level:
            inside = np.flatnonzero(now == node)
            split = splits[node]
            after[inside] = np.where(split.left[read[split.column][inside]], 2 * node + 1, 2 * node + 2)
        places.append(after)
        now = after
    return places


def _confirmed(loss: RowLoss, splits: dict[int, Split], places: list[NDArray[Any]]) -> dict[int, Split]:
    """Take back splits whose children do not differ on these rows and have no split of their own."""
    kept = dict(splits)
    for node in sorted(splits, reverse=True):
        if 2 * node + 1 in kept or 2 * node + 2 in kept:
            continue
        at = places[_depth(node) + 1]
        inside = np.flatnonzero((at == 2 * node + 1) | (at == 2 * node + 2))
        p = (
            group_means(loss.at(inside), (at[inside] == 2 * node + 2).astype(np.int8), 2).p[0]
            if inside.size
            else nan
        )
        if not p <= APART:
            del kept[node]
    return kept


def _depth(node: int) -> int:
    """Return how deep a node of the heap lies."""
    return (node + 1).bit_length() - 1


def _nodes(kept: dict[int, Split]) -> list[int]:
    """List the nodes of the tree, parents first."""
    return sorted({0, *(child for node in kept for child in (2 * node + 1, 2 * node + 2))})


def _written(loss: RowLoss, cut: Sequence[SplitColumn], kept: dict[int, Split], places: list[NDArray[Any]]) -> tuple[TreeNode, ...]:  # fmt: skip
    """Compute every node on the judging half."""
    order = _nodes(kept)
    place = {node: i for i, node in enumerate(order)}
    paths: dict[int, tuple[tuple[str, ...], tuple[Filter, ...]]] = {0: ((), ())}
    for node, split in sorted(kept.items()):
        words, filters = paths[node]
        for child, (where, said) in zip((2 * node + 1, 2 * node + 2), cut[split.column].sides(split.left), strict=True):  # fmt: skip
            paths[child] = (*words, said), (*filters, where)
    average, out = loss.mean, []
    for node in order:
        inside = (places[min(_depth(node), len(places) - 1)] == node).astype(np.int8)
        means = group_means(loss, inside, 2)
        one = {name: float(getattr(means, name)[1]) for name in ("low", "high", "rest", "difference", "z", "p", "share_of_total")}  # fmt: skip
        value = float(means.mean[1])
        out.append(TreeNode(
            index=place[node], parent=place[(node - 1) // 2] if node else -1, depth=_depth(node),
            children=(place[2 * node + 1], place[2 * node + 2]) if node in kept else (), path=paths[node][0],
            where=all_of(paths[node][1]), rows=int(means.rows[1]), share_of_rows=float(ratio(means.weight[1], means.weight.sum())),
            value=value, lift=float(ratio(value, average)), **one,
        ))  # fmt: skip
    q = benjamini_hochberg([node.p for node in out])
    return tuple(replace(node, q=float(x)) for node, x in zip(out, q, strict=True))
