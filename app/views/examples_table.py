"""One page of examples as a table, with the controls that choose order, columns and page."""

from __future__ import annotations

from functools import partial
from typing import Any

import pyarrow as pa
import streamlit as st

from app import numbers, state
from app.charts import layout
from app.palette import Palette
from app.state.annotations import Annotated
from app.views.disagreeing import orders_of
from app.views.example_cells import MISSING, for_the_browser, has_tiny
from app.views.example_columns import (
    OUTCOME_OF_A_ROW,
    WRITTEN,
    Content,
    ExampleColumn,
    example_columns,
    example_table,
)
from app.views.gate import Shown
from app.views.looked_at import PAGE, TABLE, TICKING, TICKS, Examples, heading, picked
from app.views.pictures import home_of, in_a_table, picture_columns
from app.views.row_orders import (
    RowOrder,
    by_column,
    column_of,
    column_orders,
    read_order,
    write_order,
)
from metrics_core.cases import OUTCOMES, BinaryCases, ClassCases
from metrics_core.errors import did_you_mean

SIZES = (25, 50, 100)
_FIRST_COLUMNS = 18  # shown before somebody chooses
_ROW_HEIGHT, _ROWS_IN_SIGHT = 35, 14
_PICTURE_HEIGHT, _PICTURES_IN_SIGHT = 56, 9
_TEXT_WIDTH, _LINK_WIDTH, _LETTER = 320, 160, 7
_PROBABILITIES = ("score", "of_decision", "of_truth")
#: Which order a computed column stands for; the first one that these rows have.
_ORDER_OF: dict[Content, tuple[str, ...]] = {
    "row": ("file",),
    "outcome": ("confident", "wrong"),
    "predicted": ("confident", "wrong"),
    "residual": ("signed",),
    "score": ("score",),
    "loss": ("loss", "confident"),
    "of_decision": ("sure",),
    "of_truth": ("loss",),
}


def order_controls(shown: Shown) -> tuple[RowOrder, bool]:
    """Choose the order and which end of it stands first; stands in a horizontal container.

    A link that names an order these rows do not have gets the usual one, and a line that says so.
    """
    named = orders_of(shown)
    by_key = {order.key: order for order in (*named, *column_orders(shown.predictions.source))}
    key, turned = read_order(state.view().order)
    order = by_key.get(key, named[0])
    if key not in by_key:
        turned = False

    def chosen() -> None:
        pressed = bool(state.chosen("examples.turned"))
        same = state.chosen("examples.order") == order.key
        # another order begins with its usual end
        _change_order(state.chosen("examples.order"), pressed and (same or not turned), named[0].key)

    state.preset("examples.order", order.key)
    state.preset("examples.turned", turned)
    st.selectbox("Order by", list(by_key), key="examples.order", width=230, on_change=chosen, help=numbers.plain(order.about),
                 format_func=lambda k: by_key[k].label if by_key[k].column is None else f"{by_key[k].label} (column)")  # fmt: skip
    st.segmented_control("Show first", (False, True), key="examples.turned", required=True, on_change=chosen,
                         format_func=lambda t: order.last if t else order.first)  # fmt: skip
    return order, turned


def no_such_order(shown: Shown) -> str:
    """Say that a link names an order these rows do not have; empty when they have it."""
    key, _ = read_order(state.view().order)
    if not key:
        return ""
    named = [order.key for order in orders_of(shown)]
    columns = {order.key: order.label for order in column_orders(shown.predictions.source)}
    if key in named or key in columns:
        return ""
    column = column_of(key)
    if column is None:
        said = f"These rows have no order {key!r}, so they stand in the usual one. {did_you_mean(key, named)}"
    else:
        said = f"There is no column {column!r} to order by, so the rows stand in the usual order. {did_you_mean(column, list(columns.values()))}"
    return numbers.plain(said)


def column_controls(shown: Shown, order: RowOrder, annotated: Annotated) -> tuple[ExampleColumn, ...]:
    """Choose the columns; stands in a horizontal container. The column that orders the rows is among them in any case.

    What people wrote has columns once there is something; from then on they can be chosen like the others.
    """
    key = ".".join(["examples.columns", shown.predictions.name, shown.model.name, *_kind(shown)])
    known: tuple[Content, ...] = state.chosen(f"{key}.written") or ()
    written = tuple(content for content in WRITTEN if content in known or _is_there(content, annotated))
    every = example_columns(
        shown.predictions, shown.model, picture_columns(shown.predictions.source), written
    )
    own = shown.model.y_pred if shown.threshold is None else None  # the column Predicted says the same
    usual = [c.name for c in every if c.content != "proba" and (c.source is None or c.source != own or c.content == "predicted")]  # fmt: skip
    before = state.chosen(key)
    if before is not None:  # put new ones where they stand among the others
        new = {c.name for c in every if c.content in written and c.content not in known}
        if new:
            state.preset(key, [*before[:1], *(c.name for c in every if c.name in new), *before[1:]])
    state.preset(f"{key}.written", written)
    with st.popover("Columns", icon=":material/view_column:", key="examples.choose_columns"):
        names = st.multiselect(
            "Columns shown, in this order",
            [c.name for c in every],
            default=usual[:_FIRST_COLUMNS] if state.chosen(key) is None else None,
            key=key,
            persist_state="session",
            format_func=str,
            width=420,
            help="Type to search. The download has these columns too.",
        )
        if len(every) > len(names):
            st.caption(
                f"{numbers.count(len(names))} of {numbers.count(len(every))}; the row beside the table shows all."
            )
    by_name = {c.name: c for c in every}
    chosen = [by_name[n] for n in names if n in by_name] or [every[0]]
    if order.column is not None and order.column not in {c.source for c in chosen}:
        chosen += [c for c in every if c.source == order.column]
    return tuple(chosen)


def _is_there(content: Content, annotated: Annotated) -> bool:
    """Tell whether something of a kind is written about any row."""
    rows = annotated.at.values()
    if content == "tags":
        return any(noted.tags for noted in rows)
    return any(noted.notes for noted in rows) if content == "note" else any(noted.assigned for noted in rows)


def page_size() -> int:
    """Choose how many rows a page has."""
    return int(st.selectbox("Rows a page", SIZES, key="examples.size", width=90, persist_state="session"))


def table(shown: Shown, examples: Examples, palette: Palette, annotated: Annotated) -> None:
    """Draw the page's rows; the one that is clicked, or reached with the arrow keys, is looked at.

    In the place of that rows get ticks while somebody wants it.
    """
    predictions, model, threshold = shown.predictions, shown.model.name, shown.threshold
    part = examples.chosen[examples.start : examples.stop]

    def draw() -> tuple[pa.Table, tuple[Content, ...]]:
        cells = example_table(predictions, shown.of_model.cases, threshold, part, examples.columns, annotated)
        pictures = any(column.content == "picture" for column in examples.columns)
        home = home_of(state.view().data) if pictures else None
        return for_the_browser(cells, examples.columns, partial(in_a_table, home=home))

    drawn, contents = state.kept(
        f"drawn|{state.identity(predictions)}|{model}|{state.view().where}|{threshold!r}|{examples.columns!r}|{annotated.version}|{shown.of_model.cases.rows[part].tobytes().hex()}",
        draw,
    )
    pictures = "picture" in contents
    height, in_sight = (_PICTURE_HEIGHT, _PICTURES_IN_SIGHT) if pictures else (_ROW_HEIGHT, _ROWS_IN_SIGHT)
    ticking = bool(state.chosen(TICKING))
    # With ticks the table loses every first click into a cell, so without them it is another one.
    st.dataframe(
        drawn,
        key=str(state.chosen(TICKS)) if ticking else TABLE,
        hide_index=True,
        height=height * min(part.size, in_sight) + _ROW_HEIGHT + 3,
        row_height=height,
        on_select=examples.tick if ticking else partial(_picked, shown, examples),
        selection_mode=["multi-row"] if ticking else ["single-row-required", "single-cell", "single-column"],
        column_config=_config(
            examples, drawn, contents, shown, palette, [tag.name for tag in annotated.every.tags.values()]
        ),
        placeholder=MISSING,
        alt="Rows of the selection",
    )


def pager(examples: Examples) -> None:
    """Turn the pages: to both ends, one on and back, or to a number."""
    pages = -(-examples.chosen.size // examples.size)
    if pages < 2:
        return
    page = examples.start // examples.size + 1
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="center", gap="small"
    ):
        _turn(examples, "First", "first_page", 1, disabled=page == 1)
        _turn(examples, "Back", "chevron_left", page - 1, disabled=page == 1)
        st.caption("Page", width="content")
        st.number_input("Page", 1, pages, key=PAGE, width=100, label_visibility="collapsed",
                        on_change=lambda: examples.turn(int(state.chosen(PAGE) or 1)))  # fmt: skip
        st.caption(f"of {numbers.count(pages)}", width="content")
        _turn(examples, "Forward", "chevron_right", page + 1, disabled=page == pages)
        _turn(examples, "Last", "last_page", pages, disabled=page == pages)


def range_line(examples: Examples, what: str) -> str:
    """Say which of the selected rows the page shows: ``Showing 1–25 of 153 false negatives``."""
    return f"Showing **{numbers.count(examples.start + 1)}–{numbers.count(examples.stop)}** of **{numbers.count(examples.chosen.size)}** {what}"


def _picked(shown: Shown, examples: Examples) -> None:
    """Look at the row that was clicked; a click on a heading orders all rows by its column."""
    name = heading()
    if name is not None:
        _order_by(shown, examples, name)
        return
    row, column = picked()
    examples.look(examples.start + row, column)


def _order_by(shown: Shown, examples: Examples, name: str) -> None:
    """Order by a column of the table, or turn its order round; then the first row is looked at."""
    key = order_of(shown, next(column for column in examples.columns if column.name == name))
    if key is None:
        examples.look(examples.at, name)  # takes the mark off the heading
        return
    usual = orders_of(shown)[0].key
    _change_order(key, key == examples.order.key and not examples.turned, usual)


def order_of(shown: Shown, column: ExampleColumn) -> str | None:
    """Return the key of the order a column of the table stands for; None when its cells have none."""
    if column.source is not None and column.content not in ("score", "picture"):
        return by_column(shown.predictions.source, column.source)
    named = {order.key for order in orders_of(shown)}
    return next((key for key in _ORDER_OF.get(column.content, ()) if key in named), None)


def _change_order(key: str, turned: bool, usual: str) -> None:
    """Write the order to the view."""
    state.change(order=write_order(key, turned, usual))


def _turn(examples: Examples, label: str, icon: str, page: int, *, disabled: bool) -> None:
    """Draw a button that turns to a page."""
    st.button(label, icon=f":material/{icon}:", icon_position="right" if label in ("Forward", "Last") else "left",
              key=f"examples.{label.lower()}", type="tertiary", disabled=disabled, on_click=examples.turn, args=(page,))  # fmt: skip


def _kind(shown: Shown) -> tuple[str, ...]:
    """Tell apart the columns of all classes and of one against the rest; nothing for two classes."""
    if shown.predictions.roles.task != "binary":
        return ("classes",)
    return (state.view().label,) if state.view().label else ()


def _config(
    examples: Examples,
    drawn: pa.Table,
    contents: tuple[Content, ...],
    shown: Shown,
    palette: Palette,
    tags: list[str],
) -> dict[str, Any]:
    """Say how each column is drawn; the one that orders the rows carries an arrow."""
    c = st.column_config
    judged = (
        _config_of_two(shown, palette)
        if isinstance(shown.of_model.cases, BinaryCases)
        else _config_of_many(palette, shown.predictions.labels)
        if isinstance(shown.of_model.cases, ClassCases)
        else {
            "residual": c.NumberColumn(
                format="%.4g", width=90, help="Prediction minus truth: above 0 the prediction was too high"
            )
        }
    )
    by_content = judged | {
        "row": c.NumberColumn(format="localized", width=70, pinned=True, help="Row of the file, data rows counted from 1"),
        "picture": c.ImageColumn(width=90, help="Double-click to see it large"),
        "text": c.TextColumn(width=_TEXT_WIDTH),
        "link": c.LinkColumn(width=_LINK_WIDTH, help="Opens in a new tab"),
        "tags": c.MultiselectColumn(options=tags, color=layout.blended(palette.accent, palette.surface, 0.3), width=150,
                                    help="Tags of all reviewers"),
        "note": c.TextColumn(width=200, help="Notes of all reviewers"),
        "assigned": c.TextColumn(width=100, help="Who is to look at the row"),
    }  # fmt: skip
    config = {}
    for column, content in zip(examples.columns, contents, strict=True):
        cells = drawn.column(column.name)
        look = dict(by_content.get(content, c.Column()))
        if content == "loss" and pa.types.is_string(cells.type):  # one is infinite
            look = dict(c.TextColumn(width=70, alignment="right", help=look["help"]))
        elif content in _PROBABILITIES and has_tiny(cells):
            look["type_config"] = look["type_config"] | {"format": "%.3g"}
        elif content not in by_content and has_tiny(cells):
            look = dict(c.NumberColumn(format="%.4g"))  # the usual four decimals would show nothing
        if order_of(shown, column) == examples.order.key and content not in ("outcome", "predicted"):
            falls = examples.order.falls(content) is not examples.turned
            look |= {"label": f"{column.name} {'↓' if falls else '↑'}"}
            if examples.order.column is not None and content in ("text", "link", "role", "other", "proba"):
                look |= {"pinned": True}  # else it may stand far to the right
        config[column.name] = look
    return config


def _config_of_two(shown: Shown, palette: Palette) -> dict[str, Any]:
    """Say how what is known of a row of two classes is drawn."""
    c = st.column_config
    cases = shown.of_model.binary_cases
    score = _bar(palette, "%.4f", "Score") if cases.probability else c.NumberColumn(format="%.4f", width=100)
    loss_help = (
        "Log loss in nats: minus the logarithm of the probability given to the truth; infinite when it was 0."
        if cases.probability and cases.score is not None
        else "How far the score lies on the wrong side of the threshold; 1 for wrong without a threshold."
    )
    tags = [layout.blended(palette.outcome(code), palette.surface, 0.4) for code in OUTCOMES]
    return {
        "outcome": c.MultiselectColumn(
            options=list(OUTCOME_OF_A_ROW), color=tags, width=122, pinned=True
        ),
        "truth": c.TextColumn(width=80, help="True label"),
        "predicted": c.TextColumn(width=80, help="Label predicted at the threshold in force"),
        "score": score,
        "loss": c.NumberColumn(format="%.3f", width=70, help=loss_help),
    }  # fmt: skip


def _config_of_many(palette: Palette, labels: tuple[str, ...]) -> dict[str, Any]:
    """Say how what is known of a row of many classes is drawn; the columns of classes fit most names."""
    c = st.column_config
    width = min(max(90, _LETTER * max(map(len, labels)) + 20), 200)
    return {
        "truth": c.TextColumn(width=width, help="True class"),
        "predicted": c.TextColumn(width=width, help="Predicted class"),
        "of_decision": _bar(palette, "%.3f", "Probability of the predicted class"),
        "of_truth": _bar(palette, "%.3f", "Probability of the true class"),
    }


def _bar(palette: Palette, format: str, help: str) -> Any:
    """Draw a probability as a bar with its number."""
    return st.column_config.ProgressColumn(
        format=format, min_value=0.0, max_value=1.0, width=110, color=palette.quiet, help=help
    )
