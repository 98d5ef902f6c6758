"""One score and two classes: everything at every threshold, against scikit-learn's calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from metrics_core import curves
from metrics_core.intervals import intervals_of
from metrics_core.metrics.registry import metrics_of
from metrics_core.metrics.spec import Tallies
from metrics_core.reduce import score_tally
from metrics_core.reduce.parquet import parquet_tally
from metrics_core.reduce.scores import tally_of
from metrics_core.tally import Outcomes, ScoreTally
from metrics_core.thresholds import threshold_table
from metrics_core.values import compute, tallied

from .rows import cases, scored
from .timing import Result, at_least, at_most, seconds


def everything(tally: ScoreTally) -> None:
    """Every scalar, every metric at every step of the slider, and the curves."""
    fast = [s for s in metrics_of("binary") if s.of is ScoreTally and not s.slow and not s.takes_k]
    for spec in fast:
        spec.fn(tally)
    threshold_table(tally)
    curves.roc(tally)
    curves.pr(tally)


def scalars(tally: ScoreTally) -> None:
    """The numbers that scikit-learn's calls give without curves."""
    from metrics_core.metrics import probabilities as p

    for fn in (p.roc_auc, p.average_precision, p.ks, p.brier, p.log_loss_clipped, p.ece):
        fn(tally)
    compute_at = tally.outcomes(0.5)
    for spec in metrics_of("binary"):
        if spec.of is Outcomes:
            spec.fn(compute_at)


def ten_calls(n: int) -> None:
    """What a notebook calls for the same numbers and curves."""
    import sklearn.metrics as sm
    from sklearn.calibration import calibration_curve

    score, positive = scored(n)
    flagged = score >= 0.5
    sm.roc_auc_score(positive, score)
    sm.roc_curve(positive, score)
    sm.precision_recall_curve(positive, score)
    sm.average_precision_score(positive, score)
    sm.confusion_matrix(positive, flagged)
    sm.f1_score(positive, flagged)
    sm.classification_report(positive, flagged)
    calibration_curve(positive, score, n_bins=15)
    sm.log_loss(positive, score)
    sm.brier_score_loss(positive, score)


def results(*, quick: bool) -> Iterator[Result]:
    """Measure everything of this file."""
    sizes = ((10**6, 100.0),) if quick else ((10**6, 100.0), (10**7, 300.0))
    for n, goal in sizes:
        yield at_least(
            f"all metrics, thresholds and curves, {n:,} rows, in bins", goal,
            lambda n=n: everything(tally_of(*scored(n), exact=False)), lambda n=n: ten_calls(n), "ten scikit-learn calls",
        )  # fmt: skip
    n = 10**6
    yield at_least(f"all scalars, {n:,} rows, every distinct score", 10,
                   lambda: scalars(tally_of(*scored(n), exact=True)), lambda: ten_calls(n), "ten scikit-learn calls")  # fmt: skip
    big = 10**6 if quick else 10**7
    yield at_most(f"counting {big:,} float32 scores and labels in bins", 12, lambda: tally_of(*scored(big), exact=False),
                  lambda: [np.sum(x) for x in scored(big)], "np.sum of the same bytes")  # fmt: skip
    yield from _from_parquet(big)
    yield from _threshold(quick=quick)
    yield from _bootstrap(quick=quick)


def _from_parquet(n: int) -> Iterator[Result]:
    """Counting while a file is decoded, beside decoding alone."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        score, positive = scored(n)
        pq.write_table(pa.table({"y": positive, "p": score}), path)

        def decode() -> None:
            for batch in pq.ParquetFile(path).iter_batches(columns=["y", "p"], batch_size=1 << 17):
                batch.num_rows  # noqa: B018 - decoding is all there is to do

        yield at_most(f"straight from Parquet, {n:,} rows", 2, lambda: parquet_tally(path, "y", "p", True), decode,
                      "decoding the two columns")  # fmt: skip


def _threshold(*, quick: bool) -> Iterator[Result]:
    """Looking one threshold up, which must not depend on the number of rows."""
    small, large = (tally_of(*scored(n), exact=False) for n in (10**5, 10**6 if quick else 10**7))

    def look_up(tally: ScoreTally) -> None:
        for cut in np.arange(1, 1001) / 1024:
            tally.outcomes(cut)

    look_up(small), look_up(large)
    a, b = min(seconds(lambda: look_up(small)) for _ in range(5)), min(seconds(lambda: look_up(large)) for _ in range(5))  # fmt: skip
    each = b / 1000
    yield Result("one threshold looked up", each, a / 1000, "the same with 100,000 rows", "< 50 µs", each < 50e-6,
                 f"{each * 1e6:.0f} µs", "seconds of one look-up")  # fmt: skip


class _Sample:
    """A million rows as intervals take them."""

    def __init__(self, n: int) -> None:
        self.task, self.cases = "binary", cases(n)
        tally = score_tally(self.cases)
        self.tallies: Tallies = tallied(tally.outcomes(0.5), tally)
        self.metrics = compute("binary", self.tallies)


def _bootstrap(*, quick: bool) -> Iterator[Result]:
    """Intervals of three metrics, each by its own method, against drawing rows and calling scikit-learn."""
    import sklearn.metrics as sm

    n = 10**5 if quick else 10**6
    sample = _Sample(n)
    score, positive = scored(n, "float64")
    rng, naive, few = np.random.default_rng(3), [], 20

    def rows_again() -> None:
        at = rng.integers(0, n, n)
        flagged = score[at] >= 0.5
        naive.append((sm.roc_auc_score(positive[at], score[at]), sm.average_precision_score(positive[at], score[at]), sm.f1_score(positive[at], flagged)))  # fmt: skip

    theirs = sum(seconds(rows_again) for _ in range(few)) / few * 1000
    keys = ("roc_auc", "average_precision", "f1")
    ours = min(seconds(lambda: intervals_of(sample, keys=keys)) for _ in range(3))
    goal = 183.0 if quick else 2000.0
    ratio = theirs / ours
    yield Result(f"intervals, {n:,} rows: AUC (DeLong), average precision and F1 (1000 draws)", ours, theirs, f"1000 times rows drawn again ({few} measured, scaled)",
                 f"≥ {goal:g}×", ratio >= goal, f"{ratio:,.0f}×", _agreement(sample, keys, np.array(naive)))  # fmt: skip


def _agreement(sample: _Sample, keys: tuple[str, ...], naive: np.ndarray) -> str:
    """Compare half widths of 95 % with those of the naive replicates."""
    found = intervals_of(sample, keys=keys)
    sd = naive.std(axis=0, ddof=1)
    widths = [((found[k].high or 0) - (found[k].low or 0)) / 3.92 / s for k, s in zip(keys, sd, strict=True)]
    return f"half widths over 1.96 naive standard deviations (of {len(naive)} draws, so ±16 %): " + ", ".join(
        f"{w:.2f}" for w in widths
    )
