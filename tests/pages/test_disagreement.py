"""Examples in the order of how much the models disagree."""

from __future__ import annotations

import pandas as pd
import pytest

from demo_data import demo
from tests.pages.opened import opened, written


@pytest.fixture(scope="module")
def tumour() -> pd.DataFrame:
    return pd.read_csv(demo("tumour").path)


def test_rows_on_which_the_models_disagree_come_first(tumour):
    at = opened("examples", data="tumour", t="0.5", order="disagree")
    apart = (tumour["logistic"] >= 0.5) != (tumour["forest"] >= 0.5)
    distance = (tumour["logistic"] - tumour["forest"]).abs()
    expected = pd.DataFrame({"apart": apart, "distance": distance}).sort_values(
        ["apart", "distance"], ascending=False, kind="stable"
    )
    shown = at.dataframe[0].value
    assert shown["Row"].tolist()[:25] == (expected.index[:25] + 1).tolist()
    assert 0 < apart.sum() < len(tumour)


def test_one_model_alone_has_no_disagreement():
    at = opened("examples", data="fraud", order="disagree")
    assert "no order 'disagree'" in written(at).replace("\\", "")
    assert "disagree" not in at.selectbox(key="examples.order").options
