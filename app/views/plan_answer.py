"""What a plan came to: the threshold and how sure it is, what it is worth, what it promises; or what stands in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import ceil, floor, isfinite, log10
from typing import Any, TypeGuard

import streamlit as st

import metrics_core as mc
from app import numbers, state
from app.components.metric_cards import metric_cards
from app.views import plan_words
from app.views.answer_cards import cards_of
from app.views.findings import findings
from app.views.gate import Shown
from app.views.plan_form import carry_out
from app.views.worth import (
    is_within,
    worth_cells,
    worth_table,
)
from metrics_core.decisions.constraints import Constraint
from metrics_core.decisions.record import Decision
from metrics_core.thresholds import ThresholdTable

_TITLE = "What to know before you run it"
#: Findings that stand on the page in other words: the promises below the table, and the rows of the page's own warning.
_SAID = ("W9", "not-promised", "not-certified")


def answer_cards(
    shown: Shown, answer: state.Answer, table: ThresholdTable, ledger: state.Ledger | None
) -> None:
    """Draw the threshold, its objective and what it flags as cards, and below them the table of what it is worth.

    Parameters
    ----------
    shown : Shown
        The rows it was chosen on.
    answer : Answer
        With a threshold.
    table : ThresholdTable
        Of these rows: the range of the thresholds.
    ledger : Ledger, optional
        What happened to the threshold so far; one that is locked has the decision with what was reported.
    """
    decision = ledger.decision if ledger is not None and ledger.locked else answer.decision
    least, most = float(table.threshold[0]), float(table.threshold[-1])
    metric_cards(cards_of(decision, least, most), key=f"answer.cards.{shown.predictions.name}")
    worth_table(decision)
    _read_the_table(decision)
    for line in promise_lines(decision):
        st.markdown(line)
    findings(_known(answer, decision, ledger), title=_TITLE)


def promise_lines(decision: Decision) -> list[str]:
    """Write a line for each promise (Markdown): kept by this threshold or not, and why."""
    lines = []
    for c in decision.certificates:
        words = f"**{plan_words.promise(str(c['promise']))}**"
        if not c.get("holds"):
            lines.append(f":orange[:material/block:] {words} {numbers.plain(c.get('reason'))}.")
        elif c.get("covers_threshold"):
            rests = f"{numbers.count(float(c['n']))} {numbers.plain(c['rests_on'])}"
            sure = state.percentage(float(c["confidence"]))
            lines.append(f":blue[:material/verified:] {words} is promised of this threshold with {sure} confidence, from {rests}; {numbers.plain(c['sentence'])}.")  # fmt: skip
        else:
            at = numbers.threshold(float(c["threshold"]))
            lines.append(f":orange[:material/block:] {words} is promised at {at}, not at this threshold. :gray[Switch on ‘only cuts that keep them’ in the plan to choose among such cuts.]")  # fmt: skip
    return lines


def obstacle(decision: Decision) -> str:
    """Say in a sentence what stands in the way of any threshold."""
    stuck = decision.infeasible or {}
    blocking = [plan_words.limit(text) for text in stuck.get("blocking") or ()]
    if not blocking:
        return numbers.plain(str(stuck.get("reason", ""))) + "."
    if len(blocking) == 1:
        return f"{_capital(blocking[0])} is in the way."
    return f"{_capital(', '.join(blocking[:-1]))} and {blocking[-1]} stand in each other’s way."


def infeasible(shown: Shown, predictions: mc.Predictions, answer: state.Answer) -> None:
    """Say what stands in the way, how close each limit comes, and offer to relax it to that.

    Parameters
    ----------
    shown : Shown
    predictions : Predictions
        All rows.
    answer : Answer
        Without a threshold.
    """
    stuck = answer.decision.infeasible or {}
    blocking = list(stuck.get("blocking") or [])
    st.markdown(f":red[:material/block:] **No threshold keeps to all of this.** {obstacle(answer.decision)}")
    for i, text in enumerate(blocking):
        near = stuck["nearest"].get(text) or {}
        relaxed, reachable = relaxation(answer.plan, text, near)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"{_capital(plan_words.limit(text))}: {how_close(text, near)}", width="content")
            if relaxed is not None and st.button(f"Relax to {reachable}", key=f"answer.relax.{i}", icon=":material/tune:",
                                                 help="Change this limit in the plan and find the threshold again"):  # fmt: skip
                state.desk(predictions, shown.model.name).change(relaxed)
                with st.spinner("Trying every threshold again …"):
                    carry_out(predictions, shown.model.name)
                st.rerun()


# ------------------------------------------------------------------------------------------------ words


def _read_the_table(d: Decision) -> None:
    """Say what the columns of the table are, and what they leave out."""
    honest, span = d.honest or {}, d.interval or {}
    said = []
    if honest.get("value") is not None:
        said.append(f"Honest: the same plan carried out on parts of these rows and counted on the others, {honest.get('folds', 5)} folds, {honest.get('repeats', 20)} times.")  # fmt: skip
    elif honest.get("reason"):
        said.append(f"There is no honest value: {numbers.plain(honest['reason'])}.")
    said.append("95% intervals in brackets.")
    if d.prevalence is not None:
        said.append(f"The objective and the limits are those at {numbers.share(d.prevalence)} positives, all other numbers those of the rows.")  # fmt: skip
    if span.get("low") is None and span.get("reason"):
        said.append(f"Where the threshold may lie is not known: {numbers.plain(span['reason'])}.")
    if span.get("note"):
        said.append(f"In the redraws: {numbers.plain(span['note'])}.")
    st.caption(" ".join(said))


def _known(answer: state.Answer, d: Decision, ledger: state.Ledger | None) -> list[mc.Finding]:
    """List what to know before it is run, in the words of the page."""
    found = [f for f in d.findings if f.id not in _SAID]
    if d.reported is not None:
        found = [*_broken(d), *found]
    else:
        found.insert(0, _same_rows(answer, locked=ledger is not None and ledger.locked))
    if ledger is not None and ledger.seen is not None:
        scored = sum(event.what == "scored" for event in ledger.events)
        if d.reported is None or scored > 1:
            found.insert(0, _seen(ledger.seen))
    return found


def _seen(event: state.Event) -> mc.Finding:
    """Warn that the rows kept back have been looked at."""
    at = plan_words.moment(event.at)
    when = (
        f"were seen at {at}" if event.what == "scored" else f"had been seen when a record was opened at {at}"
    )
    return mc.Finding("seen", "warning", f"The rows kept back {when}. Whatever is chosen since then is no longer proven by them.", "Bring new rows for a proof.")  # fmt: skip


def _broken(d: Decision) -> list[mc.Finding]:
    """Name the limits that do not hold on the rows reported on."""
    cells, on = worth_cells(d)[f"On {d.reported_on}"], f"‘{d.reported_on}’"
    limits = cells.iloc[1 : 1 + len(d.constraints)]
    return [
        mc.Finding("broken", "warning", f"{head} does not hold on {on}: it is {cell.value} there{f', 95% interval {cell.span}' if cell.span else ''}.", "Leave more room to the limit when you choose on other rows.")
        for head, cell in limits.items() if cell.broken
    ]  # fmt: skip


def _same_rows(answer: state.Answer, *, locked: bool) -> mc.Finding:
    """Warn that the threshold was chosen and is judged on the same rows."""
    corrected = (answer.decision.honest or {}).get("value") is not None
    rather = "read the honest one" if corrected else "expect less on new rows"
    text = f"The threshold was chosen and is judged on the same rows, so its value where it was chosen is too good: {rather}."  # fmt: skip
    kept = answer.plan.report_on
    if kept is not None:
        how = f"{'Score' if locked else 'Lock it, then score'} it once on ‘{kept}’."
    elif answer.decision.roles.get("split"):
        how = "Choose on one split in the plan and keep another back."
    else:
        how = "Bring rows that were not chosen on, with a split column, and keep them back."
    return mc.Finding("same-rows", "warning", text, how)


# ------------------------------------------------------------------------------------------------ in the way


def how_close(text: str, near: Mapping[str, Any]) -> str:
    """Say how close a limit comes, beside the others and alone."""
    beside, alone = near.get("beside_value"), near.get("value")
    if text.startswith("promise "):
        return "no cut that keeps the other limits is certified" if near.get("holds") else "no cut is certified"  # fmt: skip
    if _is_number(beside):
        return f"beside the other limits the nearest is {_written(text, beside)}"
    if _is_number(alone) and not near.get("holds"):
        return f"at no threshold; the nearest is {_written(text, alone)}"
    if _is_number(alone):
        return "it can be met alone, but no cut keeps all other limits"
    return "it is undefined at every threshold"


def relaxation(plan: state.Plan, text: str, near: Mapping[str, Any]) -> tuple[state.Plan | None, str]:
    """Return the plan with this limit at the nearest value that can be reached, and that value in words."""
    if text.startswith("promise "):
        return replace(plan, keep_promises=False), "any cut"
    beside, alone = near.get("beside_value"), near.get("value")
    value = beside if _is_number(beside) else alone
    amount, _, per = text.partition(" per ")
    limit = Constraint.read(amount)
    if not _is_number(value) or is_within(limit, value):
        return None, ""
    number = _lenient(value, limit.sign[0] == ">", counted=limit.key == "flagged")
    for i, one in enumerate(plan.limits):
        if not per and Constraint.read(one.text).text == text:
            limits = list(plan.limits)
            limits[i] = state.Limit(one.key, ">=" if limit.sign[0] == ">" else "<=", number)
            return replace(plan, limits=tuple(limits)), plan_words.limit(limits[i].text)
    if plan.capacity is not None:
        wanted = replace(plan, capacity=number if limit.key == "flagged" else state.percentage(float(number)))  # fmt: skip
        return wanted, plan_words.capacity(wanted)
    return None, ""


def _lenient(value: float, least: bool, *, counted: bool) -> str:
    """Write a value in three digits, rounded so that it can still be reached.

    Examples
    --------
    >>> _lenient(0.15789, True, counted=False), _lenient(0.15789, False, counted=False), _lenient(203.4, False, counted=True)
    ('0.157', '0.158', '204')
    """
    towards = floor if least else ceil
    if counted or value == 0:
        return str(towards(value))
    scale = 10.0 ** (2 - floor(log10(abs(value))))
    return f"{towards(value * scale) / scale:.6g}"


def _written(text: str, value: float) -> str:
    """Write what a constraint limits."""
    key = Constraint.read(text.partition(" per ")[0]).key
    return numbers.count(value) if key == "flagged" else numbers.by_unit(value, plan_words.unit_of(key))


def _is_number(value: object) -> TypeGuard[float]:
    """Whether there is a finite number; records write None for NaN."""
    return isinstance(value, int | float) and isfinite(value)


def _capital(text: str) -> str:
    """Begin with a capital letter."""
    return text[:1].upper() + text[1:]
