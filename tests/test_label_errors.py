"""Labels worth checking: confident learning against a slow copy of its definition, flipped digits, and a set people reviewed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import metrics_core as mc
from metrics_core.errors import DataError
from metrics_core.label_errors import suspects, suspects_of
from tests.tables import Rows


def classes(probabilities, given) -> mc.Predictions:
    p = np.asarray(probabilities)
    frame = pd.DataFrame(p, columns=[f"p_{c}" for c in range(p.shape[1])]).assign(
        y=np.asarray(given).astype(str)
    )
    return mc.read(frame, task="multiclass", y_true="y", proba={str(c): f"p_{c}" for c in range(p.shape[1])})


def slow_count(given, p) -> int:
    """Count the rows off the diagonal, one after the other."""
    usual = {k: np.mean([row[k] for row, g in zip(p, given, strict=True) if g == k]) for k in set(given)}
    off = 0
    for row, g in zip(p, given, strict=True):
        confident = {k: row[k] for k in usual if row[k] >= usual[k] - 1e-6}
        off += bool(confident) and max(confident, key=lambda k: confident[k]) != g
    return off


@pytest.fixture(scope="module")
def random_rows():
    rng = np.random.default_rng(0)
    p = np.round(rng.dirichlet([0.5] * 4, 400), 6)
    p /= p.sum(1, keepdims=True)
    given = np.array([rng.choice(4, p=row) for row in p])
    return p, given


def test_the_count_is_that_of_the_definition(random_rows):
    p, given = random_rows
    found = suspects(classes(p, given))
    assert found.count == slow_count(given.tolist(), p.tolist()) == found.rows.size


def test_the_rows_with_the_least_probability_of_their_label_are_named_in_order(random_rows):
    p, given = random_rows
    found = suspects(classes(p, given))
    own = p[np.arange(400), given]
    assert found.self_confidence == pytest.approx(np.sort(own)[: found.count])
    assert found.self_confidence == pytest.approx(own[found.rows])
    others = p.copy()
    others[np.arange(400), given] = -1
    assert (found.suggested == others[found.rows].argmax(1)).all()
    assert (found.given == given[found.rows]).all()
    assert found.margin == pytest.approx(others[found.rows].max(1) - own[found.rows])


def test_the_joint_distribution_keeps_the_share_of_each_given_label(random_rows):
    p, given = random_rows
    joint = suspects(classes(p, given)).joint
    assert joint.sum(1) == pytest.approx(np.bincount(given) / 400)


def test_two_classes_are_checked_like_many():
    rng = np.random.default_rng(1)
    score = rng.random(500)
    truth = rng.random(500) < score
    rows = Rows(truth, score)
    found = suspects_of(rows.cases(), ("no", "yes"), 0.5)
    assert found.count == slow_count(truth.astype(int).tolist(), np.column_stack([1 - score, score]).tolist())
    assert (found.suggested == 1 - found.given).all()


def test_metrics_if_the_suspects_are_wrong_are_those_of_changed_labels(random_rows):
    p, given = random_rows
    predictions = classes(p, given)
    found = suspects(predictions)
    decided = p.argmax(1)
    other = given.copy()
    other[found.rows] = found.suggested
    kept = np.setdiff1d(np.arange(400), found.rows)
    half = given.copy()
    some = found.rows[: round(0.51 * found.count)]
    half[some] = found.suggested[: some.size]
    accuracy = {name: values["accuracy"] for name, values in found.if_wrong.items()}
    assert accuracy["as labelled"] == pytest.approx((decided == given).mean())
    assert accuracy["left out"] == pytest.approx((decided == given)[kept].mean())
    assert accuracy["relabelled"] == pytest.approx((decided == other).mean())
    assert accuracy["half relabelled"] == pytest.approx((decided == half).mean())


def test_a_filter_keeps_the_positions_in_the_file(random_rows):
    p, given = random_rows
    found = suspects(classes(p, given), where="p_0 < 0.5")
    assert (p[found.rows, 0] < 0.5).all()
    assert found.n_rows == (p[:, 0] < 0.5).sum()


@pytest.fixture(scope="module")
def flipped_digits():
    """Digits of which every tenth has another label, with probabilities of five folds."""
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    pixels, digit = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    given = digit.copy()
    flipped = rng.permutation(digit.size)[: round(0.1 * digit.size)]
    given[flipped] = (digit[flipped] + rng.integers(1, 10, flipped.size)) % 10
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))
    return cross_val_predict(model, pixels, given, cv=5, method="predict_proba"), given, flipped


def test_flipped_labels_of_digits_are_found_and_hardly_others(flipped_digits):
    p, given, flipped = flipped_digits
    found = suspects(classes(p, given))
    hit = np.isin(found.rows, flipped).sum()
    assert hit / found.count >= 0.9
    assert hit / flipped.size >= 0.75
    assert np.isin(found.rows[:50], flipped).mean() >= 0.96
    assert found.cautions == ()


def test_relabelled_digits_raise_the_accuracy(flipped_digits):
    p, given, _ = flipped_digits
    accuracy = [
        suspects(classes(p, given)).if_wrong[name]["accuracy"]
        for name in ("as labelled", "half relabelled", "relabelled")
    ]
    assert accuracy == sorted(accuracy)


def test_most_suspects_of_newsgroups_that_people_looked_at_are_confirmed(shared_data):
    review = pd.read_csv(shared_data("news20_label_review.csv"))
    table = pd.read_csv(shared_data("news20_multiclass.csv"), usecols=["row_id"])
    found = suspects(mc.read(str(shared_data("news20_multiclass.csv"))))
    votes = next(c for c in review.columns if c.startswith("votes_given"))
    looked_at = review[review["row_id"].isin(table["row_id"].to_numpy()[found.rows])]
    assert len(looked_at) >= 30
    assert (looked_at[votes] < 3).mean() >= 0.9
    assert set(table["row_id"].to_numpy()[found.rows[:20]]) <= set(review["row_id"])


def test_probabilities_of_rows_the_model_has_learnt_from_are_doubted():
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 3, 300)
    p = np.full((300, 3), 0.01)
    p[np.arange(300), truth] = 0.98
    assert any("learnt from" in said for said in suspects(classes(p, truth)).cautions)


def test_probabilities_without_doubt_and_too_many_classes_are_said():
    p = np.eye(6)[np.arange(60) % 6]
    given = np.where(np.arange(60) % 7 == 0, (np.arange(60) + 1) % 6, np.arange(60) % 6)
    said = " ".join(suspects(classes(p, given)).cautions)
    assert "exactly 1" in said
    assert "6 classes for 60 rows" in said
    assert "no more than those" in said


def test_labels_are_not_checked_without_probabilities():
    frame = pd.DataFrame({"y": [1, 0] * 10, "said": [1, 1] * 10})
    with pytest.raises(DataError, match="this model has none"):
        suspects(mc.read(frame, y_true="y", y_pred="said"))


def test_one_label_alone_cannot_be_checked():
    frame = pd.DataFrame({"y": [1, 0] * 10, "p": np.linspace(0, 1, 20), "g": ["a", "b"] * 10})
    with pytest.raises(DataError, match="the same label"):
        suspects(mc.read(frame, y_true="y", y_score="p"), where="g == 'a'")
