"""The main job in a real browser: from the demo to the wrong rows and back by link; uploads, good and broken."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from app import numbers
from demo_data import demo
from tests.browser.test_confusion_click import CELLS, click
from tests.chromium import settled, visit
from tests.components.test_threshold_view import across, shown

pytestmark = pytest.mark.browser

TEXT = b"label,score\n" + b"".join(b"%s,%.3f\n" % (b"cat" if i % 3 else b"dog", i / 40) for i in range(40))
BROKEN = {
    "header.csv": (b"label,score\n", "has a header with 2 column(s) but no rows"),
    "twice.csv": (b"label,score,score\n1,0.5,0.3\n0,0.2,0.1\n", "1 column name(s) more than once: 'score'"),
    "page.csv": (b"<!DOCTYPE html>\n<html><body><p>Please, log in</p></body></html>\n", "holds a web page"),
}


@pytest.fixture(scope="module")
def fraud() -> pd.DataFrame:
    return pd.read_parquet(demo("fraud").path)


@pytest.fixture(scope="module")
def chosen_on(fraud: pd.DataFrame) -> pd.DataFrame:
    """The rows of the Threshold page, which chooses on the validation rows unless told otherwise."""
    return fraud[fraud["split"] == "validation"]


def counted(frame: pd.DataFrame, threshold: float) -> dict[str, Any]:
    """Count the rows at a threshold and write the numbers as the page does."""
    positive, flagged = frame["is_fraud"].to_numpy() == 1, frame["score"].to_numpy() >= threshold
    tp, fp = int((positive & flagged).sum()), int((~positive & flagged).sum())
    fn, tn = int((positive & ~flagged).sum()), int((~positive & ~flagged).sum())
    cells = {"flagged": tp + fp, "tp": tp, "fp": fp, "fn": fn, "tn": tn}
    shares = {
        "flagged_share": (tp + fp) / len(frame),
        "precision": tp / (tp + fp) if tp + fp else None,
        "recall": tp / (tp + fn),
        "specificity": tn / (tn + fp),
        "accuracy": (tp + tn) / len(frame),
    }
    return (
        {"threshold": threshold}
        | {name: numbers.count(n) for name, n in cells.items()}
        | {name: numbers.share(value) for name, value in shares.items()}
    )


def on_screen(page: Page, frame: pd.DataFrame) -> float:
    """Check every number of the live view against the rows; return the threshold they stand at."""
    now = shown(page)
    wanted = counted(frame, now["threshold"])
    assert {name: now[name] for name in wanted} == wanted
    return float(now["threshold"])


def go(page: Page, title: str) -> None:
    page.get_by_role("link", name=title, exact=True).click()
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    settled(page)


def upload(page: Page, name: str, content: bytes) -> None:
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )


def test_from_the_demo_to_the_wrong_rows_and_back_by_link(url, browser, fraud, chosen_on):
    with visit(browser, url) as seen:
        page = seen.page
        go(page, "Overview")
        for key in ("roc_auc", "precision", "recall"):
            expect(page.locator(f"[data-card={key}]")).to_be_visible()
        expect(page.locator("[data-card=recall]")).to_contain_text(counted(fraud, 0.5)["recall"])

        go(page, "Threshold")
        page.get_by_test_id("threshold-view").wait_for()
        settled(page)
        page.mouse.move(*across(page, "slider", 0.6))
        page.mouse.down()
        before, passed = len(seen.sent), []
        for i in range(12):
            page.mouse.move(*across(page, "slider", 0.55 - 0.03 * i))
            passed.append(on_screen(page, chosen_on))
        assert len(set(passed)) == 12
        assert len(seen.sent) == before, "nothing is sent while the button is down"
        page.mouse.up()
        threshold = passed[-1]
        expect(page).to_have_url(re.compile(f"[?&]t={re.escape(repr(threshold))}(&|$)"))
        settled(page)
        assert len(seen.sent) > before
        assert on_screen(page, chosen_on) == threshold

        go(page, "Confusion")
        expect(page.locator(".st-key-confusion-matrix .js-plotly-plot .scatterlayer")).to_be_visible()
        click(page, *CELLS["fn"])
        expect(page.get_by_role("heading", name="Examples")).to_be_visible()
        missed = fraud[(fraud["is_fraud"] == 1) & (fraud["score"] < threshold)]
        missed = missed.sort_values(
            "score", kind="stable"
        )  # a missed positive loses more the lower its score
        line = page.get_by_text(f"Showing 1–25 of {len(missed):,} false negatives")
        expect(line).to_be_visible()

        with page.expect_download() as found:
            page.get_by_role("button", name="CSV", exact=True).click()
        read = pd.read_csv(found.value.path())
        assert read["Row"].tolist() == (missed.index + 1).tolist()
        assert read["transaction_id"].tolist() == missed["transaction_id"].tolist()
        np.testing.assert_array_equal(read["score"], missed["score"])

        link = page.url
        page.reload()
        settled(page)
        expect(line).to_be_visible()
        expect(page.get_by_text(f"score ≥ {numbers.threshold(threshold)}").first).to_be_visible()
        assert page.url == link
        assert (seen.outside, seen.errors) == ([], [])


def test_the_back_button_returns_to_a_page_that_agrees_with_its_address(url, browser, chosen_on):
    with visit(browser, url + "/threshold?data=fraud&t=0.25") as seen:
        page = seen.page
        page.get_by_test_id("threshold-view").wait_for()
        typed = page.get_by_label("Exact threshold")
        typed.fill("0.4")
        typed.press("Enter")
        expect(page).to_have_url(re.compile(r"t=0\.4(&|$)"))
        settled(page)
        page.go_back()
        expect(page).to_have_url(re.compile(r"t=0\.25(&|$)"))
        expect(page.get_by_label("Threshold", exact=True)).to_have_text("0.250")
        settled(page)
        assert on_screen(page, chosen_on) == 0.25
        assert seen.errors == []


def test_a_broken_upload_is_one_sentence(url, browser):
    with visit(browser, url) as seen:
        page = seen.page
        for name, (content, sentence) in BROKEN.items():
            upload(page, name, content)
            expect(page.get_by_test_id("stAlert")).to_contain_text(sentence)
            settled(page)
            expect(page.get_by_test_id("stAlert")).to_have_count(1)
            expect(page.get_by_test_id("stException")).to_have_count(0)
            expect(page.get_by_text("Traceback")).to_have_count(0)
        assert (seen.outside, seen.errors) == ([], [])


def test_text_labels_are_asked_about_and_stay_in_their_session(url, browser):
    with visit(browser, url) as seen:
        page = seen.page
        upload(page, "pets.csv", TEXT)
        expect(page.get_by_text("Which label of column 'label' is the positive class?").first).to_be_visible()
        settled(page)
        page.get_by_role("radiogroup").get_by_text("dog", exact=True).click()
        page.get_by_role("button", name="Use this answer").click()
        page.get_by_role("button", name="Looks right: show me the overview").click()
        expect(page.get_by_role("heading", name="Overview", exact=True)).to_be_visible()
        # 14 of 40 are dogs, every third from the first; of the 20 scores from 0.5 up, 7 are.
        expect(page.locator("[data-card=precision]")).to_contain_text("7 of 20")
        expect(page.locator("[data-card=recall]")).to_contain_text("7 of 14")
        with visit(browser, page.url) as other:
            expect(other.page.get_by_text("There is no data set 'pets.csv' here.")).to_be_visible()
            expect(other.page.locator("[data-card]")).to_have_count(0)
        assert (seen.outside, seen.errors) == ([], [])


def test_a_picture_stands_in_its_row_and_stays_text_in_the_file(url, browser):
    frame = pd.read_parquet(demo("digits").path)
    cell = frame[(frame["digit"] == "8") & (frame["predicted"] == "1")]
    with visit(browser, url + "/examples?data=digits&true=8&pred=1") as seen:
        page = seen.page
        expect(
            page.get_by_text(f"Showing 1–{len(cell)} of {len(cell)} rows of class 8 taken for 1")
        ).to_be_visible()
        picture = page.get_by_test_id("stImage").locator("img")
        expect(picture).to_have_count(1)
        assert picture.get_attribute("src") in set(cell["image"])
        assert picture.evaluate("img => img.complete && img.naturalWidth") == 80
        with page.expect_download() as found:
            page.get_by_role("button", name="CSV", exact=True).click()
        read = pd.read_csv(found.value.path(), dtype=str)
        assert read.columns.tolist()[:6] == ["Row", "digit", "predicted", "P(predicted)", "P(true)", "image"]
        assert sorted(read["image"]) == sorted(cell["image"])
        assert "of-class-8-taken-for-1" in found.value.suggested_filename
        assert (seen.outside, seen.errors) == ([], [])


def test_an_address_of_a_picture_is_never_followed(url, browser):
    rows = b"".join(
        b"%s,%s,https://example.org/%d.png\n" % (b"abc"[i % 3 : i % 3 + 1], b"abc"[i % 2 : i % 2 + 1], i)
        for i in range(30)
    )
    with visit(browser, url) as seen:
        upload(seen.page, "addresses.csv", b"y_true,y_pred,picture\n" + rows)
        expect(seen.page.get_by_role("heading", name="First rows")).to_be_visible()
        settled(seen.page)
        go(seen.page, "Examples")
        expect(seen.page.get_by_test_id("stImage")).to_have_count(0)
        assert (seen.outside, seen.errors) == ([], [])


def test_two_uploads_become_one_set_with_a_model_each(url, browser):
    with visit(browser, url) as seen:
        page = seen.page
        upload(page, "old.csv", b"label,p\n0,0.1\n1,0.9\n1,0.2\n")
        expect(page.get_by_text("p: 3 of 3 rows can be judged")).to_be_visible()
        settled(page)
        upload(page, "new.csv", b"label,p\n0,0.1\n1,0.9\n1,0.8\n")
        expect(page.get_by_text("These 2 files are")).to_be_visible()
        settled(page)
        page.get_by_text("one model each", exact=True).click()
        settled(page)
        expect(page.get_by_label(re.compile("Model in new"))).to_have_value("new")
        page.get_by_label(re.compile("Model in old")).fill("before")
        page.get_by_label(re.compile("Model in old")).press("Enter")
        settled(page)
        page.get_by_role("button", name="Open together").click()
        expect(page.get_by_text("before: 3 of 3 rows can be judged")).to_be_visible()
        expect(page.get_by_text("new: 3 of 3 rows can be judged")).to_be_visible()
        assert (seen.outside, seen.errors) == ([], [])
