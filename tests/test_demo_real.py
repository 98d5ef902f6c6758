"""The demos on real data, tumour and digits: what their files hold, and that the documentation is right."""

import base64
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from demo_data import demo
from demo_data.digits import digits_table
from demo_data.pictures import png
from demo_data.tumour import tumour_table

DOCS = Path(__file__).parents[1] / "docs" / "demos.md"
MODELS = ("logistic", "forest")
PROBABILITIES = [f"proba_{digit}" for digit in range(10)]
SIDE = 80


@pytest.fixture(scope="module")
def tumour() -> pd.DataFrame:
    return pd.read_csv(demo("tumour").path)


@pytest.fixture(scope="module")
def digits() -> pd.DataFrame:
    return pd.read_parquet(demo("digits").path)


def test_the_bundled_tumour_file_is_what_the_generator_makes(tumour: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(
        tumour, tumour_table().to_pandas(), check_dtype=False, check_exact=False, rtol=0, atol=2e-6
    )


def test_the_bundled_digits_file_is_what_the_generator_makes(
    digits: pd.DataFrame,
) -> None:
    fresh = digits_table().to_pandas()
    # Another zlib may pack the same pixels differently; that they are right is tested below.
    pd.testing.assert_frame_equal(
        digits.drop(columns="image"), fresh.drop(columns="image"), check_exact=False, rtol=0, atol=2e-6
    )
    assert all(
        (_pixels(old) == _pixels(new)).all() for old, new in zip(digits["image"], fresh["image"], strict=True)
    )


@pytest.mark.parametrize(("name", "truth"), [("tumour", "diagnosis"), ("digits", "digit")])
def test_five_folds_have_the_same_mix_of_classes(
    name: str, truth: str, request: pytest.FixtureRequest
) -> None:
    rows = request.getfixturevalue(name)
    counts = pd.crosstab(rows[truth], rows["fold"])
    assert list(counts.columns) == [1, 2, 3, 4, 5]
    assert (counts.max(axis=1) - counts.min(axis=1)).max() <= 1


def test_tumour_holds_the_cases_of_scikit_learn_in_their_order(tumour: pd.DataFrame) -> None:
    cases = load_breast_cancer(as_frame=True)
    assert tumour["case_id"].tolist() == [f"C{number:03d}" for number in range(1, 570)]
    assert tumour["diagnosis"].tolist() == [cases.target_names[code] for code in cases.target]
    for column in tumour.columns[6:]:
        given = cases.data[column.replace("_", " ")]
        np.testing.assert_allclose(tumour[column], given, rtol=0.001, atol=0.0001)


def test_tumour_scores_are_probabilities_and_nothing_is_missing(tumour: pd.DataFrame) -> None:
    assert not tumour.isna().any(axis=None)
    for model in MODELS:
        assert tumour[model].between(0, 1).all()
        # A certain and wrong score would make the log loss infinite.
        assert tumour.loc[tumour["diagnosis"] == "malignant", model].min() > 0
        assert tumour.loc[tumour["diagnosis"] == "benign", model].max() < 1


def test_tumour_names_the_size_of_the_nuclei_by_their_mean_radius(tumour: pd.DataFrame) -> None:
    sizes = pd.cut(tumour["mean_radius"], [0, 12, 15, 100], right=False, labels=["small", "medium", "large"])
    assert (sizes == tumour["nucleus_size"]).all()


def test_both_tumour_models_are_good_and_the_logistic_one_is_better(tumour: pd.DataFrame) -> None:
    malignant = tumour["diagnosis"] == "malignant"
    logistic, forest = (roc_auc_score(malignant, tumour[model]) for model in MODELS)
    assert 0.985 < forest < logistic < 0.998
    for model in MODELS:
        assert 0.95 < ((tumour[model] >= 0.5) == malignant).mean() < 0.985


def test_a_csv_demo_has_no_quotes_and_no_exponents(tumour: pd.DataFrame) -> None:
    text = demo("tumour").path.read_text(encoding="utf-8")
    assert len(tumour) == text.count("\n") - 1
    assert re.search(r"[\"\r]|\de[-+]?\d", text) is None


def test_digits_holds_the_pictures_of_scikit_learn_in_their_order(digits: pd.DataFrame) -> None:
    given = load_digits()
    assert digits["image_id"].tolist() == [f"D{number:04d}" for number in range(1, 1798)]
    assert digits["digit"].tolist() == [str(digit) for digit in given.target]
    for image, picture in zip(digits["image"], given.images, strict=True):
        pixels = _pixels(image)
        assert pixels.shape == (SIDE, SIDE)
        squares = pixels.reshape(10, 8, 10, 8).transpose(0, 2, 1, 3).reshape(10, 10, 64)
        assert (squares == squares[:, :, :1]).all()
        np.testing.assert_array_equal(np.rint(16 * (1 - squares[:, :, 0] / 255)), np.pad(picture, 1))


def test_a_picture_is_read_back_by_another_program(digits: pd.DataFrame, tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    path = tmp_path / "one.png"
    path.write_bytes(png(np.array([[0, 128, 255], [1, 2, 3]], dtype=np.uint8)))
    with image.open(path) as read:
        assert (read.format, read.mode, read.size) == ("PNG", "L", (3, 2))
        assert list(read.tobytes()) == [0, 128, 255, 1, 2, 3]


def test_digit_probabilities_sum_to_one_and_the_highest_is_the_prediction(digits: pd.DataFrame) -> None:
    scores = digits[PROBABILITIES].to_numpy()
    assert ((scores >= 0) & (scores <= 1)).all()
    assert np.abs(scores.sum(axis=1) - 1).max() < 1e-5
    assert (scores.argmax(axis=1).astype(str) == digits["predicted"]).all()
    highest = np.sort(scores, axis=1)
    assert (highest[:, -1] > highest[:, -2]).all()


def test_every_digit_is_read_mostly_right_and_sometimes_wrong(digits: pd.DataFrame) -> None:
    right = digits["digit"] == digits["predicted"]
    assert 0.94 < right.mean() < 0.97
    assert right.groupby(digits["digit"]).mean().between(0.85, 0.999).all()
    assert set(digits["predicted"]) == set("0123456789")


def test_the_digit_model_is_less_sure_than_it_could_be(digits: pd.DataFrame) -> None:
    assert digits[PROBABILITIES].max(axis=1).mean() < (digits["digit"] == digits["predicted"]).mean() - 0.1


def test_ink_and_slant_measure_the_picture(digits: pd.DataFrame) -> None:
    for _, row in digits.iloc[::300].iterrows():
        ink = 1 - _pixels(row["image"]).astype(float)[8:-8, 8:-8] / 255
        assert row["ink"] == pytest.approx(ink.mean(), abs=0.002)
        down, right = np.indices(ink.shape)
        slope = np.polyfit(down.ravel(), right.ravel(), 1, w=np.sqrt(ink.ravel()))[0]
        assert row["slant"] == pytest.approx(-slope, abs=0.02)


def _pixels(uri: str) -> np.ndarray:
    """Decode one of our PNG pictures, checking what a PNG must have."""
    kind, _, text = uri.partition(",")
    assert kind == "data:image/png;base64"
    content = base64.b64decode(text, validate=True)
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, at = {}, 8
    while at < len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        body = content[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", content, at + 8 + length) == (zlib.crc32(name + body),)
        chunks[name] = body
        at += 12 + length
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    width, height, *form = struct.unpack(">2I5B", chunks[b"IHDR"])
    assert form == [8, 0, 0, 0, 0]
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), dtype=np.uint8).reshape(height, width + 1)
    assert not rows[:, 0].any()
    return rows[:, 1:]


def test_the_documented_numbers_of_tumour_are_the_measured_ones(tumour: pd.DataFrame) -> None:
    written = DOCS.read_text(encoding="utf-8").splitlines()
    assert [line for line in _measured_tumour(tumour) if line not in written] == []


def test_the_documented_numbers_of_digits_are_the_measured_ones(digits: pd.DataFrame) -> None:
    written = DOCS.read_text(encoding="utf-8").splitlines()
    assert [line for line in _measured_digits(digits) if line not in written] == []


def _measured_tumour(tumour: pd.DataFrame) -> Iterator[str]:
    """The lines of docs/demos.md about the tumours that hold a measured number."""
    malignant = tumour["diagnosis"] == "malignant"
    flagged = {model: tumour[model] >= 0.5 for model in MODELS}
    missed = {model: malignant & ~flagged[model] for model in MODELS}
    alarms = {model: ~malignant & flagged[model] for model in MODELS}
    for model in MODELS:
        score, found = tumour[model], malignant & flagged[model]
        yield (
            f"| {model} | {missed[model].sum()} | {alarms[model].sum()} | {found.sum() / malignant.sum():.1%} "
            f"| {found.sum() / flagged[model].sum():.1%} | {roc_auc_score(malignant, score):.3f} "
            f"| {average_precision_score(malignant, score):.3f} | {brier_score_loss(malignant, score):.3f} |"
        )
    both, either = missed["logistic"] & missed["forest"], missed["logistic"] | missed["forest"]
    yield f"Both miss the same {both.sum()} of {malignant.sum()} malignant cases; one or the other misses {either.sum()}."
    for size in ("small", "medium", "large"):
        part = tumour["nucleus_size"] == size
        counts = [part.sum(), (part & malignant).sum()]
        counts += [(part & wrong[model]).sum() for wrong in (missed, alarms) for model in MODELS]
        yield f"| {size} | {' | '.join(map(str, counts))} |"


def _measured_digits(digits: pd.DataFrame) -> Iterator[str]:
    """The lines of docs/demos.md about the digits that hold a measured number."""
    scores, truth = digits[PROBABILITIES].to_numpy(), digits["digit"].astype(int).to_numpy()
    wrong = digits["digit"] != digits["predicted"]
    second = (scores.argsort(axis=1)[:, -2] == truth).sum()
    yield (
        f"It reads {(~wrong).sum():,} of {len(digits):,} pictures right ({(~wrong).mean():.1%}). "
        f"Of the {wrong.sum()} others {second} have the true digit in second place."
    )
    highest = pd.Series(scores.max(axis=1), index=digits.index)
    yield f"Its highest probability is {highest.mean():.2f} on average: it is right far more often than it says."
    pairs = digits[wrong].groupby(["digit", "predicted"]).size().sort_values(ascending=False, kind="stable")
    for (digit, predicted), count in pairs[pairs >= 5].items():
        yield f"| {digit} | {predicted} | {count} |"
    for digit, part in wrong.groupby(digits["digit"]):
        yield f"| {digit} | {len(part)} | {part.sum()} | {part.mean():.1%} |"
    faint, steep = digits["ink"].quantile(0.2), digits["slant"].quantile(0.8)
    for name, part in (
        ("the fifth with the least ink", digits["ink"] <= faint),
        ("the rest", digits["ink"] > faint),
        ("the fifth that leans most to the right", digits["slant"] >= steep),
        ("the rest", digits["slant"] < steep),
    ):
        yield f"| {name} | {part.sum():,} | {wrong[part].sum()} | {wrong[part].mean():.1%} |"
