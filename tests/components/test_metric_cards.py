"""The metric cards in a real browser: what stands on them, what is read aloud, and where the marks are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from app.components.metric_cards import in_a_row
from tests.chromium import STREAMLIT_OPTIONS, Visit, chromium, serve, settled, visit
from tests.components import cards_page as made_up

Show = Callable[..., Visit]

# Where the middle of a mark is on its bar, from 0 to 1.
AT = """(card, mark) => {
  const bar = card.querySelector(".track").getBoundingClientRect(), box = card.querySelector(mark).getBoundingClientRect();
  return ((box.left + box.right) / 2 - bar.left) / bar.width;
}"""


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    """Open the page on some cards; one window for all, which is much faster."""
    command = [sys.executable, "-m", "streamlit", "run", str(Path(made_up.__file__)), *STREAMLIT_OPTIONS]
    with (
        serve(command, cwd=tmp_path_factory.mktemp("page")) as url,
        chromium() as browser,
        visit(browser, url) as seen,
    ):

        def open_case(case: str = "", *, width: int = 1440) -> Visit:
            seen.page.set_viewport_size({"width": width, "height": 900})
            seen.page.goto(f"{url}/?case={case}")
            seen.page.locator("[data-card]").first.wait_for()
            settled(seen.page)
            assert (seen.outside, seen.errors) == ([], [])
            return seen

        yield open_case


def card(seen: Visit, key: str) -> Locator:
    return seen.page.locator(f"[data-card={key}]")


@pytest.mark.browser
def test_every_text_of_every_card_is_shown(show: Show) -> None:
    seen = show()
    for expected in made_up.CARDS:
        shown = card(seen, expected.key)
        for role, text in (
            ("label", expected.label),
            ("value", expected.value),
            ("detail", expected.detail),
            ("interval", expected.interval),
            ("baseline", expected.baseline_label),
        ):
            expect(shown.locator(f"[data-role={role}]")).to_have_text(text)
            expect(shown.locator(f"[data-role={role}]")).to_be_visible()


@pytest.mark.browser
def test_marks_stand_where_python_put_them(show: Show) -> None:
    seen = show()
    for expected in made_up.CARDS:
        assert expected.low is not None
        assert expected.high is not None
        shown = card(seen, expected.key)
        for mark, at in ((".tick", expected.position), (".base", expected.baseline), (".band", (expected.low + expected.high) / 2)):  # fmt: skip
            assert shown.evaluate(AT, mark) == pytest.approx(at, abs=0.02)


@pytest.mark.browser
def test_a_card_says_its_name_value_and_all_the_rest(show: Show) -> None:
    seen = show()
    shown = seen.page.get_by_role("group", name="Recall 35.2%", exact=True)
    expect(shown).to_have_attribute(
        "aria-description",
        "530 of 1,506. 95% CI 32.8–37.6%. Compare: as many at random 0.7%. "
        "Share of the positive rows that were predicted positive.",
    )


@pytest.mark.browser
def test_the_definition_opens_on_hover_and_on_focus_inside_the_page(show: Show) -> None:
    seen = show(width=1140)
    for expected in made_up.CARDS:
        shown, about = card(seen, expected.key), card(seen, expected.key).locator("[data-role=about]")
        expect(about).to_be_hidden()
        shown.hover()
        expect(about).to_be_visible()
        expect(about).to_have_text(expected.about)
        box = about.bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= box["x"] + box["width"] <= 1140
    seen.page.mouse.move(2, 2)
    seen.page.get_by_role("button", name="Move").focus()
    seen.page.keyboard.press("Tab")
    expect(card(seen, "roc_auc")).to_be_focused()
    expect(card(seen, "roc_auc").locator("[data-role=about]")).to_be_visible()


@pytest.mark.browser
def test_what_is_undefined_has_its_reason_in_the_place_of_the_bar(show: Show) -> None:
    seen = show("gaps")
    shown = seen.page.get_by_label("Precision n/a", exact=True)
    expect(shown.get_by_text("no row is predicted positive")).to_be_visible()
    expect(shown.locator(".bar")).to_be_hidden()
    expect(shown.locator("[data-role=baseline]")).to_be_hidden()
    expect(card(seen, "log_loss").locator(".bar")).to_be_hidden()
    expect(card(seen, "log_loss").get_by_text("95% CI 0.21–0.47")).to_be_visible()


@pytest.mark.browser
def test_what_the_user_named_stays_text(show: Show) -> None:
    seen = show("gaps")
    view = seen.page.get_by_test_id("metric-cards")
    expect(view.get_by_text(f"always '{made_up.MARKUP}' 90.0%", exact=True)).to_be_visible()
    expect(view.get_by_text(made_up.MARKUP, exact=True)).to_be_visible()
    assert view.locator("img").count() == 0
    assert view.locator("b").count() == 0


@pytest.mark.browser
@pytest.mark.parametrize(("width", "in_first_row"), [(1440, 6), (900, 3), (500, 2)])
def test_cards_wrap_into_equal_rows_without_running_out_of_the_page(
    show: Show, width: int, in_first_row: int
) -> None:
    seen = show(width=width)
    boxes = [box for shown in seen.page.locator("[data-card]").all() if (box := shown.bounding_box())]
    assert len(boxes) == 6
    assert sum(box["y"] == boxes[0]["y"] for box in boxes) == in_first_row
    assert max(box["x"] + box["width"] for box in boxes) <= width
    assert len({round(box["width"]) for box in boxes}) == 1


@pytest.mark.browser
def test_a_card_that_stays_keeps_the_focus_when_its_number_changes(show: Show) -> None:
    seen = show()
    card(seen, "recall").focus()
    seen.page.get_by_role("button", name="Move").evaluate("button => button.click()")
    expect(card(seen, "recall").locator("[data-role=value]")).to_have_text("90.0%")
    expect(seen.page.locator("[data-card]")).to_have_count(3)
    expect(card(seen, "recall")).to_be_focused()
    expect(card(seen, "recall").locator("[data-role=baseline]")).to_be_hidden()


def test_a_mark_off_its_bar_is_a_mistake() -> None:
    good = made_up.CARDS[0]
    with pytest.raises(ValueError, match=r"card roc_auc: 1\.2 is not on the bar"):
        replace(good, position=1.2)
    with pytest.raises(ValueError, match="nan is not on the bar"):
        replace(good, baseline=float("nan"))
    with pytest.raises(ValueError, match="ends before it starts"):
        replace(good, low=0.9, high=0.1)


@pytest.mark.parametrize(
    ("n", "most", "columns"), [(1, 6, 1), (5, 6, 5), (7, 6, 4), (6, 3, 3), (4, 3, 2), (5, 2, 2)]
)
def test_rows_are_as_equal_as_they_can_be(n: int, most: int, columns: int) -> None:
    assert in_a_row(n, most) == columns
