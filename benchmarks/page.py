"""From a file to a drawn page in a real Chromium, beside a script that writes scikit-learn's curves to one HTML file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
    with TemporaryDirectory() as folder, _compiled(Path(folder) / "compiled"), chromium() as browser:
        paths = {n: Path(folder) / f"rows_{n}.parquet" for n in (few, many)}
        for n, path in paths.items():
            _write_rows(path, n)
        yield from _opened(browser, paths[few], paths[many], few, many, times=1 if quick else _TIMES)
        yield from _switched(browser, paths[few], paths[many], few, many)


@contextmanager
def _compiled(folder: Path) -> Iterator[None]:
    """Have Python keep compiled modules, as it does where it may write: an installed program is not compiled at every start."""
    wanted = {"PYTHONPYCACHEPREFIX": str(folder), "PYTHONDONTWRITEBYTECODE": ""}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


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


@dataclass(frozen=True)
class _Run:
    """What one run took: seconds by the clock, seconds of the processor (0 where nothing tells), most bytes held."""

    clock: float
    processor: float
    memory: float

    @classmethod
    def median(cls, runs: Sequence[_Run]) -> _Run:
        """Take the median of each."""
        return cls(*(median(getattr(run, name) for run in runs) for name in ("clock", "processor", "memory")))


def _opened(browser: Browser, small: Path, large: Path, few: int, many: int, *, times: int) -> Iterator[Result]:  # fmt: skip
    """Measure time and memory from the start of a process to a drawn overview, in turn with the script."""
    ours, theirs, ours_small = [], [], []
    _run_script(small), _first_page(browser, small)  # reads every file of the libraries once
    for _ in range(times):
        ours.append(_first_page(browser, large))
        theirs.append(_run_script(large))
        ours_small.append(_first_page(browser, small))
    a, b, c = _Run.median(ours), _Run.median(theirs), _Run.median(ours_small)
    name = f"`faultline open` on {many:,} rows and 10 columns (Parquet), from the start to a drawn Overview in Chromium"  # fmt: skip
    peer = "a script that writes scikit-learn's curves and plotly's figures of them to HTML, not drawn"
    runs = f"each {times} times in turn" if times > 1 else "one run each"
    yield from _compared(name, a.clock, b.clock, c.clock, peer, few, runs)
    if not all(run.processor and run.memory for run in (a, b, c)):
        print("(Memory and processor time are not measured: this system does not tell them in /proc.)", file=sys.stderr)  # fmt: skip
        return
    yield from _compared("the same: seconds of the processor, without Chromium's", a.processor, b.processor, c.processor, "the script", few, runs)  # fmt: skip
    note = f"{a.memory / 1e6:,.0f} MB and {b.memory / 1e6:,.0f} MB resident, with all child processes"
    ratio = a.memory / b.memory
    yield Result("the same: peak memory", 0, 0, "the script", "≤ 1.3×", ratio <= 1.3, f"{ratio:.2f}×", note)


def _compared(name: str, ours: float, script: float, ours_small: float, peer: str, few: int, runs: str) -> Iterator[Result]:  # fmt: skip
    """Set seconds beside those of the script, and beside our own with few rows."""
    more, ratio = ours - script, ours / ours_small
    yield Result(name, ours, script, peer, "≤ +2 s", more <= 2, f"{more:+.1f} s", runs)
    yield Result("the same", ours, ours_small, f"the same with {few:,} rows", "≤ 1.5×", ratio <= 1.5, f"{ratio:.2f}×", runs)  # fmt: skip


def _first_page(browser: Browser, path: Path) -> _Run:
    """Measure until the overview is drawn."""
    with _watched() as watched:
        start = time.perf_counter()
        with _opened_page(browser, path) as (_, quiet):
            return _Run(time.perf_counter() - start - quiet, watched.processor(), watched.peak)


def _run_script(path: Path) -> _Run:
    """Measure the plain script."""
    with _watched() as watched:
        start, before = time.perf_counter(), os.times()
        process = subprocess.Popen([sys.executable, "-c", _SCRIPT, path, path.with_suffix(".html")])
        if code := process.wait():
            raise RuntimeError(f"the script ended with status {code}")
        after = os.times()  # of children that have ended
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        return _Run(time.perf_counter() - start, spent, watched.peak)


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


# ---- memory and processor


class _Watched:
    """The processes started since, and what theirs started."""

    def __init__(self) -> None:
        self._known, self.peak = set(_children(os.getpid())), 0.0

    def look(self) -> None:
        """Add up what the processes hold; one process alone is read with its own highest mark."""
        read = [_resident(pid) for pid in self._pids()]
        self.peak = max([self.peak, sum(held for held, _ in read), *(mark for _, mark in read)])

    def processor(self) -> float:
        """Return the seconds that the processor spent on them so far; 0 where nothing tells."""
        return sum(map(_spent, self._pids()))

    def _pids(self) -> Iterator[int]:
        """List the processes."""
        todo = [pid for pid in _children(os.getpid()) if pid not in self._known]
        while todo:
            pid = todo.pop()
            todo += _children(pid)
            yield pid


@contextmanager
def _watched() -> Iterator[_Watched]:
    """Watch the processes that are started inside; what they hold stays 0 where nothing tells."""
    watched, stop = _Watched(), threading.Event()

    def look() -> None:
        while not stop.is_set():
            watched.look()
            stop.wait(0.02)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield watched
    finally:
        stop.set()
        thread.join()


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


def _spent(pid: int) -> float:
    """Return the seconds that the processor spent on a process."""
    try:
        fields = (
            (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        )  # the name may hold blanks
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
