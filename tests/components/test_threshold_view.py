"""The live threshold in a real browser: what it shows while it moves, what Python hears and when."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from app import numbers
from app.components.threshold_view import ThresholdEvent, read_event
from tests.chromium import STREAMLIT_OPTIONS, Visit, chromium, serve, settled, visit
from tests.components import threshold_page as made_up

Show = Callable[..., Visit]

# After the frame that a pointer move asked for: everything that is on the screen, as text.
READ = """root => new Promise(done => requestAnimationFrame(() => {
  const text = (selector) => root.querySelector(selector).textContent;
  const shown = { threshold: Number(root.querySelector("[data-role=threshold]").dataset.value),
                  flagged: text("[data-role=flagged]"), flagged_share: text("[data-role=flagged-share]") };
  for (const cell of root.querySelectorAll("td[data-k] output")) shown[cell.dataset.column] = cell.textContent;
  for (const tile of root.querySelectorAll("[data-metric]")) shown[tile.dataset.metric] = tile.textContent;
  done(shown);
}))"""


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    """Open the page on some scores in a new session; one window for all, which is much faster."""
    command = [sys.executable, "-m", "streamlit", "run", str(Path(made_up.__file__)), *STREAMLIT_OPTIONS]
    with (
        serve(command, cwd=tmp_path_factory.mktemp("page")) as url,
        chromium() as browser,
        visit(browser, url) as seen,
    ):

        def open_case(case: str = "rare", *, dark: bool = False) -> Visit:
            seen.page.emulate_media(color_scheme="dark" if dark else "light")
            seen.page.goto(f"{url}/?case={case}")
            seen.page.get_by_test_id("threshold-view").wait_for()
            settled(seen.page)
            assert (seen.outside, seen.errors) == ([], [])
            return seen

        yield open_case


def shown(page: Page) -> dict[str, Any]:
    now: dict[str, Any] = page.get_by_test_id("threshold-view").evaluate(READ)
    return now


def counted(case: str, threshold: float) -> dict[str, Any]:
    """Count the rows directly and write the numbers as every other page does."""
    row = made_up.count(*made_up.rows(case), threshold)
    units = {"flagged_share": "share"} | {metric["key"]: metric["unit"] for metric in made_up.METRICS}

    def written(name: str, value: float | None) -> str:
        if name in units:
            return numbers.by_unit(value, units[name])
        return numbers.count(value or 0)

    wanted = {name: written(name, value) for name, value in row.items() if name not in ("fpr", "fnr")}
    return {**wanted, "threshold": threshold}


def across(page: Page, test_id: str, share: float) -> tuple[float, float]:
    box = page.get_by_test_id(test_id).bounding_box()
    assert box is not None
    return box["x"] + share * box["width"], box["y"] + box["height"] / 2


def quickly(slider: Locator, *keys: str) -> None:
    """Press keys within one frame, however busy the machine is."""
    slider.evaluate(
        """(slider, keys) => keys.forEach(key => slider.dispatchEvent(
             new KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true })))""",
        keys,
    )


def python_has(page: Page, text: str) -> None:
    expect(page.get_by_text(f"Python has {text}")).to_be_visible()


@pytest.mark.browser
def test_every_number_follows_the_drag_and_python_hears_of_the_end_only(show: Show) -> None:
    seen = show()
    page = seen.page
    for drags, handle in enumerate(("plot", "slider"), start=1):
        page.mouse.move(*across(page, handle, 0.6))
        page.mouse.down()
        before, passed = len(seen.sent), []
        for i in range(20):
            page.mouse.move(*across(page, handle, 0.55 - 0.015 * i))
            passed.append(shown(page))
            assert passed[-1] == counted("rare", passed[-1]["threshold"])
        assert len({now["threshold"] for now in passed}) == 20
        assert len(seen.sent) == before
        page.mouse.up()
        end = passed[-1]["threshold"]
        python_has(page, f"{end!r} by score, {drags} events, last drag")
        assert shown(page) == counted("rare", end)
    assert (seen.outside, seen.errors) == ([], [])


@pytest.mark.browser
def test_a_burst_of_commits_ends_at_the_last_one(show: Show) -> None:
    """Streamlit once lost its session here: it sent a reference to a message that the browser had dropped."""
    page = show().page
    for _ in range(4):
        for share in (0.3, 0.5, 0.7, 0.4):
            page.mouse.click(*across(page, "plot", share))
        for scale in ("share", "score"):
            page.get_by_test_id(f"scale-{scale}").check()
    end = shown(page)
    assert end == counted("rare", end["threshold"])
    python_has(page, f"{end['threshold']!r} by score")
    settled(page)
    assert shown(page) == end


@pytest.mark.browser
def test_keys_and_steps_move_one_threshold_and_send_once_after_a_pause(show: Show) -> None:
    seen = show()
    page = seen.page
    slider = page.get_by_label("Decision threshold", exact=True)
    slider.press("ArrowRight")
    python_has(page, "0.502 by score, 1 events, last keys")
    quickly(slider, "ArrowRight", "ArrowLeft", "ArrowRight", "ArrowRight")
    assert shown(page) == counted("rare", 0.506)
    python_has(page, "0.506 by score, 2 events, last keys")
    page.get_by_label("Lower the threshold by one step").click()
    python_has(page, "0.504 by score, 3 events, last step")
    quickly(slider, "ArrowRight", "Escape")
    assert shown(page) == counted("rare", 0.504)
    page.wait_for_timeout(400)
    python_has(page, "0.504 by score, 3 events, last step")
    undo = page.get_by_test_id("undo")
    expect(undo).to_have_text("Undo to 0.506")
    undo.click()
    python_has(page, "0.506 by score, 4 events, last undo")
    undo.click()
    python_has(page, "0.502 by score")
    undo.click()
    python_has(page, "0.5 by score")
    expect(undo).to_be_disabled()
    assert shown(page) == counted("rare", 0.5)


@pytest.mark.browser
def test_a_typed_threshold_between_two_rows_is_counted_exactly(show: Show) -> None:
    seen = show()
    page = seen.page
    typed = page.get_by_label("Exact threshold")
    typed.fill("0.41237")
    typed.press("Enter")
    python_has(page, "0.41237 by score, 1 events, last typed")
    expect(page.get_by_label("Threshold", exact=True)).to_have_text("0.41237")
    assert shown(page) == counted("rare", 0.41237)
    typed.fill("0.3")
    typed.blur()
    python_has(page, "0.3 by score, 2 events, last typed")
    assert shown(page) == counted("rare", 0.3)
    page.get_by_test_id("undo").click()
    python_has(page, "0.41237 by score, 3 events, last undo")
    assert shown(page) == counted("rare", 0.41237)


@pytest.mark.browser
def test_what_is_no_threshold_gets_a_sentence_and_is_not_sent(show: Show) -> None:
    seen = show()
    page, before = seen.page, len(seen.sent)
    typed, sentence = page.get_by_label("Exact threshold"), page.get_by_text("Type a number from 0 to 1.")
    for text in ("1.5", "-0.1", "", "1e"):
        typed.fill("")
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        expect(sentence).to_be_visible()
        assert shown(page) == counted("rare", 0.5)
        typed.press("Escape")
        expect(typed).to_have_value("0.5")
        expect(sentence).to_be_hidden()
    assert len(seen.sent) == before


@pytest.mark.browser
def test_the_other_scale_keeps_the_threshold_and_reaches_rare_positives(show: Show) -> None:
    seen = show()
    page = seen.page
    page.get_by_role("radio", name="By flagged share").check()
    python_has(page, "0.5 by share, 1 events, last scale")
    assert shown(page) == counted("rare", 0.5)
    page.mouse.move(*across(page, "plot", 0.9))
    page.mouse.down()
    page.mouse.move(*across(page, "plot", 0.1))
    few = shown(page)
    assert few == counted("rare", few["threshold"])
    assert 1 <= int(few["flagged"]) <= 20
    page.mouse.up()
    python_has(page, f"{few['threshold']!r} by share, 2 events, last drag")


@pytest.mark.browser
def test_escape_gives_a_drag_up(show: Show) -> None:
    seen = show()
    page, before = seen.page, len(seen.sent)
    for handle in ("plot", "slider"):
        page.mouse.move(*across(page, handle, 0.5))
        page.mouse.down()
        page.mouse.move(*across(page, handle, 0.2))
        assert shown(page)["threshold"] < 0.3
        page.keyboard.press("Escape")
        page.mouse.move(*across(page, handle, 0.1))
        assert shown(page) == counted("rare", 0.5)
        page.mouse.up()
        assert shown(page) == counted("rare", 0.5)
    page.wait_for_timeout(400)
    assert len(seen.sent) == before


@pytest.mark.browser
def test_python_moves_the_threshold_but_not_under_a_hand(show: Show) -> None:
    seen = show("ticking")
    page = seen.page
    page.mouse.move(*across(page, "slider", 0.5))
    page.mouse.down()
    page.mouse.move(*across(page, "slider", 0.3))
    note = page.get_by_text("Run ")
    held, text = shown(page), note.text_content()
    page.wait_for_timeout(700)
    assert shown(page) == held
    page.mouse.up()
    python_has(page, f"{held['threshold']!r} by score, 1 events, last drag")
    expect(note).not_to_have_text(text or "")
    assert shown(page) == held
    page.get_by_role("button", name="Python says 0.25").click()
    python_has(page, "0.25 by score")
    assert shown(page) == counted("ticking", 0.25)
    page.get_by_test_id("undo").click()
    python_has(page, f"{held['threshold']!r} by score, 2 events, last undo")


@pytest.mark.browser
def test_what_the_user_named_stays_text(show: Show) -> None:
    seen = show("markup", dark=True)
    view = seen.page.get_by_test_id("threshold-view")
    expect(view.get_by_text(made_up.MARKUP[0], exact=True)).to_have_count(3)
    expect(view.get_by_text(made_up.MARKUP[1], exact=True)).to_have_count(2)
    assert view.locator("img").count() == 0
    fill = view.locator("path.tp").evaluate("bars => getComputedStyle(bars).fill")
    assert fill == "rgb(86, 180, 233)", "the dark palette on a dark page"
    assert (seen.outside, seen.errors) == ([], [])


@pytest.mark.browser
@pytest.mark.parametrize(
    ("case", "start", "undefined"),
    [
        ("three", 0.5, []),
        ("one-score", 0.25, ["only one class is present or predicted"]),
        ("no-positives", 0.5, ["no row is positive", "only one class is present or predicted"]),
        ("margins", 0.0, []),
    ],
)
def test_odd_tables_are_shown_with_the_reason_for_each_gap(
    show: Show, case: str, start: float, undefined: list[str]
) -> None:
    seen = show(case)
    page = seen.page
    assert shown(page) == counted(case, start)
    for reason in undefined:
        expect(page.get_by_text(reason, exact=True)).to_be_visible()
    page.mouse.move(*across(page, "plot", 0.5))
    page.mouse.down()
    page.mouse.move(*across(page, "plot", 0.8))
    now = shown(page)
    assert now == counted(case, now["threshold"])
    page.mouse.up()
    python_has(page, f"{now['threshold']!r} by score, 1 events, last drag")
    assert seen.errors == []


def test_a_table_the_browser_could_misread_is_refused() -> None:
    table = made_up.table("three", None)
    columns = dict(table.columns)
    with pytest.raises(ValueError, match="lacks fnr"):
        replace(table, columns={name: values for name, values in columns.items() if name != "fnr"})
    with pytest.raises(ValueError, match="differ in length"):
        replace(table, columns={**columns, "tp": [1]})
    with pytest.raises(ValueError, match="must ascend"):
        replace(table, columns={**columns, "threshold": columns["threshold"][::-1]})
    with pytest.raises(ValueError, match="at least one step"):
        replace(table, by_share=[])
    with pytest.raises(ValueError, match="not JSON compliant"):
        _ = replace(table, columns={**columns, "recall": [float("nan")] * len(columns["recall"])}).text


def test_only_a_finite_threshold_on_a_known_scale_is_believed() -> None:
    good = {"value": 1, "scale": "score", "how": "typed"}
    assert read_event(good) == ThresholdEvent(value=1.0, scale="score", how="typed")
    wrong: list[object] = [
        None,
        "0.5",
        {**good, "value": "0.5"},
        {**good, "value": True},
        {**good, "value": float("inf")},
        {**good, "scale": "rank"},
        {**good, "scale": []},
        {"value": 0.5},
    ]
    assert [read_event(payload) for payload in wrong] == [None] * len(wrong)
