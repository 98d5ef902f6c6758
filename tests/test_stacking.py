"""Several files or frames as one table: parts of one set, or the predictions of one model each."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import metrics_core as mc
from metrics_core.errors import DataError
from metrics_core.stacking import open_sources
from tests.class_tables import random_classes
from tests.tables import random_rows

CLASSES = random_classes(1, 60, 4).frame()
BINARY = random_rows(1, 60).frame()
FIRST, SECOND = CLASSES.head(25), CLASSES.tail(35)


def rejected(data: Any, **options: Any) -> str:
    """The sentence that files are turned away with."""
    with pytest.raises(DataError) as caught:
        mc.read(data, **options)
    return str(caught.value)


def findings(predictions: mc.Predictions) -> dict[str, tuple[str, str]]:
    return {f.id: (f.severity, f.text) for f in predictions.findings}


def written(folder: Path, name: str, frame: pd.DataFrame) -> Path:
    """Write a CSV or Parquet file."""
    path = folder / name
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path)
    return path


# ------------------------------------------------------------------------------------------------ parts of one set


@pytest.mark.parametrize("whole", [CLASSES, BINARY], ids=["four classes", "two classes"])
@pytest.mark.parametrize("cuts", [[20], [1, 2], [59], [10, 10, 40]], ids=str)
def test_parts_are_read_as_the_whole_table(whole: pd.DataFrame, cuts: list[int]) -> None:
    parts = np.split(np.arange(60), sorted(set(cuts)))
    stacked = mc.evaluate(mc.read([whole.iloc[at] for at in parts], y_true="y_true"))
    alone = mc.evaluate(mc.read(whole, y_true="y_true"))
    assert stacked.metrics == alone.metrics
    assert stacked.to_dict()["confusion"] == alone.to_dict()["confusion"]


@pytest.mark.parametrize("endings", [("a.csv", "b.csv"), ("a.parquet", "b.parquet"), ("a.csv", "b.parquet")])
def test_files_are_parts_in_the_order_given(endings: tuple[str, str], tmp_path: Path) -> None:
    paths = [written(tmp_path, name, part) for name, part in zip(endings, (FIRST, SECOND), strict=True)]
    source = mc.read(paths).source
    assert source.name == " + ".join(endings)
    assert source.n_rows == 60
    assert (
        source.rows([24, 25], ["y_true"])["y_true"].to_pylist() == CLASSES["y_true"].iloc[[24, 25]].tolist()
    )


def test_one_part_is_a_table_like_any_other(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", CLASSES)
    assert mc.read([path]).source.name == "a.csv"
    assert mc.evaluate(mc.read([path])).to_dict() == mc.evaluate(mc.read(path)).to_dict()


def test_name_of_many_parts_is_cut_short(tmp_path: Path) -> None:
    paths = [written(tmp_path, f"{i}.csv", CLASSES.iloc[i * 10 : i * 10 + 10]) for i in range(5)]
    assert mc.read(paths).source.name == "0.csv + 1.csv + 2.csv …"
    assert mc.read(paths, name="all").source.name == "all"


def test_key_changes_when_one_of_the_files_does(tmp_path: Path) -> None:
    a, b = (written(tmp_path, f"{i}.csv", part) for i, part in enumerate((FIRST, SECOND)))
    before = open_sources([a, b])[0].key
    assert open_sources([a, b])[0].key == before
    written(tmp_path, "1.csv", SECOND.head(30))
    assert open_sources([a, b])[0].key != before


def test_part_without_a_column_is_empty_there_with_a_finding(tmp_path: Path) -> None:
    paths = [written(tmp_path, "a.csv", FIRST), written(tmp_path, "b.csv", SECOND.drop(columns="p_c0001"))]
    predictions = mc.read(paths)
    found = findings(predictions)
    assert found["part-lacks-columns"] == (
        "warning", "'b.csv' has no column 'p_c0001' that other files have; it is empty in its 35 rows.",
    )  # fmt: skip
    assert found["probability-missing"][1].startswith("35 of 60 rows lack a probability of a class")
    assert len(predictions.judged()) == 25


def test_part_that_shares_no_column_is_rejected(tmp_path: Path) -> None:
    paths = [written(tmp_path, "a.csv", FIRST), written(tmp_path, "b.csv", pd.DataFrame({"x": [1]}))]
    assert rejected(paths) == "'b.csv' shares no column with 'a.csv', so they are not parts of one table."


def test_frames_without_a_name_are_told_apart_by_number() -> None:
    assert rejected([FIRST, pd.DataFrame({"x": [1]})]) == (
        "'frame 2' shares no column with 'frame 1', so they are not parts of one table."
    )


def test_no_file_at_all_is_rejected() -> None:
    for nothing in ([], {}):
        assert rejected(nothing) == "There is no file. Name at least one."


def test_finding_about_one_part_is_kept(tmp_path: Path) -> None:
    other = tmp_path / "b.csv"
    other.write_bytes(SECOND.assign(note="Café").to_csv(index=False).encode("latin-1"))
    predictions = mc.read([written(tmp_path, "a.csv", FIRST.assign(note="x")), other])
    assert {f.id for f in mc.read(other).source.findings} <= set(findings(predictions))
    assert mc.read(other).source.findings


# ------------------------------------------------------------------------------------------------ columns of several kinds


def test_numbers_and_text_in_one_column_become_text() -> None:
    predictions = mc.read([FIRST.assign(x="low"), SECOND.assign(x=1.5)], y_true="y_true")
    assert predictions.source.kind("x") == "text"
    assert set(predictions.source.column("x").to_pylist()) == {"low", "1.5"}


def test_labels_written_as_integers_decimals_and_text_are_the_same_labels() -> None:
    codes = random_classes(2, 60, 3)
    whole = pd.DataFrame({"y_true": codes.truth, "y_pred": codes.decided})
    parts = [whole.iloc[:20], whole.iloc[20:40].astype(float), whole.iloc[40:].astype(str)]
    stacked, alone = mc.read(parts), mc.read(whole)
    assert stacked.labels == alone.labels == ("0", "1", "2")
    assert mc.evaluate(stacked).metrics == mc.evaluate(alone).metrics


@pytest.mark.parametrize("kind", ["no type", "numbers"])
def test_column_that_is_empty_in_one_part_stays_a_number(kind: str) -> None:
    empty = pa.Table.from_pandas(FIRST, preserve_index=False)
    cells = pa.nulls(25) if kind == "no type" else pa.nulls(25, pa.float64())
    empty = empty.set_column(empty.column_names.index("p_c0000"), "p_c0000", cells)
    predictions = mc.read([empty, SECOND], y_true="y_true")
    assert predictions.source.kind("p_c0000") == "number"
    assert len(predictions.judged()) == 35


def test_dates_and_times_become_times() -> None:
    predictions = mc.read(
        [FIRST.assign(day=date(2026, 1, 5)), SECOND.assign(day=pd.Timestamp("2026-01-06 12:00"))],
        y_true="y_true",
    )
    assert predictions.source.kind("day") == "time"
    assert str(predictions.source.column("day")[0].as_py()) == "2026-01-05 00:00:00"


def test_dates_alone_stay_dates() -> None:
    predictions = mc.read([part.assign(day=date(2026, 1, 5)) for part in (FIRST, SECOND)], y_true="y_true")
    assert pa.types.is_date(predictions.source.column("day").type)


def test_times_with_and_without_a_zone_are_rejected_by_column(tmp_path: Path) -> None:
    moment = pd.Timestamp("2026-01-05")
    paths = [
        written(tmp_path, "a.parquet", FIRST.assign(at=moment)),
        written(tmp_path, "b.parquet", SECOND.assign(at=moment.tz_localize("UTC"))),
    ]
    text = rejected(paths)
    assert text.startswith("Column 'at' is timestamp")
    assert text.endswith("in 'b.parquet', which cannot stand in one column. Export both alike.")


def test_categories_of_one_part_and_text_of_another_are_the_same_labels() -> None:
    parts = [FIRST.assign(y_pred=pd.Categorical(FIRST["y_pred"])), SECOND]
    assert mc.evaluate(mc.read(parts)).metrics == mc.evaluate(mc.read(CLASSES)).metrics


# ------------------------------------------------------------------------------------------------ one model a file


def test_each_file_is_a_model_under_its_name_in_the_order_given(tmp_path: Path) -> None:
    new, base = (
        written(tmp_path, "x.csv", CLASSES),
        written(tmp_path, "y.csv", CLASSES.assign(y_pred="c0001")),
    )
    predictions = mc.read({"new": new, "base": base})
    assert [m.name for m in predictions.roles.models] == ["new", "base"]
    evaluation = mc.evaluate(predictions)
    assert evaluation.models[0].metrics.values == mc.evaluate(mc.read(new)).metrics
    assert evaluation.models[1].metrics.values["accuracy"] == (CLASSES["y_true"] == "c0001").mean()


@pytest.mark.parametrize("whole", [CLASSES, BINARY], ids=["four classes", "two classes"])
def test_files_of_models_may_have_unequal_rows(whole: pd.DataFrame) -> None:
    predictions = mc.read({"a": whole, "b": whole.head(30)}, y_true="y_true")
    alone = [mc.evaluate(mc.read(part, y_true="y_true")) for part in (whole, whole.head(30))]
    found = mc.evaluate(predictions).models
    assert [len(m.cases) for m in found] == [60, 30]
    assert [m.metrics.values["accuracy"] for m in found] == [e.metrics["accuracy"] for e in alone]


def test_rows_dropped_of_one_model_are_not_counted_for_the_other() -> None:
    holed = CLASSES.assign(y_pred=CLASSES["y_pred"].where(np.arange(60) > 3))
    found = mc.evaluate(mc.read({"whole": CLASSES, "holed": holed})).models
    assert [(m.cases.rows_read, len(m.cases)) for m in found] == [(60, 60), (60, 56)]
    assert found[1].cases.dropped["prediction missing"] == 4


def test_column_of_the_model_names_keeps_clear_of_the_files_own() -> None:
    own = CLASSES.assign(model="resnet")
    predictions = mc.read({"a": own, "b": own})
    assert predictions.roles.model_column == "model_file"
    assert predictions.source.column("model").to_pylist() == ["resnet"] * 120
    taken = own.assign(model_file=1, model_of_file=1)
    assert rejected({"a": taken, "b": own}) == (
        "Each file is one model, but the columns 'model', 'model_file', 'model_of_file' exist already. Rename one."
    )


def test_files_by_model_and_a_model_column_are_too_much() -> None:
    assert rejected({"a": CLASSES, "b": CLASSES}, model_column="y_pred") == (
        "Each file holds one model, so no column can tell the models apart. Leave one of the two out."
    )


@pytest.mark.parametrize("names", [(1, "1"), ("a", "a "), (" a", "a")], ids=repr)
def test_two_files_under_one_name_are_rejected(names: tuple[Any, Any]) -> None:
    name = str(names[0]).strip()
    assert rejected(dict.fromkeys(names, CLASSES)) == (
        f"Two files are named for the model {name!r}. Give each its own name, or name them as parts of one table."
    )


def test_model_without_a_name_is_rejected() -> None:
    assert (
        rejected({"": CLASSES, "b": CLASSES}) == "A model has no name. Give each file the name of its model."
    )


def test_frames_of_models_are_called_by_their_model() -> None:
    assert rejected({"new": CLASSES, "base": pd.DataFrame({"x": [1]})}) == (
        "'base' shares no column with 'new', so they are not parts of one table."
    )


def test_more_models_than_can_be_shown_are_rejected() -> None:
    text = rejected({f"m{i}": CLASSES.head(2) for i in range(51)}, y_true="y_true", y_pred="y_pred")
    assert "51 different values, more than the 50 models that can be shown" in text
