"""Words that come with mistakes, and what is different between two texts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from metrics_core.errors import DataError
from metrics_core.row_losses import RowLoss
from metrics_core.source import open_source
from metrics_core.text_changes import text_changes
from metrics_core.words import log_odds, telling_words


def texts(n=3000, seed=0):
    rng = np.random.default_rng(seed)
    words = np.array(["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"])
    lines = [" ".join(rng.choice(words, 4)) for _ in range(n)]
    refund = rng.random(n) < 0.1
    lines = [f"{line} Refund!" if has else line for line, has in zip(lines, refund, strict=True)]
    wrong = (rng.random(n) < np.where(refund, 0.5, 0.1)).astype(float)
    return open_source(pa.table({"note": lines})), wrong, refund


def loss_of(wrong, **more) -> RowLoss:
    return RowLoss(loss=wrong, rows=np.arange(wrong.size), **more)


def test_the_log_odds_of_the_paper():
    delta, z = log_odds(30, 1000, 10, 1500, 20, 5000)
    assert float(delta) == pytest.approx(0.59461, abs=5e-6)
    assert float(z) == pytest.approx(2.57474, abs=5e-6)


def test_the_planted_word_comes_first_with_direct_counts():
    source, wrong, refund = texts()
    found = telling_words(source, "note", loss_of(wrong))
    word = found.words[0]
    assert word.text == "refund"
    assert (word.rows, word.errors) == (refund.sum(), wrong[refund].sum())
    assert word.error_rate == pytest.approx(wrong[refund].mean())
    assert word.rest_rate == pytest.approx(wrong[~refund].mean())
    assert word.clear
    assert word.log_odds > 0
    assert found.n_tested == 9


def test_the_filter_of_a_word_leads_to_its_rows():
    source, wrong, refund = texts()
    word = telling_words(source, "note", loss_of(wrong)).words[0]
    assert (word.where.mask(source.table(["note"])) == refund).all()


def test_words_of_rows_that_are_wrong_by_chance_are_not_called_clear():
    clear = 0
    for seed in range(10):
        source, _, _ = texts(1000, seed)
        wrong = (np.random.default_rng([seed, 1]).random(1000) < 0.2).astype(float)
        clear += any(word.clear for word in telling_words(source, "note", loss_of(wrong)).words)
    assert clear <= 2


def test_a_frequency_weight_of_two_is_the_row_twice():
    source, wrong, _ = texts(800)
    twice = np.repeat(np.arange(800), 2)
    doubled = open_source(
        pa.table({"note": pa.array(source.column("note").to_pylist()).take(pa.array(twice))})
    )
    weighted = telling_words(source, "note", loss_of(wrong, weight=np.full(800, 2.0), frequency=True))
    plain = telling_words(doubled, "note", loss_of(wrong[twice]))
    assert [(w.text, w.z) for w in weighted.words] == [(w.text, pytest.approx(w.z)) for w in plain.words]


def test_one_row_stands_for_those_that_belong_together():
    source, wrong, _ = texts(900)
    found = telling_words(source, "note", loss_of(wrong, together=np.arange(900) // 3))
    assert found.rows == 300
    assert "belong together" in found.notes[0]


def test_rare_words_are_not_tested():
    source = open_source(pa.table({"note": ["common word"] * 50 + ["rare"] * 5}))
    found = telling_words(source, "note", loss_of(np.array([0.0, 1.0] * 27 + [0.0])))
    assert {word.text for word in found.words} == {"common", "word"}


def test_texts_without_a_frequent_word_give_none():
    source = open_source(pa.table({"note": [f"w{i}" for i in range(60)]}))
    found = telling_words(source, "note", loss_of(np.array([0.0, 1.0] * 30)))
    assert (found.words, found.n_tested) == ((), 0)


def test_numbers_have_no_words_and_sizes_are_no_mistakes():
    source = open_source(pa.table({"note": ["a b"] * 40, "n": list(range(40))}))
    with pytest.raises(DataError, match="holds no text"):
        telling_words(source, "n", loss_of(np.ones(40)))
    with pytest.raises(DataError, match="choose a rate"):
        telling_words(source, "note", loss_of(np.arange(40.0), is_rate=False, label="Mean absolute error"))
    with pytest.raises(DataError, match="Every row read is wrong"):
        telling_words(source, "note", loss_of(np.ones(40)))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("", ""),
        ("a", ""),
        ("the same", "the same"),
        ("One,two  three", "one, two three!"),
        ("x " * 3000, "x " * 2999 + "y"),
    ],
)
def test_changes_put_together_give_both_texts_again(first, second):
    found = text_changes(first, second)
    assert "".join(change.first for change in found) == first
    assert "".join(change.second for change in found) == second
    assert all(change.first == change.second for change in found if change.kind == "same")
