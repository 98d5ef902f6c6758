"""The slices of the census income file that the documentation lists."""

from __future__ import annotations

import re
from pathlib import Path

import metrics_core as mc

PAGE = Path(__file__).resolve().parents[1] / "docs" / "finding_slices.md"
COLUMNS = ["sex", "race", "age", "education", "workclass", "occupation", "hours_per_week"]


def test_the_slices_of_the_documentation_are_those_that_are_found(shared_data) -> None:
    path = shared_data("adult_income_binary.csv")
    predictions = mc.read(path, y_true="y_true", y_score="y_score", slices=COLUMNS)
    listed = re.findall(
        r"^\| `([^`]*)` \| ([\d,]+) \| ([\d.]+)% \| ([\d.]+)% \| \+([\d.]+) to \+([\d.]+) \|",
        PAGE.read_text(),
        re.M,
    )
    found = mc.slices.discover(predictions, loss="fnr", threshold=0.5).slices
    assert len(listed) == 6
    for one, (where, rows, *numbers) in zip(found, listed, strict=False):
        assert (one.where.text, one.rows) == (where, int(rows.replace(",", "")))
        shown = [f"{100 * x:.1f}" for x in (one.rate, one.rest_rate, one.low, one.high)]
        assert shown == numbers
