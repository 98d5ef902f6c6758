"""Tables of odd cells, drawn at random: they end in numbers, a question or a sentence, and never in a traceback."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

import metrics_core as mc
from metrics_core.errors import DataError, NeedsChoice

MOST_QUESTIONS = 6

_PAIRS = st.sampled_from([
    ["0", "1"], ["-1", "1"], ["yes", "no"], ["1", "2"], ["fraud", "honest"], ["True", "False"], ["1.0", "0.0"], ["a", "b", "c"], ["007", "7"],
])  # fmt: skip
_ODD_LABELS = st.sampled_from([
    None, "", " ", "NA", "nan", "None", "?", "YES", "Fraud", "fraud ", "\u200bfraud", "fr\u0430ud", "caf\u00e9", "cafe\u0301", "2", "-1", "1e400", "inf", "\u202eno",
])  # fmt: skip
_NUMBERS = st.one_of(
    st.sampled_from(
        [0.0, 1.0, 0.5, 1 + 1e-7, -1e-9, 5e-324, 1e308, -1e308, float("inf"), float("nan"), None]
    ),
    st.floats(0, 1),
    st.floats(0, 100),
    st.floats(-8, 8),
)
_TEXTS = st.one_of(
    st.sampled_from(
        ["0,5", "85 %", "1.5%", " 0.25 ", "\u22120.5", "high", "NA", "", "1,234", "1_000", "-inf", None]
    ),
    st.floats(0, 1).map(str),
)
_TYPES = (pa.float64(), pa.float32(), pa.float16(), pa.string(), pa.int64(), pa.bool_(), pa.timestamp("ns"), pa.duration("s"), pa.list_(pa.int64()))  # fmt: skip


@st.composite
def label_cells(draw: st.DrawFn, n: int, usual: list[str]) -> pa.Array:
    """Usual labels, and odd ones in a few rows; sometimes as numbers."""
    cells: list[Any] = [
        usual[i] for i in draw(st.lists(st.integers(0, len(usual) - 1), min_size=n, max_size=n))
    ]
    for at in draw(st.lists(st.integers(0, n - 1), max_size=3)):
        cells[at] = draw(_ODD_LABELS)
    if draw(st.booleans()) and all(c is None or c in ("0", "1", "2", "-1") for c in cells):
        return pa.array([None if c is None else int(c) for c in cells])
    return pa.array(cells, pa.string()).dictionary_encode() if draw(st.booleans()) else pa.array(cells, pa.string())  # fmt: skip


@st.composite
def number_cells(draw: st.DrawFn, n: int) -> pa.Array:
    """Numbers of any type, or text that may hold some."""
    type_ = draw(st.sampled_from(_TYPES[:4] * 4 + _TYPES))
    if pa.types.is_floating(type_):
        width = {pa.float64(): np.float64, pa.float32(): np.float32, pa.float16(): np.float16}[type_]
        drawn = draw(st.lists(_NUMBERS, min_size=n, max_size=n))
        with np.errstate(over="ignore", under="ignore"):
            return pa.array([None if v is None else width(v) for v in drawn], type_)
    if pa.types.is_string(type_):
        return pa.array(draw(st.lists(_TEXTS, min_size=n, max_size=n)), type_)
    whole = draw(st.lists(st.sampled_from([0, 1, 2, 100, -5, 2**53 + 1]), min_size=n, max_size=n))
    if pa.types.is_boolean(type_):
        return pa.array([v > 0 for v in whole])
    if pa.types.is_list(type_):
        return pa.array([[v] for v in whole])
    return pa.array(whole, pa.int64()).cast(type_)


@st.composite
def tables(draw: st.DrawFn) -> tuple[pa.Table, dict[str, Any]]:
    """A table and the roles of its columns."""
    n = draw(st.one_of(st.integers(1, 8), st.integers(100, 130)))
    usual = draw(_PAIRS)
    columns = {"y_true": draw(label_cells(n, usual))}
    roles: dict[str, Any] = {"y_true": "y_true"}
    if draw(st.booleans()):
        columns["y_pred"] = draw(label_cells(n, draw(st.one_of(st.just(usual), _PAIRS))))
        roles["y_pred"] = "y_pred"
    if draw(st.booleans()):
        columns |= {f"p_{name}": draw(number_cells(n)) for name in usual}
        roles["proba_prefix"] = "p_"
    elif draw(st.booleans()) or "y_pred" not in roles:
        columns["y_score"] = draw(number_cells(n))
        roles["y_score"] = "y_score"
    for role in ("weight", "group"):
        if draw(st.integers(0, 3)) == 0:
            columns[role] = draw(number_cells(n))
            roles[role] = role
    if draw(st.booleans()):
        roles["task"] = draw(st.sampled_from(["binary", "multiclass"]))
    if draw(st.integers(0, 4)) == 0:
        roles["weight_kind"] = "frequency"
    return pa.table(columns), roles


def numbers_of(table: pa.Table, roles: dict[str, Any], choose: Any) -> mc.Evaluation | None:
    """Read and evaluate, answering every question; None when the table is refused in words."""
    answers: dict[str, str] = {}
    for _ in range(MOST_QUESTIONS + 1):
        try:
            return mc.evaluate(mc.read(table, **roles, choose=answers))
        except NeedsChoice as question:
            assert question.id not in answers, f"{question.id} is asked twice"
            assert len(question.options) > 1 or question.id in ("y_true", "y_score")
            answers[question.id] = choose([option.value for option in question.options])
        except DataError as refused:
            assert str(refused).endswith((".", "?"))
            return None
    raise AssertionError(f"more than {MOST_QUESTIONS} questions: {answers}")


@given(data=st.data())
@settings(max_examples=150)
def test_any_table_ends_in_numbers_or_a_sentence_within_six_questions(data: st.DataObject) -> None:
    table, roles = data.draw(tables())
    found = numbers_of(table, roles, lambda options: data.draw(st.sampled_from(options)))
    if found is None:
        return
    for model in found.models:
        cases = model.cases
        assert len(cases) + sum(cases.dropped.values()) == cases.rows_read == table.num_rows
        accuracy = model.metrics.number("accuracy")
        assert 0 <= accuracy <= 1
        if cases.weight is not None:
            assert np.isfinite(cases.weight).all()


@given(data=st.data())
@settings(max_examples=40)
def test_reading_does_not_depend_on_the_order_of_the_rows(data: st.DataObject) -> None:
    table, roles = data.draw(tables())
    order = np.argsort(data.draw(st.lists(st.floats(0, 1), min_size=table.num_rows, max_size=table.num_rows)))
    given_answers: dict[int, str] = {}

    def first(options: list[str]) -> str:
        given_answers[len(given_answers)] = options[0]
        return options[0]

    one, other = (numbers_of(t, roles, first) for t in (table, table.take(pa.array(order))))
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert one.models[0].cases.dropped == other.models[0].cases.dropped
        for key in ("accuracy", "error_rate"):
            np.testing.assert_allclose(one.models[0].metrics.number(key), other.models[0].metrics.number(key), rtol=1e-9)  # fmt: skip
