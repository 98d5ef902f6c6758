"""From a file to a drawn page in a real Chromium, beside a script that writes scikit-learn's curves to one HTML file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from .timing import Result

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PAGES = ("Threshold", "Confusion", "Curves", "Calibration", "Slices", "Examples", "Overview")
# What a component draws a moment after everything else.
_COMPONENTS = {
    "Overview": "[data-card]",
    "Threshold": "[data-testid=threshold-view]",
    "Calibration": "[data-card]",
}
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PROC = Path("/proc")
_SCRIPT = "import sys; from benchmarks.page import plain_script; plain_script(*sys.argv[1:])"
_TIMES = 3
_MOVES = 40


def results(*, quick: bool) -> Iterator[Result]:
    """Measure everything of this file, or say that there is no browser."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        print("(Pages are not measured: there is no Chromium or Chrome here.)", file=sys.stderr)
        return
    os.environ["CHROMIUM"] = found
    from tests.chromium import chromium

    few, many = 10**4, 10**5 if quick else 10**6
    with TemporaryDirectory() as folder, chromium() as browser:
        paths = {n: Path(folder) / f"rows_{n}.parquet" for n in (few, many)}
        for n, path in paths.items():
            _write_rows(path, n)
        yield from _opened(browser, paths[few], paths[many], few, many, times=1 if quick else _TIMES)
        yield from _switched(browser, paths[few], paths[many], few, many)


# ---- the file and the other way


def _write_rows(path: Path, n: int) -> None:
    """Write a label, a score and eight columns to group by, four of them text."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from .rows import scored

    score, positive = scored(n, "float64")
    rng = np.random.default_rng(5)
    columns = {"y_true": positive.astype(np.int8), "y_score": score}
    for i, k in enumerate((3, 5, 8, 12)):
        columns[f"kind_{i}"] = np.array([f"value {j}" for j in range(k)])[rng.integers(0, k, n)]
        columns[f"amount_{i}"] = rng.gamma(2.0, 10.0 * (i + 1), n).round(2)
    pq.write_table(pa.table(columns), path)


def plain_script(source: str, target: str) -> None:
    """Write what a notebook would draw from the rows to one HTML file, with plotly."""
    import numpy as np
    import pandas as pd
    import plotly.graph_objects as go
    import sklearn.metrics as sm
    from sklearn.calibration import calibration_curve

    frame = pd.read_parquet(source)
    y, p = frame["y_true"].to_numpy(), frame["y_score"].to_numpy()
    flagged = p >= 0.5

    def line(x: np.ndarray, y: np.ndarray, title: str) -> go.Figure:
        # drawing all points would cost the script seconds that matplotlib does not take
        at = np.unique(np.linspace(0, len(x) - 1, 1000).astype(int))
        return go.Figure(go.Scatter(x=x[at], y=y[at]), {"title": {"text": title}})

    fpr, tpr, _ = sm.roc_curve(y, p)
    precision, recall, _ = sm.precision_recall_curve(y, p)
    observed, said = calibration_curve(y, p, n_bins=15)
    counts = [np.histogram(p[y == label], bins=50, range=(0, 1))[0] for label in (0, 1)]
    figures = [
        line(fpr, tpr, f"ROC, AUC {sm.roc_auc_score(y, p):.4f}"),
        line(recall, precision, f"Precision-recall, AP {sm.average_precision_score(y, p):.4f}"),
        line(said, observed, f"Calibration, Brier score {sm.brier_score_loss(y, p):.4f}"),
        go.Figure(go.Heatmap(z=sm.confusion_matrix(y, flagged)), {"title": {"text": "Confusion matrix"}}),
        go.Figure([go.Bar(y=each) for each in counts], {"title": {"text": "Scores of both classes"}}),
    ]
    parts = [f.to_html(full_html=False, include_plotlyjs=not i) for i, f in enumerate(figures)]
    report = sm.classification_report(y, flagged)
    Path(target).write_text(f"<!DOCTYPE html><body><pre>{report}</pre>{''.join(parts)}</body>", encoding="utf-8")  # fmt: skip


# ---- opening a file


def _opened(browser: Browser, small: Path, large: Path, few: int, many: int, *, times: int) -> Iterator[Result]:  # fmt: skip
    """Measure time and memory from the start of a process to a drawn overview, in turn with the script."""
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    ours_small: list[float] = []
    _run_script(small), _first_page(browser, small)  # reads every file of the libraries once
    for _ in range(times):
        ours.append(_first_page(browser, large))
        theirs.append(_run_script(large))
        ours_small.append(_first_page(browser, small)[0])
    (a, m), (b, k) = (tuple(median(column) for column in zip(*runs, strict=True)) for runs in (ours, theirs))
    c = median(ours_small)
    name = f"`faultline open` on {many:,} rows and 10 columns (Parquet), from the start to a drawn Overview in Chromium"  # fmt: skip
    peer = "a script that writes scikit-learn's curves and plotly's figures of them to HTML, not drawn"
    runs = f"each {times} times in turn" if times > 1 else "one run each"
    yield Result(name, a, b, peer, "≤ +2 s", a - b <= 2, f"{a - b:+.1f} s", runs)
    yield Result("the same", a, c, f"the same with {few:,} rows", "≤ 1.5×", a / c <= 1.5, f"{a / c:.2f}×", runs)  # fmt: skip
    if not m or not k:
        print("(Memory is not measured: this system does not tell it in /proc.)", file=sys.stderr)
    else:
        note = f"{m / 1e6:,.0f} MB and {k / 1e6:,.0f} MB resident, with all child processes"
        yield Result("the same: peak memory", 0, 0, "the script", "≤ 1.3×", m / k <= 1.3, f"{m / k:.2f}×", note)  # fmt: skip


def _first_page(browser: Browser, path: Path) -> tuple[float, float]:
    """Return the seconds until the overview is drawn, and the most memory of the server."""
    with _peak() as peak:
        start = time.perf_counter()
        with _opened_page(browser, path) as (_, quiet):
            seconds = time.perf_counter() - start - quiet
            memory = peak()
    return seconds, memory


def _run_script(path: Path) -> tuple[float, float]:
    """Return the seconds of the plain script and its most memory."""
    with _peak() as peak:
        start = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-c", _SCRIPT, path, path.with_suffix(".html")])
        if code := process.wait():
            raise RuntimeError(f"the script ended with status {code}")
        return time.perf_counter() - start, peak()


@contextmanager
def _opened_page(browser: Browser, path: Path) -> Iterator[tuple[Page, float]]:
    """Serve a file and open its overview in a new session; yield the page and since when it has been drawn."""
    from docs.pictures import drawn
    from tests.chromium import FAULTLINE, PORT, serve

    command = [FAULTLINE, "open", str(path), "--y-true", "y_true", "--y-score", "y_score", "--headless", "--port", PORT]  # fmt: skip
    with serve(command, seconds=120) as url:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        try:
            page = context.new_page()
            page.goto(f"{url}/overview?data={path.name}", timeout=120_000)
            yield page, drawn(page, "Overview", needs=_COMPONENTS["Overview"])
        finally:
            context.close()


# ---- going from page to page


def _switched(browser: Browser, small: Path, large: Path, few: int, many: int) -> Iterator[Result]:
    """Measure every page at its first visit and the median of later ones, and what a drag sends."""
    with _opened_page(browser, small) as (page_small, _), _opened_page(browser, large) as (page_large, _):
        pages = {few: page_small, many: page_large}
        rounds = [_round(pages) for _ in range(1 + _TIMES)]
        sent, after = _drag(page_large)
    first, *more = rounds
    again = {n: {title: median(r[n][title] for r in more) for title in PAGES} for n in pages}
    for when, seconds in (("for the first time", first), ("once more", again)):
        ratios = {title: seconds[many][title] / seconds[few][title] for title in PAGES}
        a, b = (median(seconds[n].values()) for n in (many, few))
        note = "; ".join(f"{title} {_short(seconds[many][title])}, {ratio:.1f}×" for title, ratio in ratios.items())  # fmt: skip
        yield Result(f"a page of {many:,} rows opened {when}, median of {len(PAGES)} pages", a, b,
                     f"the same with {few:,} rows", "≤ 1.5×", a / b <= 1.5, f"{a / b:.2f}×", note)  # fmt: skip
    yield Result(f"threshold of {many:,} rows dragged, messages to the server in {_MOVES} moves", 0, 0,
                 f"{after} once the button was let go", "0", not sent, f"{sent}")  # fmt: skip


def _round(pages: dict[int, Page]) -> dict[int, dict[str, float]]:
    """Go through all pages, with few and with many rows in turn; return the seconds by rows and page."""
    seconds: dict[int, dict[str, float]] = {n: {} for n in pages}
    for title in PAGES:
        for n, page in pages.items():
            seconds[n][title] = _switch(page, title)
    return seconds


def _switch(page: Page, title: str) -> float:
    """Return the seconds from the click on a link to the drawn page."""
    from docs.pictures import drawn

    link = page.get_by_role("link", name=title, exact=True)
    link.hover()
    start = time.perf_counter()
    link.click(no_wait_after=True)
    quiet = drawn(page, title, needs=_COMPONENTS.get(title, ""))
    return time.perf_counter() - start - quiet


def _drag(page: Page) -> tuple[int, int]:
    """Drag the threshold over half its scale; return the messages sent while the button was down, and after."""
    from docs.pictures import drawn

    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    page.goto(page.url)  # a new connection, so that its messages are seen
    drawn(page, PAGES[-1])
    _switch(page, "Threshold")
    view = page.get_by_test_id("threshold-view")
    view.get_by_test_id("slider").scroll_into_view_if_needed()
    slider = view.get_by_test_id("slider").bounding_box()
    assert slider is not None
    x, y = slider["x"], slider["y"] + slider["height"] / 2
    before = view.inner_text()
    page.mouse.move(x + 0.2 * slider["width"], y)
    page.mouse.down()
    start, end = len(sent), 0
    try:
        for i in range(_MOVES):
            page.mouse.move(x + (0.2 + 0.5 * i / _MOVES) * slider["width"], y)
        page.wait_for_timeout(300)
        end = len(sent)
        if not start or view.inner_text() == before:
            raise RuntimeError("the drag moved nothing, or no connection was seen: its messages cannot be counted")  # fmt: skip
    finally:
        page.mouse.up()
    drawn(page, "Threshold", quiet=1.0)
    return end - start, len(sent) - end


def _short(seconds: float) -> str:
    """Write seconds or milliseconds."""
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"


# ---- memory


@contextmanager
def _peak() -> Iterator[Callable[[], float]]:
    """Yield a function that returns the most bytes resident at once in the processes started since; 0 where nothing tells."""
    known, stop = set(_children(os.getpid())), threading.Event()
    most = [0.0]

    def look() -> None:
        while not stop.is_set():
            most[0] = max(most[0], _now(known))
            stop.wait(0.02)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()

    def peak() -> float:
        return most[0]

    try:
        yield peak
    finally:
        stop.set()
        thread.join()


def _now(known: set[int]) -> float:
    """Add up what our new child processes and theirs hold; one process alone is read with its own highest mark."""
    todo = [pid for pid in _children(os.getpid()) if pid not in known]
    held, marks = 0.0, []
    while todo:
        pid = todo.pop()
        todo += _children(pid)
        resident, mark = _resident(pid)
        held += resident
        marks.append(mark)
    return max([held, *marks])


def _children(pid: int) -> list[int]:
    """List the children of a process; none once it has ended."""
    try:
        return [int(child) for task in (_PROC / str(pid) / "task").iterdir() for child in (task / "children").read_text().split()]  # fmt: skip
    except (FileNotFoundError, ProcessLookupError):
        return []


def _resident(pid: int) -> tuple[float, float]:
    """Return the bytes a process holds now, and the most it ever held."""
    try:
        lines = (_PROC / str(pid) / "status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0, 0.0
    found = {name: 1024.0 * int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines) if name in ("VmRSS", "VmHWM")}  # fmt: skip
    return found.get("VmRSS", 0.0), found.get("VmHWM", 0.0)
