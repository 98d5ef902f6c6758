"""What is remembered, beside what is named now and what the table has."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from metrics_core.checks import Finding

from .keys import COLUMNS, HANGS_ON, LISTS, OF_LEVELS, OF_MODELS
from .reading import FILE

#: The id of the finding about a remembered column that is not there any more.
GONE = "remembered-gone"
_ALL = "*"


def beside(named: Mapping[str, Any], kept: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Put what is remembered beside what is named; what is named goes first.

    A remembered role that hangs on another one is left out when that is named otherwise: the positive label on the
    column of labels, the kind of the scores on the scores. Naming any score, prediction or probability fixes the
    models, as it does without anything remembered.

    Parameters
    ----------
    named, kept : mapping
        Keyword arguments for ``metrics_core.read``: named here and now, and remembered.

    Returns
    -------
    roles : dict
        Both together.
    taken : dict
        What of it was remembered.

    Examples
    --------
    >>> beside({"y_true": "b"}, {"y_true": "a", "pos_label": "x", "id": "i"})
    ({'id': 'i', 'y_true': 'b'}, {'id': 'i'})
    """
    answers = dict(named.get("choose") or {})
    said = {**answers, **{role: value for role, value in named.items() if role != "choose"}}
    remembered = {**(kept.get("choose") or {}), **{r: v for r, v in kept.items() if r != "choose"}}
    other = [role for role, value in said.items() if _differs(value, remembered.get(role))]
    left_out = {*said, *(hanging for role in other for hanging in HANGS_ON.get(role, ()))}
    taken = _without(kept, left_out)
    roles = {**taken, **named}
    choose = {**taken.get("choose", {}), **answers}
    return {**roles, **({"choose": choose} if choose else {})}, taken


def still_there(
    kept: Mapping[str, Any], columns: Collection[str], name: str
) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    """Leave out remembered columns that the table does not have any more; their roles are guessed again.

    Parameters
    ----------
    kept : mapping
        Keyword arguments for ``metrics_core.read``.
    columns : collection of str
        The columns of the table.
    name : str
        How to call the table.

    Returns
    -------
    roles : dict
        What is left of it; what hangs on a column that is gone is left out too.
    findings : tuple of Finding
        One for each column that is gone.
    """
    left: dict[str, Any] = dict(kept)
    gone: list[tuple[str, str]] = []
    for role, value in kept.items():
        absent = [(role, c) for c in _columns_of(role, value) if not _is_there(role, c, columns)]
        if absent:
            gone += absent
            left = _after(left, role, [c for _, c in absent])
    for role, column in (kept.get("choose") or {}).items():
        if role in (*OF_MODELS, "y_true") and column != _ALL and not _is_there(role, column, columns):
            gone.append((role, column))
            left = _without(left, {role, *HANGS_ON[role]})
    return left, tuple(_finding(r, c, name, guessed=r not in left) for r, c in dict.fromkeys(gone))


def recall(
    named: Mapping[str, Any], kept: Mapping[str, Any], columns: Collection[str], name: str
) -> tuple[dict[str, Any], dict[str, Any], tuple[Finding, ...]]:
    """Put what is remembered, as far as the table still has it, beside what is named.

    Parameters
    ----------
    named, kept : mapping
        As in ``beside``.
    columns, name
        As in ``still_there``.

    Returns
    -------
    roles : dict
        Keyword arguments for ``metrics_core.read``.
    taken : dict
        What of it was remembered.
    findings : tuple of Finding
        One for each column that was remembered and is gone.
    """
    left, findings = still_there(beside(named, kept)[1], columns, name)
    roles, taken = beside(named, left)
    return roles, taken, findings


def _differs(value: object, remembered: object) -> bool:
    """Tell whether a role is named otherwise than it is remembered; tuples are lists here."""
    return (list(value) if isinstance(value, tuple) else value) != remembered


def _without(kept: Mapping[str, Any], roles: Collection[str]) -> dict[str, Any]:
    """Leave roles and answers out; ``score_kind:`` stands for the answers about every model."""
    every = "score_kind:" in roles
    choose = {
        id: answer
        for id, answer in (kept.get("choose") or {}).items()
        if id not in roles and not (every and id.startswith("score_kind:"))
    }
    left = {role: value for role, value in kept.items() if role not in roles and role != "choose"}
    return {**left, **({"choose": choose} if choose else {})}


def _columns_of(role: str, value: Any) -> list[str]:
    """List the columns, or the prefixes, that a remembered role names."""
    if role in OF_LEVELS and isinstance(value, Mapping):
        return [c for of in value.values() for text in (of.values() if isinstance(of, Mapping) else (of,)) for c in str(text).split(",")]  # fmt: skip
    if value is None or role not in (*COLUMNS, *OF_MODELS, *LISTS, "proba"):
        return []
    if isinstance(value, str):
        return [value]
    return list(value.values() if isinstance(value, Mapping) else value)


def _is_there(role: str, column: str, columns: Collection[str]) -> bool:
    """Tell whether the table has a column, or one that starts with a prefix."""
    return any(c.startswith(column) for c in columns) if role == "proba_prefix" else column in columns


def _after(kept: Mapping[str, Any], role: str, absent: Collection[str]) -> dict[str, Any]:
    """Take absent columns out of a role; of a role with nothing left take out what hangs on it, too."""
    value = kept.get(role)
    if isinstance(value, Mapping) and role not in ("proba", *OF_LEVELS):
        models = [model for model, column in value.items() if column in absent]
        value = {model: column for model, column in value.items() if column not in absent}
        kept = _without(kept, {f"score_kind:{model}" for model in models})
    elif isinstance(value, (list, tuple)):
        value = [column for column in value if column not in absent]
        kept = _without(kept, {f"score_kind:{column}" for column in absent})
    else:
        value = None
    if value:
        return {**kept, role: value}
    return _without(kept, {role, *HANGS_ON.get(role, ())})


def _finding(role: str, column: str, name: str, *, guessed: bool) -> Finding:
    """Say which remembered column is gone, and what became of its role."""
    what = f"No column of '{name}' starts with {column!r}" if role == "proba_prefix" else f"'{name}' has no column {column!r}"  # fmt: skip
    then = "the role was guessed again" if guessed and role not in LISTS else "it was left out"
    return Finding(
        GONE,
        "warning",
        f"{what} any more, which {FILE} remembers as {role}; {then}.",
        "Look at the roles and confirm them, or mend the file.",
    )
