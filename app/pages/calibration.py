"""Calibration: can the scores be read as probabilities."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
import streamlit as st

from app import numbers, state
from app.charts import layout
from app.charts.histogram import uneven
from app.charts.reliability import Diagram, Zoom, beyond, clicked_bin, edges_text, reliability_figure
from app.components.metric_cards import metric_cards
from app.palette import palette
from app.views import gate
from app.views.calibration_cards import apart, calibration_cards, fine
from app.views.calibration_classes import class_calibration
from app.views.calibration_models import Binning, Judged, bins_of, brier_of, judged_models, off, pattern
from app.views.calibration_rows import all_scores_again, bin_chooser, reachable, to_the_rows
from app.views.figure_files import figure_files
from metrics_core.calibration import Chance, Reliability, Strategy
from metrics_core.curves import histogram

_QUESTION = "Can the scores be read as probabilities?"
_STRATEGIES: dict[Strategy, str] = {"width": "Equal width", "mass": "Equal rows", "odds": "Equal log-odds"}
_ZOOMS: dict[Zoom, str] = {"full": "0 to 1", "scores": "Where the scores are"}
_BINS = (5, 10, 15, 20, 30, 50)
# Models beside the current one at first, and at most: their colours and symbols stay apart.
_BESIDE, _MOST = 2, 5
# Of rows in one bin of equal width, the share above which other bins and another scale show more.
_CROWDED = 0.8
_LONGEST = 28
_BEYOND = "What lies beyond the axes, such as 0%, is drawn on their edge."
_PATTERNS = {
    "timid": " Low scores are too high and high ones too low: the model knows more than it says.",
    "bold": " Low scores are too low and high ones too high: the model says more than it knows.",
}


def words(shown: gate.Shown) -> tuple[str, str, tuple[str, str]]:
    """Name the score, the share it is compared with, and the rows inside and outside of that share."""
    if shown.many:
        return "Probability of the predicted class", "Share predicted right", ("right", "wrong")
    if shown.label:
        name = shown.label if len(shown.label) <= _LONGEST else f"{shown.label[: _LONGEST - 1]}…"
        return f"Probability of class {name}", f"Share of class {name}", ("of the class", "of the rest")
    return "Score", "Share of positives", ("positive", "negative")


def nothing_to_judge(shown: gate.Shown) -> None:
    """Say what is missing, or why these scores say nothing about calibration, and offer the way on."""
    tally = shown.of_model.tally
    if tally is None:
        of = f" of class ‘{numbers.plain(shown.label)}’" if shown.label else ""
        what = "There are no probabilities" if shown.many or shown.label else "This model has no score"
        title = f"{what}{of}"
        about = "Calibration compares what a model says with what happens. Name the columns of its probabilities on the Data page."
        label = "Choose probability columns" if shown.many or shown.label else "Choose a score column"
    else:
        title = "These scores are not probabilities"
        low, high = float(tally.score[0]), float(tally.score[-1])
        about = (
            f"They run from {low:.4g} to {high:.4g}, so a score of 0.2 does not say that a fifth of such rows is positive. "
            "If they are log-odds or percentages, say so on the Data page, and they are turned into probabilities. "
            "How well they rank needs no probabilities: the Curves page shows that."
        )
        label = "Say what the scores are"
    with st.container(border=True):
        st.subheader(title, anchor=False)
        st.caption(about)
        with st.container(horizontal=True, gap="small"):
            if st.button(label, type="primary", key="calibration.roles", icon=":material/table_view:"):
                st.switch_page("pages/data.py", query_params=state.link())
            if tally is not None and st.button("Look at the curves", key="calibration.curves", icon=":material/show_chart:"):  # fmt: skip
                st.switch_page("pages/curves.py", query_params=state.link())


# ------------------------------------------------------------------------------------------------ what is chosen


def follows(key: str, guess: object) -> Callable[[], None]:
    """Let a control hold what fits the data until somebody chooses; return the callback that remembers the choice."""

    def remember() -> None:
        state.preset(f"{key}.chosen", state.chosen(key))

    state.preset(key, state.chosen(f"{key}.chosen", guess))
    return remember


def beside(judged: Sequence[Judged], current: str) -> list[Judged]:
    """Choose the models that are drawn: the current one and those beside it."""
    others = [one.name for one in judged if one.name != current]
    if not others:
        return list(judged)
    key = "calibration.models"
    if not set(state.chosen(f"{key}.chosen") or ()).issubset(others):
        state.drop(f"{key}.chosen")  # other data, or one of them became the current model
    chosen = st.multiselect(
        "Beside it", others, key=key, on_change=follows(key, others[:_BESIDE]), max_selections=_MOST, placeholder="Other models",
        format_func=str, width=280, select_all=False,
    )  # fmt: skip
    return [one for one in judged if one.name == current or one.name in chosen]


def controls(
    lead: Judged, judged: Sequence[Judged], current: str
) -> tuple[list[Judged], Binning, Zoom, bool]:
    """Draw the choices: models, bins, scale and the axis of the counts."""
    equal = histogram(lead.tally, bins=15)
    counts = equal.pos + equal.neg
    crowded = bool(counts.max() > _CROWDED * counts.sum())
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        drawn = beside(judged, current)
        strategy = st.segmented_control("Bins of", _STRATEGIES, key="calibration.strategy", required=True, format_func=_STRATEGIES.__getitem__,
                                        on_change=follows("calibration.strategy", "odds" if crowded else "width"))  # fmt: skip
        n = st.selectbox("How many", _BINS, key="calibration.bins", on_change=follows("calibration.bins", 15), width=95)  # fmt: skip
        zoom = st.segmented_control("Axes", _ZOOMS, key="calibration.zoom", required=True, format_func=_ZOOMS.__getitem__,
                                    on_change=follows("calibration.zoom", "scores" if crowded else "full"))  # fmt: skip
        log = st.toggle(
            "Log counts", key="calibration.log", on_change=follows("calibration.log", uneven(counts))
        )
    return drawn, Binning(strategy or "width", n), zoom or "full", log


# ------------------------------------------------------------------------------------------------ what is shown


def in_words(shown: gate.Shown, lead: Judged, bins: Reliability, chance: Chance) -> None:
    """Say what the diagram shows."""
    score, hits = "probabilities" if shown.many or shown.label else "scores", words(shown)[2][0]
    mean, rate = apart(bins.mean, bins.prevalence)
    whole = {"over-confident": "**too high**", "under-confident": "**too low**", "none": "neither too high nor too low"}  # fmt: skip
    said = [f"On the whole the {score} are {whole[bins.direction]}: {mean} on average, and {rate} of the rows are {hits}."]  # fmt: skip
    said.append(where_it_is_off(bins, score, hits))
    said.append(
        f"The calibration error of these bins is **{fine(bins.ece)}**. If every score were right, chance alone would give {fine(chance.mean)} "
        f"on average and up to {fine(chance.high)} in 95 of 100 samples; {reached(chance)}."
    )
    for text in said:
        st.markdown(text)
    if not shown.many:
        parts, by_chance = brier_of(shown, lead)
        st.caption(
            f"Brier score {fine(parts.brier)} = miscalibration {fine(parts.mcb)} − discrimination {fine(parts.dsc)} + uncertainty {fine(parts.unc)}. "
            f"Chance alone gives a miscalibration of {fine(by_chance.mean)}; {reached(by_chance)}."
        )


def where_it_is_off(bins: Reliability, score: str, hits: str) -> str:
    """Say which bins contradict the scores, and which of them most."""
    away, held = off(bins), int((bins.rows > 0).sum())
    if not away:
        return "In every bin the mean score lies inside the 95% interval of what happened."
    i = away[0]
    low, high = edges_text(bins)[i]
    says, happened = apart(float(bins.mean_score[i]), float(bins.rate[i]))
    n, part = (numbers.count(round(float(x[i]), 1)) for x in (bins.rows, bins.positives))
    return (
        f"In **{len(away)} of {held} bins** the mean score lies outside the 95% interval of what happened; right {score} would do so in about one of twenty."
        f"{_PATTERNS.get(pattern(bins), '')} Farthest off, counted in rows: {low} to {high}, where the {score} say {says} and **{happened}** were {hits} ({part} of {n})."
    )


def reached(chance: Chance) -> str:
    """Say how often chance alone gives as much."""
    n = round(chance.share * chance.draws)
    return f"{'none' if n == 0 else numbers.count(n)} of {numbers.count(chance.draws)} draws reached what is seen here"


def about_the_bars(shown: gate.Shown) -> str:
    """Say what the bars are and what they allow for."""
    group = shown.predictions.roles.group
    text = "Bars: the 95% interval of the share in each bin (Wilson)."
    if group:
        text += f" They allow for rows with the same {numbers.plain(group)} belonging together; the draws of perfect calibration do not, so chance may do more than is said."
    return text


def bins_table(drawn: Sequence[Diagram]) -> pa.Table:
    """Return the bins of every model drawn, those without rows too."""
    parts = []
    for one in drawn:
        frame = one.bins.frame()
        columns = {name: pa.array(frame[name].to_numpy(), from_pandas=True) for name in frame}  # NaN is empty
        parts.append(pa.table({"model": pa.array([one.name] * len(frame)), **columns}))
    return pa.concat_tables(parts)


def numbers_behind(shown: gate.Shown, drawn: Sequence[Diagram]) -> None:
    table, weighted = bins_table(drawn), shown.predictions.roles.weight is not None
    column = st.column_config.Column
    config = {
        "model": column("Model") if len(drawn) > 1 else None,
        "low": column("Score above"),
        "high": column("Up to"),
        "rows": column("Weight" if weighted else "Rows"),
        "positives": column("Right" if shown.many else "Positives"),
        "effective_rows": column("Effective rows", help="Independent rows of equal weight that tell as much") if weighted or shown.predictions.roles.group else None,
        "mean_score": column("Mean score"),
        "rate": column("Share"),
        "rate_low": column("95% from"),
        "rate_high": column("95% to"),
    }  # fmt: skip
    figure_files(shown, "calibration.diagram", "Calibration", table, key="calibration.csv")
    with st.expander("The numbers behind the figure", icon=":material/table_rows:"):
        st.dataframe(
            table, hide_index=True, height=280, column_config=config, alt="Bins of the reliability diagram"
        )
        st.caption("A bin holds its upper end and not its lower one; the first holds both. A bin without rows has no mean.")  # fmt: skip


def diagram_card(shown: gate.Shown, judged: Sequence[Judged]) -> None:
    current = next((one for one in judged if one.name == shown.model.name), None)
    lead = current or judged[0]
    score, share, hits = words(shown)
    with st.container(border=True):
        st.subheader("Reliability diagram", anchor=False)
        near = "Of the decisions made with a probability" if shown.many else f"Of the rows with a {'probability' if shown.label else 'score'}"  # fmt: skip
        st.caption(
            f"{near} near {0.8 if shown.many else 0.2}, are about {80 if shown.many else 20}% {hits[0]}?"
        )
        chosen, binning, zoom, log = controls(lead, judged, lead.name)
        found = {one.name: bins_of(shown, one, binning) for one in chosen}
        drawn = [Diagram(one.name, one.order, found[one.name][0], one.tally, f"ECE {fine(found[one.name][0].ece)}") for one in chosen]  # fmt: skip
        parts = st.grid(3, min_column_width=300, gap=("small", "medium"))
        with parts.cell(column_span=2):
            figure = reliability_figure(
                drawn, lead.name, palette(state.scheme()), zoom=zoom, log_counts=log, x=score, y=share, hits=hits,
                unit="weight" if shown.predictions.roles.weight else "rows",
            )  # fmt: skip
            event = st.plotly_chart(
                figure, theme=None, key="calibration.diagram", on_select="rerun", selection_mode="points", config=dict(layout.CONFIG),
                alt=f"Reliability diagram of {', '.join(one.name for one in drawn)}: {share.lower()} by {score.lower()}, over a histogram",
            )  # fmt: skip
        with parts.cell():
            in_words(shown, lead, *found[lead.name])
            asked = None
            if reachable(shown, lead):
                of_lead = next(one for one in drawn if one.name == lead.name)
                i = bin_chooser(shown, of_lead, key="calibration", hits=hits[0])
                asked = None if i is None else (lead.name, i)
        asked = asked or clicked_bin(event)
        if asked is not None:
            open_rows(shown, chosen, found, *asked)
        st.caption(
            " ".join(
                filter(
                    None,
                    [
                        about_the_bars(shown),
                        about_clicks(shown, lead),
                        _BEYOND if beyond(drawn, zoom) else "",
                    ],
                )
            )
        )
        numbers_behind(shown, drawn)


def open_rows(
    shown: gate.Shown,
    chosen: Sequence[Judged],
    found: Mapping[str, tuple[Reliability, Chance]],
    name: str,
    i: int,
) -> None:
    """Go to the rows of a bin; a click on a figure that has changed since goes nowhere."""
    one = next((one for one in chosen if one.name == name), None)
    if one is not None and i < found[name][0].rows.size and reachable(shown, one):
        to_the_rows(shown, one, found[name][0], i)


def about_clicks(shown: gate.Shown, lead: Judged) -> str:
    """Say where a click on a point leads."""
    if reachable(shown, lead):
        return "Click a point to see its rows."
    if shown.many:
        return "To see the rows of a bin, choose a class."
    return "The column of the scores does not hold plain numbers, so no filter leads to the rows of a bin."


def classes_card(shown: gate.Shown) -> None:
    with st.container(border=True, gap="small"):
        st.subheader("Each class against the rest", anchor=False)
        st.caption(
            "Which class gets probabilities that are too high or too low? Click a row to look at that class."
        )
        class_calibration(shown, key="calibration.classes")


def page() -> None:
    shown = gate.require("Calibration", _QUESTION)
    judged = judged_models(shown)
    current = next((one for one in judged if one.name == shown.model.name), None)
    all_scores_again(shown, judged)
    if current is None:
        nothing_to_judge(shown)
    else:
        metric_cards(calibration_cards(shown, current), key=f"calibration.cards.{shown.predictions.name}.{shown.label}")  # fmt: skip
    if judged:
        diagram_card(shown, judged)
    if shown.many and current is not None:
        classes_card(shown)
    without = [
        numbers.plain(m.model) for m in shown.evaluation.models if m.model not in {one.name for one in judged}
    ]
    if judged and without:
        st.caption(f"No probabilities, so not drawn: {', '.join(without)}.")


page()
