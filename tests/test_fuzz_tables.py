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
_NUMBERS = st.sampled_from([
    0.0, 1.0, 0.5, 1 + 1e-7, -1e-9, 5e-324, 1e308, -1e308, float("inf"), float("nan"), None, -999.0, 42.0, 1e-200, 1e200,
])  # fmt: skip
_TEXTS = st.sampled_from([
    "0,5", "85 %", "1.5%", " 0.25 ", "\u22120.5", "high", "NA", "", "1,234", "1_000", "-inf", "0", None,
])  # fmt: skip
_USUAL_TYPES = (pa.float64(), pa.float32(), pa.float16(), pa.string())
_ODD_TYPES = (pa.int64(), pa.bool_(), pa.timestamp("ns"), pa.duration("s"), pa.list_(pa.int64()))
_RANGES = st.sampled_from([(0.0, 1.0), (0.0, 1.0), (0.0, 100.0), (-8.0, 8.0)])


def _rng(draw: Any) -> np.random.Generator:
    """Usual cells come from one drawn number, so that an example that fails shrinks to its odd cells."""
    return np.random.default_rng(draw(st.integers(0, 99)))


@st.composite
def label_cells(draw: st.DrawFn, n: int, usual: list[str]) -> pa.Array:
    """Usual labels, and odd ones in a few rows; sometimes as numbers."""
    cells: list[Any] = [usual[i] for i in _rng(draw).integers(0, len(usual), n)]
    for at, odd in draw(st.dictionaries(st.integers(0, n - 1), _ODD_LABELS, max_size=3)).items():
        cells[at] = odd
    if draw(st.booleans()) and all(c is None or c in ("0", "1", "2", "-1") for c in cells):
        return pa.array([None if c is None else int(c) for c in cells])
    text = pa.array(cells, pa.string())
    return text.dictionary_encode() if draw(st.booleans()) else text


@st.composite
def number_cells(draw: st.DrawFn, n: int) -> pa.Array:
    """Numbers of any type, or text that may hold some, odd ones in a few rows."""
    type_ = draw(st.sampled_from(_USUAL_TYPES * 4 + _ODD_TYPES))
    is_text = pa.types.is_string(type_)
    usual = _rng(draw).uniform(*draw(_RANGES), n)
    odd = draw(st.dictionaries(st.integers(0, n - 1), _TEXTS if is_text else _NUMBERS, max_size=4))
    if is_text:
        form = draw(st.sampled_from(["{:.3f}", "{:.1f} %", " {:.2f}"]))
        return pa.array([odd.get(i, form.format(v)) for i, v in enumerate(usual)], type_)
    if pa.types.is_floating(type_):
        cells = [odd.get(i, v) for i, v in enumerate(usual)]
        with np.errstate(over="ignore", under="ignore"):
            return pa.array([None if v is None else type_.to_pandas_dtype()(v) for v in cells], type_)
    whole = [2**53 + 1 if i in odd else int(v) for i, v in enumerate(usual)]
    if pa.types.is_boolean(type_):
        return pa.array([v > 0 for v in whole])
    if pa.types.is_list(type_):
        return pa.array([[v] for v in whole])
    return pa.array(whole, pa.int64()).cast(type_)


@st.composite
def tables(draw: st.DrawFn) -> tuple[pa.Table, dict[str, Any]]:
    """A table and the roles of its columns."""
    n = draw(st.sampled_from([1, 2, 5, 30, 120]))
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
        question, sentence = None, ""
        try:
            return mc.evaluate(mc.read(table, **roles, choose=answers))
        except NeedsChoice as caught:
            question = caught
        except DataError as caught:
            sentence = str(caught)
        if question is None:
            assert sentence.endswith((".", "?"))
            assert "\n" not in sentence
            return None
        assert question.id not in answers, f"{question.id} is asked twice"
        assert len(question.options) > 1
        answers[question.id] = choose([option.value for option in question.options])
    raise AssertionError(f"more than {MOST_QUESTIONS} questions: {answers}")


@given(data=st.data())
@settings(max_examples=4 * settings().max_examples)
def test_any_table_ends_in_numbers_or_a_sentence_within_six_questions(data: st.DataObject) -> None:
    table, roles = data.draw(tables())
    found = numbers_of(table, roles, lambda options: data.draw(st.sampled_from(options)))
    if found is None:
        return
    for model in found.models:
        cases = model.cases
        assert len(cases) + sum(cases.dropped.values()) == cases.rows_read == table.num_rows
        assert 0 <= model.metrics.number("accuracy") <= 1
        if cases.weight is not None:
            assert np.isfinite(cases.weight).all()


@given(data=st.data())
@settings(max_examples=settings().max_examples)
def test_reading_does_not_depend_on_the_order_of_the_rows(data: st.DataObject) -> None:
    table, roles = data.draw(tables())
    mixed = table.take(pa.array(_rng(data.draw).permutation(table.num_rows)))
    one, other = (numbers_of(t, roles, lambda options: options[0]) for t in (table, mixed))
    assert (one is None) == (other is None)
    if one is None or other is None:
        return
    assert one.models[0].cases.dropped == other.models[0].cases.dropped
    accuracies = [found.models[0].metrics.number("accuracy") for found in (one, other)]
    np.testing.assert_allclose(accuracies[0], accuracies[1], rtol=1e-9)
