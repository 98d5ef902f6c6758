"""Rows with a score and, perhaps, without a label: what a decision is run on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..cases import BoolArray
from ..checks import Finding
from ..errors import DataError, did_you_mean
from ..scores import read_scores
from ..source import Source
from ..tally.outcomes import FloatArray
from .record import Decision


@dataclass(frozen=True, eq=False)
class Scored:
    """The rows of a table as a decision sees them.

    Attributes
    ----------
    source : Source
    score : (n,) float64
        On the scale of the thresholds: percentages and log-odds have become probabilities. NaN where there is none.
    threshold : (n,) float64
        The one that rules each row.
    without : dict of str to int
        Rows that have no usable score, by reason.
    findings : tuple of Finding
        Repairs made while the scores were read.
    """

    source: Source
    score: FloatArray
    threshold: FloatArray
    without: Mapping[str, int]
    findings: tuple[Finding, ...]

    @property
    def usable(self) -> BoolArray:
        """Rows that have a score, ``(n,)``."""
        return ~np.isnan(self.score)

    @property
    def flagged(self) -> BoolArray:
        """Rows whose score reaches their threshold, ``(n,)``; never a row without a score."""
        return np.asarray(self.score >= self.threshold)


def score_rows(decision: Decision, source: Source, *, y_score: str | None = None) -> Scored:
    """Read the scores of a table on the scale of a decision's thresholds.

    Parameters
    ----------
    decision : Decision
        With a threshold.
    source : Source
    y_score : str, optional
        The score column when it is called otherwise here.

    Returns
    -------
    Scored

    Raises
    ------
    DataError
        If the decision has no threshold, the table has no such column, or the column holds no number.
    """
    cuts = row_thresholds(decision, source)
    column = y_score or decision.y_score
    if column not in source.names:
        raise DataError(f"'{source.name}' has no column {column!r}, which holds the scores of this decision. "
                        f"{did_you_mean(column, source.names)} Say where they are with --y-score.")  # fmt: skip
    findings: list[Finding] = []
    read = read_scores(source, column, decision.score_kind, findings.append)
    without = {"score missing": int(read.missing.sum())}
    bad = read.missing.copy()
    for reason, rows in read.invalid.items():
        without[reason] = int((rows & ~bad).sum())
        bad |= rows
    score = np.where(bad, np.nan, read.values)
    return Scored(
        source,
        score,
        cuts,
        {k: n for k, n in without.items() if n},
        tuple(findings),
    )


def row_thresholds(decision: Decision, source: Source) -> FloatArray:
    """Give each row the threshold of its group, and of no group the common one.

    Raises
    ------
    DataError
        If the decision has no threshold, or the table lacks a column that the groups are told by.
    """
    if decision.threshold is None:
        raise DataError("No threshold was feasible when this decision was made, so there is nothing to run. Make it again with other constraints.")  # fmt: skip
    found = np.full(source.n_rows, decision.threshold, dtype=np.float64)
    # of groups that overlap the first counts, as in the SQL expression
    for one in reversed(decision.thresholds):
        condition = one.filter
        found[condition.mask(source.table(condition.columns))] = one.threshold
    return found
