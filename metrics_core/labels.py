"""Label columns as codes: 1, 1.0, "1" and True are told apart from nothing but their text."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .checks import Finding, answered, rows_of, severity_of_share
from .errors import Option, example_rows
from .spelling import TRIMMED, WHOLE, tidy, whole_numbers

#: The only pairs read without asking (letter case ignored): (negative, positive).
SILENT_PAIRS = (("0", "1"), ("-1", "1"), ("false", "true"), ("no", "yes"), ("negative", "positive"))
#: Words that may mean "no value" where labels are text.
NO_VALUE = frozenset({"na", "n/a", "#n/a", "nan", "nat", "null", "none", "<na>"})
#: Beside two labels others in so few rows may be slips; more of them if the two are a pair everybody knows.
_RARE, _RARE_BESIDE_A_PAIR = 0.01, 0.05


@dataclass(frozen=True)
class Repair:
    """Cells of a label column that were read as a tidier label.

    Attributes
    ----------
    id : str
        What was done: see ``spelling``.
    n : int
        How many cells.
    rows : tuple of int
        Positions of the first three, from 0.
    cells : tuple of str
        What stood there.
    """

    id: str
    n: int
    rows: tuple[int, ...]
    cells: tuple[str, ...]


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
    repairs : tuple of Repair
        What was tidied, the blanks included.
    """

    code: NDArray[np.int32]
    names: tuple[str, ...]
    n_trimmed: int = 0
    repairs: tuple[Repair, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Rows of each label."""
        n = np.bincount(self.code[self.code >= 0], minlength=len(self.names))
        return dict(zip(self.names, n.tolist(), strict=True))

    def rows_with(self, names: Collection[str]) -> NDArray[np.bool_]:
        """Tell which rows carry one of some labels, ``(n_rows,)``."""
        wanted = np.array([name in names for name in self.names] + [False])
        return wanted[self.code]

    def renamed(self, names: Mapping[str, str]) -> Labels:
        """Give labels other names; of the same name they become one, and an empty name is no label."""
        new = [names.get(name, name) for name in self.names]
        kept = sorted_labels(name for name in new if name)
        place = {name: i for i, name in enumerate(kept)}
        table = np.array([place.get(name, -1) for name in new] + [-1], dtype=np.int32)
        return replace(self, code=table[self.code], names=kept)


def read_labels(column: pa.ChunkedArray) -> Labels:
    """Encode a column of labels of any type.

    Whole numbers lose their ``.0``, text loses blanks around it and characters nobody sees, an empty text is missing.
    """
    if pa.types.is_null(column.type):
        return Labels(np.full(len(column), -1, dtype=np.int32), ())
    values, index = _encoded(column)
    tidied = [tidy(v) if isinstance(v, str) else (_label_text(v), ()) for v in values]
    texts = [text for text, _ in tidied]
    done: dict[str, list[int]] = {}
    for code, (_, ids) in enumerate(tidied):
        for id in ids:
            done.setdefault(id, []).append(code)
    if any(isinstance(v, str) for v in values):
        shorter = whole_numbers({t for t in texts if t and t.lower() not in NO_VALUE})
        if shorter:
            done[WHOLE] = [code for code, text in enumerate(texts) if text in shorter]
            texts = [shorter.get(t, t) for t in texts]
    names = sorted_labels(t for t in texts if t)
    place = {name: i for i, name in enumerate(names)}
    table = np.array([place.get(t, -1) for t in texts] + [-1], dtype=np.int32)
    repairs = tuple(_repair(id, codes, index, values) for id, codes in done.items())
    return Labels(table[index], names, sum(r.n for r in repairs if r.id == TRIMMED), repairs)


def _encoded(column: pa.ChunkedArray) -> tuple[list[object], NDArray[np.int64]]:
    """Return the different values of a column and, for each row, which one it is; the one after the last is missing."""
    if pa.types.is_nested(column.type):  # cannot be encoded, and is no label either: whoever asks will say so
        column = pa.chunked_array([[None if v is None else str(v) for v in column.to_pylist()]], pa.string())
    if pa.types.is_temporal(column.type) and getattr(column.type, "unit", "") == "ns":
        column = column.cast(pa.string())  # Python's moments end at microseconds
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):  # an empty or multi-chunk column
        encoded = (
            pa.chunked_array([encoded]).combine_chunks()
            if encoded.num_chunks == 1
            else encoded.unify_dictionaries().combine_chunks()
        )
    values = encoded.dictionary.to_pylist()
    return values, encoded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)


def _repair(id: str, codes: list[int], index: NDArray[np.int64], values: list[object]) -> Repair:
    """Count the cells that were tidied."""
    touched = np.zeros(len(values) + 1, dtype=bool)
    touched[codes] = True
    at = np.flatnonzero(touched[index])
    first = at[:3].tolist()
    return Repair(id, int(at.size), tuple(first), tuple(str(values[index[i]]) for i in first))


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
    return labels.renamed({n: n.lower() for n in labels.names})


def settle(
    labels: Labels, column: str, answers: Mapping[str, str], known: Collection[str] = ()
) -> tuple[Labels, list[Finding]]:
    """Decide which texts of a column are one label, and which are no label.

    Parameters
    ----------
    labels : Labels
    column : str
    answers : mapping of str to str
        To the questions ``missing_label`` and ``label_case``.
    known : collection of str
        Labels that something else in the table bears out, such as a column of their probabilities.

    Raises
    ------
    NeedsChoice
        If a word may mean "no value", or labels differ in letter case only.
    """
    findings: list[Finding] = []
    labels, finding = _without_words(labels, column, answers, known)
    findings += finding
    folded = fold_case(labels)
    if folded is not labels:
        findings.append(Finding("labels-case", "note", f"The labels {', '.join(map(repr, labels.names))} of {column!r} differ in letter case; they were read as {' and '.join(map(repr, folded.names))}."))  # fmt: skip
        return folded, findings
    labels, finding = _one_case(labels, column, answers, known)
    return labels, findings + finding


def _without_words(
    labels: Labels, column: str, answers: Mapping[str, str], known: Collection[str]
) -> tuple[Labels, list[Finding]]:
    """Take words such as NA for empty cells beside a silent pair or numbers; else ask."""
    words = [n for n in labels.names if n.lower() in NO_VALUE and n not in known]
    if not words:
        return labels, []
    rest = sorted_labels(n for n in labels.names if n not in words)
    at = np.flatnonzero(labels.rows_with(words))
    shown = example_rows(at.tolist(), [labels.names[c] for c in labels.code[at[:3]]])
    said = f"Column {column!r} holds {' and '.join(map(repr, words[:3]))} in {rows_of(at.size, labels.code.size)} ({shown})"
    plain = rest and (
        silent_pair(sorted_labels(n.lower() for n in rest)) or all(_by_value(n)[0] == 0 for n in rest)
    )
    if not plain and answered(answers, "missing_label", f"{said}. Is that a label?",
                              [Option("missing", "no value: leave these rows out"), Option("label", "a label like any other")]) == "label":  # fmt: skip
        return labels, []
    found = Finding("labels-no-value", severity_of_share(at.size, labels.code.size), f"{said}; that was read as no value.")  # fmt: skip
    return labels.renamed(dict.fromkeys(words, "")), [found]


def _one_case(
    labels: Labels, column: str, answers: Mapping[str, str], known: Collection[str]
) -> tuple[Labels, list[Finding]]:
    """Ask whether labels that differ in letter case only are one label; 'A' and 'a' alone are two."""
    spellings: dict[str, list[str]] = {}
    for name in labels.names:
        spellings.setdefault(name.casefold(), []).append(name)
    several = [names for names in spellings.values() if len(names) > 1 and not set(names) <= set(known)]
    if not several or len(spellings) < 2:
        return labels, []
    counts = labels.counts
    names = several[0]
    said = f"{' and '.join(f'{n!r} ({counts[n]:,} rows)' for n in names)} of {column!r} differ in letter case only"
    more = f", and so do {len(several) - 1:,} other labels" if len(several) > 1 else ""
    if answered(answers, "label_case", f"{said}{more}. Are they one label?",
                [Option("same", "one label, written in several ways"), Option("apart", "different labels")]) == "apart":  # fmt: skip
        return labels, []
    main = {n: max(names, key=lambda m: counts[m]) for names in several for n in names}
    return labels.renamed(main), [Finding("labels-case", "note", f"{said}{more}; they were read as {main[names[0]]!r}.")]  # fmt: skip


def stray_labels(labels: Labels) -> tuple[str, ...]:
    """Name the labels that are rare beside two others: slips or stand-ins, or rare classes.

    Examples
    --------
    >>> stray_labels(Labels(np.array([0] * 500 + [1] * 500 + [2] * 3, dtype=np.int32), ("fraud", "honest", "?")))
    ('?',)
    """
    counts = labels.counts
    often = sorted(counts, key=lambda name: -counts[name])
    rest, strays = often[:2], often[2:]
    n = sum(counts[name] for name in strays)
    share = _RARE if silent_pair(sorted_labels(rest)) is None else _RARE_BESIDE_A_PAIR
    if not strays or n > share * sum(counts.values()) or counts[rest[1]] < n:
        return ()
    return sorted_labels(strays)


def without_strays(
    labels: Labels, column: str, answers: Mapping[str, str], known: Collection[str] = ()
) -> tuple[Labels, list[Finding]]:
    """Ask about labels that are rare beside two others, and leave them out if that is the answer.

    Those that are ``known`` from elsewhere in the table are classes.

    Raises
    ------
    NeedsChoice
        ``third_label``, if there are any and nobody has answered.
    """
    strays = stray_labels(labels)
    if not strays or set(strays) <= set(known):
        return labels, []
    at = np.flatnonzero(labels.rows_with(strays))
    shown = example_rows(at.tolist(), [labels.names[c] for c in labels.code[at[:3]]])
    rest = [f"{n!r} ({k:,} rows)" for n, k in labels.counts.items() if n not in strays]
    said = f"Beside {' and '.join(rest)} column {column!r} holds {', '.join(map(repr, strays[:4]))}{', ...' if len(strays) > 4 else ''} in {rows_of(at.size, labels.code.size)} ({shown})"
    options = [Option("drop", "leave these rows out: there are two classes"), Option("class", f"there are {len(labels.names):,} classes")]  # fmt: skip
    if answered(answers, "third_label", f"{said}. What are these rows?", options) == "class":
        return labels, []
    found = Finding("label-left-out", severity_of_share(at.size, labels.code.size), f"{said}. These rows were left out.")  # fmt: skip
    return labels.renamed(dict.fromkeys(strays, "")), [found]


def settled_names(
    column: pa.ChunkedArray, name: str, answers: Mapping[str, str], known: Collection[str] = ()
) -> tuple[str, ...]:
    """Return the labels of a column after all questions about them, in sorted order.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
    name : str
        Of the column.
    answers : mapping of str to str
    known : collection of str
        Labels that something else in the table bears out.

    Raises
    ------
    NeedsChoice
        ``missing_label``, ``label_case`` or ``third_label``.
    """
    labels, _ = settle(read_labels(column), name, answers, known)
    return without_strays(labels, name, answers, known)[0].names


def distinct_count(column: pa.ChunkedArray) -> int:
    """Count the distinct values that are not missing; nested values all count as different."""
    if pa.types.is_null(column.type):
        return 0
    if pa.types.is_nested(column.type):
        return len(column) - int(column.null_count)
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
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e16:
        return str(int(value))
    return str(value).strip()


def _by_value(text: str) -> tuple[int, float, str]:
    """Sort numbers by value and before words."""
    if text[:1].isalpha() and text[:1] not in "iI":  # a failed float() is slow, and labels can be many
        return (1, 0.0, text)
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    return (1, 0.0, text) if value != value else (0, value, text)
