"""Words that stand in rows the model gets wrong more often than in those it gets right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from .cases import IntArray
from .differences import benjamini_hochberg
from .errors import DataError
from .filters import Filter, parse
from .filters.functions import words_of
from .filters.tree import write_name, write_value
from .row_losses import RowLoss
from .source import Source
from .tally.outcomes import FloatArray

if TYPE_CHECKING:
    import pandas as pd

#: Rows of which a word must be in, and how many words are listed.
LEAST_ROWS, MOST = 20, 50
#: How many words of the prior stand against those of the rows.
PRIOR = 500.0
#: Rows and characters of a text that are read at most.
MAX_ROWS, MAX_LENGTH = 100_000, 5_000
_CHUNK = 5_000


@dataclass(frozen=True, kw_only=True)
class Word:
    """One word.

    Attributes
    ----------
    text : str
        In lower case.
    where : Filter
        The rows it is in.
    errors, rows : int
        Rows with the word that are wrong, and all.
    error_rate, rest_rate : float
        Share of wrong rows with the word, and without it.
    log_odds : float
        Log odds of the word among the words of wrong rows, minus that among right ones, both drawn to its share in all rows.
    z, p, q : float
        That in standard errors, its chance if wrong and right rows had the same words, and corrected for all words tested.
    """

    text: str
    where: Filter
    errors: int
    rows: int
    error_rate: float
    rest_rate: float
    log_odds: float
    z: float
    p: float
    q: float

    @property
    def clear(self) -> bool:
        """Whether chance does not explain how much more often it is in wrong rows, or in right ones."""
        return self.q <= 0.05


@dataclass(frozen=True, kw_only=True)
class Words:
    """The words of a text column.

    Attributes
    ----------
    column : str
    failures : str
        What makes a row wrong.
    words : tuple of Word
        At most 50, the largest distance from 0 first, in either direction.
    n_tested : int
        Words among which the q-values are corrected.
    rows, n_rows, errors : int
        Rows read, of how many, and how many of those read are wrong.
    notes : tuple of str
        What was left out, in sentences.
    seed : int
    """

    column: str
    failures: str
    words: tuple[Word, ...]
    n_tested: int
    rows: int
    n_rows: int
    errors: int
    notes: tuple[str, ...]
    seed: int

    def frame(self) -> pd.DataFrame:
        """Return one row a word."""
        import pandas as pd

        names = [n for n in Word.__dataclass_fields__ if n != "where"]
        return pd.DataFrame([{n: getattr(w, n) for n in names} | {"filter": w.where.text} for w in self.words], columns=[*names, "filter"])  # fmt: skip


def log_odds(
    y_i: ArrayLike, n_i: ArrayLike, y_j: ArrayLike, n_j: ArrayLike, prior: ArrayLike, prior_total: float
) -> tuple[FloatArray, FloatArray]:
    """Compare how often words are used on two sides, drawn to their share in both by an informative prior.

    Parameters
    ----------
    y_i, y_j : array-like
        How often each word is used on either side.
    n_i, n_j : array-like
        Words used on either side in all.
    prior : array-like
        How often each word is used in the prior.
    prior_total : float
        Words of the prior in all.

    Returns
    -------
    difference of the log odds, and that in standard errors : float64

    References
    ----------
    Monroe, Colaresi and Quinn (2008), doi:10.1093/pan/mpn018, equations 15, 16, 19 and 22

    Examples
    --------
    >>> delta, z = log_odds(30, 1000, 10, 1500, 20, 5000)
    >>> round(float(delta), 5), round(float(z), 5)
    (0.59461, 2.57474)
    """
    a, b = np.add(y_i, prior), np.add(y_j, prior)
    delta = np.log(a / (np.add(n_i, prior_total) - a)) - np.log(b / (np.add(n_j, prior_total) - b))
    return np.asarray(delta), np.asarray(delta / np.sqrt(1 / a + 1 / b))


def telling_words(
    source: Source, column: str, loss: RowLoss, *, least_rows: int = LEAST_ROWS, most: int = MOST, seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Words:  # fmt: skip
    """Find the words that tell wrong rows from right ones.

    A word counts once a row, else a long text would speak for many. Of rows that belong together one, drawn at random,
    stands for all. Weighted rows count by their weight, scaled to the number of rows that tell as much.

    Parameters
    ----------
    source : Source
    column : str
        Of texts.
    loss : RowLoss
        A rate: rows are wrong or right.
    least_rows : int
        Rows a word has to be in.
    most : int
        Words that are returned.
    seed : int
        Of the rows that are read when there are more than 100 000.
    progress : callable, optional
        Told the share that is done.

    Returns
    -------
    Words

    Raises
    ------
    DataError
        If the column holds no text, or the loss is no rate.
    """
    if source.kind(column) != "text":
        raise DataError(f"Column {column!r} holds no text, so it has no words.")
    if not loss.is_rate:
        raise DataError(f"Words are compared between wrong and right rows, and the {loss.label.lower()} is not that: choose a rate.")  # fmt: skip
    at, notes = _read_rows(loss, seed)
    part = loss.at(at)
    weight = _scaled(part)
    wrong = part.loss > 0
    if not wrong.any() or wrong.all():
        raise DataError(f"Every row read is {'wrong' if wrong.any() else 'right'}, so there is nothing to compare the words of.")  # fmt: skip
    vocabulary, pairs, cut = _counted(source, column, part.rows, progress or (lambda share: None))
    if cut:
        notes = (*notes, f"Of {cut:,} long texts the first {MAX_LENGTH:,} characters were read.")
    rows, words = pairs
    n_words = len(vocabulary)
    held = np.bincount(words, minlength=n_words)
    kept = held >= least_rows
    y_wrong, y_all = (np.bincount(words, w[rows], n_words) for w in (weight * wrong, weight))
    shares = y_all / y_all.sum() if y_all.sum() > 0 else y_all
    delta, z = log_odds(y_wrong[kept], y_wrong.sum(), (y_all - y_wrong)[kept], (y_all - y_wrong).sum(), PRIOR * shares[kept], PRIOR)  # fmt: skip
    p = np.array([2 * NormalDist().cdf(-abs(x)) for x in z.tolist()])
    q = benjamini_hochberg(p)
    names = np.array(vocabulary, dtype=object)[kept]
    order = np.argsort(-np.abs(z), kind="stable")[:most]
    n_wrong, total = np.bincount(words, wrong[rows], n_words)[kept], float(weight.sum())
    all_wrong = float((weight * wrong).sum())
    found = tuple(
        Word(
            text=str(names[i]), where=has_word(column, str(names[i])), errors=int(n_wrong[i]), rows=int(held[kept][i]),
            error_rate=float(y_wrong[kept][i] / y_all[kept][i]), rest_rate=_share(all_wrong - y_wrong[kept][i], total - y_all[kept][i]),
            log_odds=float(delta[i]), z=float(z[i]), p=float(p[i]), q=float(q[i]),
        )
        for i in order.tolist()
    )  # fmt: skip
    return Words(column=column, failures=loss.failures, words=found, n_tested=int(kept.sum()), rows=len(part), n_rows=len(loss),
                 errors=int(wrong.sum()), notes=notes, seed=seed)  # fmt: skip


def has_word(column: str, word: str) -> Filter:
    """Return the filter of the rows a word is in.

    Examples
    --------
    >>> has_word("note", "refund").text
    "word(note, 'refund')"
    """
    return parse(f"word({write_name(column)}, {write_value(word)})")


def _share(part: float, whole: float) -> float:
    """Divide; NaN where every row has the word."""
    return part / whole if whole > 0 else float("nan")


def _read_rows(loss: RowLoss, seed: int) -> tuple[IntArray, tuple[str, ...]]:
    """Choose the rows whose texts are read: one of those that belong together, and not too many."""
    rng = np.random.default_rng(seed)
    at, notes = np.arange(len(loss)), []
    if loss.together is not None:
        order = rng.permutation(len(loss))
        _, first = np.unique(loss.together[order], return_index=True)
        at = np.sort(order[first])
        notes.append(f"Rows belong together: one of each group was read, drawn at random (seed {seed}).")
    if at.size > MAX_ROWS:
        notes.append(f"{MAX_ROWS:,} of {at.size:,} rows were read, drawn at random (seed {seed}).")
        at = np.sort(rng.choice(at, MAX_ROWS, replace=False))
    return at, tuple(notes)


def _scaled(loss: RowLoss) -> FloatArray:
    """Return weights whose sum is the number of rows that tell as much (Kish); as they are for frequencies."""
    weight = loss.weights
    if loss.weight is None or loss.frequency:
        return weight
    return np.asarray(weight * (weight.sum() / (weight**2).sum()))


def _counted(
    source: Source, column: str, rows: IntArray, told: Callable[[float], None]
) -> tuple[Sequence[str], tuple[NDArray[np.int64], NDArray[np.int64]], int]:
    """Return the words of some rows, which row has which word, and how many texts were cut."""
    cells = source.column(column)
    place: dict[str, int] = {}
    at, of, cut = [], [], 0
    for start in range(0, rows.size, _CHUNK):
        texts: Iterable[str | None] = cells.take(pa.array(rows[start : start + _CHUNK])).cast(pa.large_string()).to_pylist()  # fmt: skip
        for row, text in enumerate(texts, start):
            if text is None:
                continue
            cut += len(text) > MAX_LENGTH
            words = [place.setdefault(word, len(place)) for word in words_of(text[:MAX_LENGTH])]
            at.append(np.full(len(words), row, dtype=np.int64))
            of.append(np.array(words, dtype=np.int64))
        told(min(1.0, (start + _CHUNK) / rows.size))
    nothing = [np.zeros(0, dtype=np.int64)]
    return list(place), (np.concatenate(at or nothing), np.concatenate(of or nothing)), cut
