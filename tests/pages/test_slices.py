from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.views import group_table
from demo_data import demo
from tests.pages.opened import launched, opened, written

THRESHOLD = 0.25


@pytest.fixture(scope="module")
def fraud() -> pd.DataFrame:
    frame = pd.read_parquet(demo("fraud").path, columns=["is_fraud", "score", "country", "device"])
    positive, flagged = frame["is_fraud"] == 1, frame["score"] >= THRESHOLD
    return frame.assign(fn=positive & ~flagged, fp=~positive & flagged, wrong=positive != flagged)


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    """Open the page on a table of our own with a column ``c``."""

    def make(c, page: str = "slices", **query: str):
        n = len(c)
        rng = np.random.default_rng(0)
        truth = rng.integers(0, 2, n)
        said = truth ^ (rng.random(n) < 0.2)
        path = tmp_path / "made.csv"
        pd.DataFrame({"truth": truth, "said": said, "c": c}).to_csv(path, index=False)
        name = launched(monkeypatch, path, y_true="truth", y_pred="said", pos_label="1", slices=["c"])
        return opened(page, data=name, **query)

    return make


def tables(at) -> list[pd.DataFrame]:
    return [element.value for element in at.dataframe]


def table_of(at, column: str) -> pd.DataFrame:
    at.multiselect[0].set_value([column]).run()
    assert not at.exception
    (found,) = tables(at)
    return found.set_index("Group")


def test_each_group_is_a_direct_count_of_its_rows(fraud):
    found = table_of(opened("slices", t="0.25"), "device")
    for device, rows in fraud.groupby("device"):
        assert found.loc[device, "Rows"] == len(rows)
        assert found.loc[device, "Error rate"] == pytest.approx(100 * rows["wrong"].mean())
        others = fraud[fraud["device"] != device]
        assert found.loc[device, "Difference"] == pytest.approx(
            100 * (rows["wrong"].mean() - others["wrong"].mean())
        )
        assert found.loc[device, "Share of errors"] == pytest.approx(
            100 * rows["wrong"].sum() / fraud["wrong"].sum()
        )
        assert found.loc[device, "Counted"] == f"{rows['wrong'].sum():,} of {len(rows):,}"


def test_another_metric_is_counted_on_its_own_rows(fraud):
    at = opened("slices", t="0.25")
    at.selectbox(key="slices.metric").set_value("fnr").run()
    found = table_of(at, "device")
    for device, rows in fraud.groupby("device"):
        assert found.loc[device, "False negative rate"] == pytest.approx(
            100 * rows["fn"].sum() / (rows["is_fraud"] == 1).sum()
        )
        assert found.loc[device, "Share of false negatives"] == pytest.approx(
            100 * rows["fn"].sum() / fraud["fn"].sum()
        )


def test_the_filter_narrows_the_groups(fraud):
    found = table_of(opened("slices", t="0.25", filter="country == 'DE'"), "device")
    assert found["Rows"].sum() == (fraud["country"] == "DE").sum()


def test_four_columns_are_drawn_at_a_time_and_the_others_wait():
    at = opened("slices")
    first = [element.value.iloc[0, 0] for element in at.dataframe]
    assert len(at.dataframe) == len(at.get("plotly_chart")) == 4
    at.segmented_control(key="slices.page").set_value(2).run()
    assert not at.exception
    assert len(at.dataframe) == 3
    assert not set(first) & {element.value.iloc[0, 0] for element in at.dataframe}


def test_the_keyboard_leads_to_the_errors_of_a_group_in_two_steps(fraud):
    at = opened("slices", t="0.25")
    table_of(at, "device")
    at.selectbox(key="slices.device.group").set_value("tablet").run()
    n = int((fraud["wrong"] & (fraud["device"] == "tablet")).sum())
    button = at.button(key="slices.device.show")
    assert button.label == f"Show {n} errors"
    button.click().run()
    assert not at.exception
    assert at.query_params["filter"] in ("device == 'tablet'", ["device == 'tablet'"])
    assert at.query_params["rows"] in ("errors", ["errors"])
    assert f"of **{n}** errors" in written(at)


def test_what_the_metric_misses_is_what_the_examples_show(fraud):
    at = opened("slices", t="0.25")
    at.selectbox(key="slices.metric").set_value("recall").run()
    table_of(at, "device")
    at.selectbox(key="slices.device.group").set_value("desktop").run()
    at.button(key="slices.device.show").click().run()
    n = int((fraud["fn"] & (fraud["device"] == "desktop")).sum())
    assert f"of **{n}** false negatives" in written(at)


def test_only_the_rows_of_a_group_are_kept_on_every_page(fraud):
    at = opened("slices", t="0.25")
    table_of(at, "device")
    at.selectbox(key="slices.device.group").set_value("tablet").run()
    at.button(key="slices.device.keep").click().run()
    assert not at.exception
    n = int((fraud["device"] == "tablet").sum())
    assert f"All {n:,} rows shown are in one group, **tablet**" in written(at)


def test_small_groups_can_be_hidden_and_are_then_no_test():
    at = opened("slices")
    table_of(at, "country")
    before = written(at)
    at.select_slider(key="slices.least").set_value(0.02).run()
    (left,) = tables(at)
    assert set(left["Group"]) == {"AT", "BE", "DE", "ES", "FR", "GB", "IT", "NL", "PL", "US"}
    assert "Tested 13 groups in 1 column" in before
    assert "Tested 10 groups in 1 column" in written(at)


def test_a_group_of_a_few_rows_is_marked_and_not_tested(made_up):
    at = made_up(["a"] * 100 + ["b"] * 100 + ["few"] * 5)
    (found,) = tables(at)
    assert found.set_index("Group").loc["few", "Found"] == "too few rows"
    assert "Tested 2 groups in 1 column: no group is clearly worse than the rest by error rate." in written(
        at
    )


def test_a_group_without_positives_says_why_it_has_no_rate(made_up):
    at = made_up(["a"] * 200 + ["single"])
    reasons = {}
    for metric in ("fnr", "fpr"):
        at.selectbox(key="slices.metric").set_value(metric).run()
        reasons[metric] = tables(at)[0].set_index("Group").loc["single", "Found"]
    assert sorted(reasons.values()) in (
        ["n/a: no row is negative", "too few rows"],
        ["n/a: no row is positive", "too few rows"],
    )


def test_one_group_or_empty_cells_alone_are_nothing_to_compare(made_up):
    assert "All 60 rows shown are in one group, **same**" in written(made_up(["same"] * 60))


def test_a_column_of_empty_cells_says_so(made_up):
    at = made_up([None] * 59 + ["x"], filter="c is missing")
    assert "Every cell of this column is empty" in written(at)


def test_a_table_of_labels_and_scores_alone_offers_the_way_to_the_roles(tmp_path, monkeypatch):
    path = tmp_path / "bare.csv"
    pd.DataFrame({"label": [1, 0] * 20, "score": np.linspace(0, 1, 40)}).to_csv(path, index=False)
    at = opened("slices", data=launched(monkeypatch, path, y_true="label", y_score="score"))
    assert "There is no column to group the rows by" in written(at)
    assert at.button(key="slices.data").label == "Go to the Data page"


def test_groups_of_the_file_stay_text(made_up):
    at = made_up(["<img src=x>", "**bold** [x](http://x)", "=1+1"] * 40)
    assert "<img" not in at.get("plotly_chart")[0].proto.spec
    at.selectbox(key="slices.c.group").set_value("=1+1").run()
    assert not at.exception
    assert at.button(key="slices.c.show").label.endswith("errors")


def test_many_classes_are_compared_by_error_rate_and_one_of_them_like_two():
    frame = pd.read_parquet(demo("digits").path)
    at = opened("slices", data="digits")
    wrong = (frame["digit"].astype(str) != frame["predicted"].astype(str)).to_numpy()
    found = tables(at)[0]
    assert found["Rows"].sum() == len(frame)
    assert (found["Error rate"] * found["Rows"]).sum() == pytest.approx(100 * wrong.sum())
    assert "Positive" not in found
    one = opened("slices", data="digits", **{"class": "8"})
    one.selectbox(key="slices.metric").set_value("recall").run()
    assert not one.exception
    assert tables(one)[0]["Share of false negatives"].sum() == pytest.approx(100)


@pytest.mark.parametrize("metric", ["f1_macro", "mcc", "balanced_accuracy"])
def test_means_over_classes_have_intervals_by_group(metric):
    at = opened("slices", data="digits")
    at.selectbox(key="slices.metric").set_value(metric).run()
    assert not at.exception
    assert not (tables(at)[0]["95 %"] == "n/a").any()


def test_the_positives_are_neither_better_nor_worse():
    at = opened("slices")
    at.selectbox(key="slices.metric").set_value("prevalence").run()
    assert not at.exception
    assert "worse" not in " ".join(tables(at)[0]["Found"])
    assert "The worst groups" not in written(at)


def test_of_several_models_the_one_in_the_sidebar_is_compared():
    at = opened("slices", data="tumour", model="logistic")
    before = tables(at)[0]
    other = opened("slices", data="tumour", model="forest")
    assert not before.equals(tables(other)[0])


def test_weights_count_but_do_not_pose_as_rows(tmp_path, monkeypatch):
    n = 400
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, n)
    frame = pd.DataFrame(
        {
            "truth": truth,
            "said": truth ^ (rng.random(n) < 0.3),
            "w_": rng.choice([0.5, 2.0], n),
            "c": rng.choice(["a", "b"], n),
        }
    )
    frame.to_csv(tmp_path / "weighted.csv", index=False)
    at = opened(
        "slices",
        data=launched(
            monkeypatch,
            tmp_path / "weighted.csv",
            y_true="truth",
            y_pred="said",
            pos_label="1",
            weight="w_",
            slices=["c"],
        ),
    )
    found = tables(at)[0].set_index("Group")
    for label, rows in frame.groupby("c"):
        assert found.loc[label, "Rows"] == len(rows)
        assert found.loc[label, "Share of rows"] == pytest.approx(100 * rows["w_"].sum() / frame["w_"].sum())
        assert found.loc[label, "Error rate"] == pytest.approx(
            100 * np.average(rows["truth"] != rows["said"], weights=rows["w_"])
        )
    at.selectbox(key="slices.c.group").set_value("a").run()
    assert at.button(key="slices.c.show").label == "Show its errors"


def test_long_work_shows_progress(monkeypatch):
    said = []
    monkeypatch.setattr(group_table, "_SLOW", -1)
    monkeypatch.setattr(group_table.st, "progress", lambda *args, **kwargs: _Bar(said))
    opened("slices", t="0.123")
    assert any("column 7 of 7" in text for text in said)


class _Bar:
    """What ``st.progress`` returns."""

    def __init__(self, said: list[str]) -> None:
        self.said = said

    def progress(self, share: float, text: str) -> None:
        self.said.append(text)

    def empty(self) -> None:
        self.said.append("done")


def test_the_download_is_offered_by_the_metric_it_holds():
    at = opened("slices", t="0.25")
    labels = [button.proto.label for button in at.get("download_button")]
    assert labels.count("All groups as CSV") == 1
