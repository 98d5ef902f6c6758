"""Columns of probabilities of the classes: found by a prefix, or called like the classes themselves.

A class may be written a little otherwise in the name of its column, ``p_0.0`` for ``0`` or ``p_Cat`` for ``cat``, where
only one label and only one column can be meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from .errors import DataError, NeedsChoice, Option, did_you_mean
from .guesses import ALL, Guess
from .role_names import parts_that_differ
from .source import Source

#: (class, column) of a model.
Proba = tuple[tuple[str, str], ...]


def class_key(text: str) -> str:
    """Fold the ways in which the name of a column may write a class.

    Examples
    --------
    >>> class_key("Cat"), class_key("1.0"), class_key("1.5")
    ('cat', '1', '1.5')
    """
    folded = text.casefold()
    return folded.removesuffix(".0") if folded.removesuffix(".0").lstrip("+-").isdecimal() else folded


def columns_of_prefix(
    source: Source, prefix: str, labels: Collection[str] = (), *, numbers_only: bool = False
) -> Proba:
    """List (class, column) of the columns whose names start with a prefix.

    Parameters
    ----------
    source : Source
    prefix : str
    labels : collection of str
        The true labels: a class that is written otherwise is called like its label.
    numbers_only : bool
        A column of something else than numbers counts only when it carries one of the labels.

    Raises
    ------
    DataError
        If there is none.
    """
    found = [(n[len(prefix) :], n) for n in source.names if n.startswith(prefix) and len(n) > len(prefix)]
    found = _called_like(found, labels)
    if numbers_only:
        known = set(labels)
        found = [(label, name) for label, name in found if label in known or source.kind(name) == "number"]
    if not found:
        raise DataError(
            f"No column of '{source.name}' starts with {prefix!r}. {did_you_mean(prefix, source.names)}"
        )
    return tuple(found)


def whole_prefixes(source: Source, labels: Sequence[str], free: Sequence[str]) -> list[str]:
    """List the prefixes under which every label has a column of numbers; those that write each as it is go first."""
    names = [name for name in free if source.kind(name) == "number"]
    tokens = {label: label for label in labels}
    found = _whole(names, tokens, len(set(labels)), folded=False)
    if found or not labels:
        return found
    keys = _one_of_each({label: class_key(label) for label in labels})
    tokens = {**keys, **{f"{key}.0": label for key, label in keys.items() if key.lstrip("+-").isdecimal()}}
    return _whole(names, tokens, len(set(labels)), folded=True)


def written_otherwise(proba: Proba, prefix: str) -> str:
    """Say which column writes its class otherwise than the label; empty when none does."""
    other = [f"{column!r} for {label!r}" for label, column in proba if column != prefix + label]
    return "" if not other else f", written otherwise: {other[0]}{', ...' if len(other) > 1 else ''}"


def guess_probabilities(guess: Guess, labels: Sequence[str], free: Sequence[str]) -> Proba:
    """Find a column of probabilities for every label, by prefix or called like the label itself.

    Returns
    -------
    tuple of (label, column)
        Empty when there are none.

    Raises
    ------
    NeedsChoice
        If several prefixes are equally good.
    """
    source, n = guess.source, f"{len(labels):,}"
    prefix = ""
    whole = [p for p in whole_prefixes(source, labels, free) if _believed(guess, p, labels)]
    if len(whole) > 1:
        options = [Option(p) for p in whole[:20]]
        if parts_that_differ(tuple(whole)):
            options.append(Option(ALL, f"all {len(whole)}, each of its own model"))
        question = f"Columns of probabilities start with several prefixes in '{source.name}'."
        raise NeedsChoice("proba_prefix", f"{question} Which belong to the model?", options)
    if whole:
        (prefix,) = whole
        found = columns_of_prefix(source, prefix, labels, numbers_only=True)
        how = f"a column {prefix!r} + label for each of the {n} labels"
    else:
        called = _called_like([(name, name) for name in free], labels)
        columns = dict(called)
        found = tuple((label, columns[label]) for label in labels if label in columns)
        if len(labels) < 2 or len(found) < len(labels):
            return ()
        if not all(guess.seen.fractions(column) for _, column in found):
            return ()
        how = f"a column called like each of the {n} labels, fractions"
    guess.reasons["proba_prefix"] = how + written_otherwise(found, prefix)
    return found


def _believed(guess: Guess, prefix: str, labels: Sequence[str]) -> bool:
    """Tell whether a prefix is taken: with classes written otherwise only if each column of one holds fractions."""
    proba = columns_of_prefix(guess.source, prefix, labels, numbers_only=True)
    known = set(labels)
    return not written_otherwise(proba, prefix) or all(
        guess.seen.fractions(c) for label, c in proba if label in known
    )


def _called_like(columns: Sequence[tuple[str, str]], labels: Collection[str]) -> list[tuple[str, str]]:
    """Call classes like the labels that only they can mean; the others keep what the column says."""
    known, wanted = set(labels), _one_of_each({label: class_key(label) for label in labels})
    all_written = {written for written, _ in columns}
    times = Counter(map(class_key, all_written))
    called = []
    for written, column in columns:
        key = class_key(written)
        label = wanted.get(key, written)
        as_it_is = written in known or label in all_written or times[key] > 1
        called.append((written if as_it_is else label, column))
    return called


def _one_of_each(keys: Mapping[str, str]) -> dict[str, str]:
    """Return key to label of the keys that one label has."""
    times = Counter(keys.values())
    return {key: label for label, key in keys.items() if times[key] == 1}


def _whole(names: Sequence[str], tokens: Mapping[str, str], n_labels: int, *, folded: bool) -> list[str]:
    """List what stands before the token of every label, each in one column."""
    found: dict[str, list[str]] = {}
    lengths = {len(token) for token in tokens if token}
    for name in names:
        low = name.casefold() if folded else name
        for length in lengths if len(low) == len(name) else ():
            label = tokens.get(low[-length:])
            if label is not None and length < len(name):
                found.setdefault(name[:-length], []).append(label)
    return sorted(p for p, has in found.items() if len(has) == len(set(has)) == n_labels)
