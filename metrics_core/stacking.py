"""Several files or frames as one table: parts of one set, or the predictions of one model each."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .errors import DataError
from .reading.parts import stacked
from .reading.watch import Watch
from .source import Source, open_source

_MODEL_NAMES = ("model", "model_file", "model_of_file")


def open_sources(
    data: Any,
    *,
    name: str | None = None,
    answers: Mapping[str, str] | None = None,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Source, str | None]:
    """Open one table, or put several below each other.

    Parameters
    ----------
    data : path, frame, sequence of them or mapping of model name to them
    name : str, optional
    answers : mapping of str to str, optional
        As in ``open_source``; one answer holds for all files.
    progress, cancelled : callable, optional
        As in ``open_source``; the share is that of all files.

    Returns
    -------
    source : Source
    model_column : str or None
        The column that names each row's model, when the data came by model.

    Raises
    ------
    DataError
        If one of them cannot be read, or they share no column.
    NeedsChoice
        If the first line of a file may be a header or a row.
    """
    watch = Watch(progress, cancelled)

    def opened(every: Sequence[Any], names: Sequence[str]) -> list[Source]:
        """Open each, with its share of the progress; a frame, which has no name, gets one."""
        n = len(every)
        if n == 0:
            raise DataError("There is no file. Name at least one.")
        return [
            open_source(
                one,
                name=None if isinstance(one, (str, os.PathLike, Source)) else called,
                answers=answers,
                progress=watch.part(i / n, (i + 1) / n).at,
                cancelled=cancelled,
            )
            for i, (one, called) in enumerate(zip(every, names, strict=True))
        ]

    if isinstance(data, Mapping) and not hasattr(data, "columns"):
        models = _model_names(data)
        parts = opened(list(data.values()), models)
        taken = {column for part in parts for column in part.names}
        column = next((c for c in _MODEL_NAMES if c not in taken), None)
        if column is None:
            raise DataError(f"Each file is one model, but the columns {', '.join(map(repr, _MODEL_NAMES))} exist already. Rename one.")  # fmt: skip
        return _one_table(parts, name, [{column: model} for model in models]), column
    if isinstance(data, (list, tuple)):
        parts = opened(data, [f"frame {i}" for i in range(1, len(data) + 1)])
        return (parts[0] if len(parts) == 1 else _one_table(parts, name, [])), None
    return open_source(data, name=name, answers=answers, progress=progress, cancelled=cancelled), None


def _model_names(data: Mapping[Any, Any]) -> list[str]:
    """Name the models as their column is going to be read: without blanks around."""
    names = [str(model).strip() for model in data]
    if "" in names:
        raise DataError("A model has no name. Give each file the name of its model.")
    twice = [name for i, name in enumerate(names) if name in names[:i]]
    if twice:
        raise DataError(f"Two files are named for the model {twice[0]!r}. Give each its own name, or name them as parts of one table.")  # fmt: skip
    return names


def _one_table(parts: Sequence[Source], name: str | None, added: Sequence[dict[str, str]]) -> Source:
    """Put sources below each other under one name."""
    table, findings = stacked(parts, added)
    called = name or " + ".join(p.name for p in parts[:3]) + (" …" if len(parts) > 3 else "")
    files = tuple(path for part in parts for path in part.paths) if all(part.paths for part in parts) else ()
    return replace(open_source(table, name=called), key="|".join(p.key for p in parts), findings=findings, paths=files)  # fmt: skip
