"""What the command line prints about slices that were found."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from app.numbers import NOT_AVAILABLE, by_unit, count, number, share
from app.numbers import threshold as cut
from app.printing import aligned, paragraph, plain

if TYPE_CHECKING:
    from metrics_core.discovery import Discovery, FoundSlice
    from metrics_core.slices import Level

_TESTS = {
    "hypergeometric": "Fisher's one-sided test against all other rows",
    "welch": "Welch's one-sided test against all other rows",
    "weighted": "weighted means against those of all other rows",
}


def discovery_text(name: str, d: Discovery) -> str:
    """Write what was searched, and one block a slice."""
    blocks = [_head(name, d)]
    if d.slices:
        blocks.append(_table(d))
    blocks += [_detail(i, one, d) for i, one in enumerate(d.slices, 1) if _has_detail(one)]
    if d.covering:
        shares = ", ".join(f"{i}: {share(x)}" for i, x in enumerate(d.covering, 1))
        blocks.append(paragraph(f"Share of all {d.failures} in the first slices together: {shares}", first=0))
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _head(name: str, d: Discovery) -> list[str]:
    """Say what was looked for, in what, and how much was tested."""
    said = {
        "File": plain(name),
        "Model": plain(d.model),
        "Looked for": f"{d.label.lower()}, {by_unit(d.rate, d.unit)} of all ({_total(d.errors)} {d.failures} in {count(d.rows)} rows)",
    }
    if d.threshold is not None:
        said["Threshold"] = f"{cut(d.threshold)} (score >= threshold is positive)"
    if d.where is not None:
        said["Filter"] = plain(d.where.text)
    said["Searched"] = (
        f"{', '.join(map(plain, d.columns))}; up to {d.depth} condition{'s' if d.depth > 1 else ''}, at least {count(d.min_rows)} rows"
    )
    said["Tested"] = d.summary
    said["By"] = (
        f"{_TESTS[d.test.removesuffix('_groups')]}, corrected for all that were tested ({d.correction})"
    )
    if d.confirmed_on:
        said["Kept back"] = f"{plain(d.confirmed_on)}: these rows judge what was found on the others"
    width = max(map(len, said))
    lines = []
    for key, value in said.items():
        first, *more = paragraph(value, first=0) or [""]
        lines += [f"{key:<{width}}  {first}", *(f"{'':<{width}}  {line.strip()}" for line in more)]
    return lines


def _table(d: Discovery) -> list[str]:
    """One line a slice, the best first."""
    heads = [
        "",
        "Slice",
        "Rows",
        d.failures.capitalize(),
        "Rate" if d.unit == "share" else "Mean",
        "Elsewhere",
        "z",
        "q",
        "Of all",
    ]
    rows = [heads + (["Kept back"] if d.confirmed_on else [])]
    for i, one in enumerate(d.slices, 1):
        row = [str(i), _name(one.levels), count(one.rows), _total(one.errors), by_unit(one.rate, d.unit), by_unit(one.rest_rate, d.unit),
               NOT_AVAILABLE if isnan(one.z) else f"{one.z:.1f}", _chance(one.q), share(one.share_of_errors)]  # fmt: skip
        if one.confirmed is not None:
            row.append(
                f"{by_unit(one.confirmed.rate, d.unit)} {'holds' if one.confirmed.holds else 'does not hold'}"
            )
        rows.append(row)
    return aligned(rows, right=[0, 2, 3, 4, 5, 6, 7, 8])


def _has_detail(one: FoundSlice) -> bool:
    return len(one.levels) > 1 or bool(one.also) or not one.clear


def _detail(i: int, one: FoundSlice, d: Discovery) -> list[str]:
    """Say what each condition adds, and which other slices hold mostly the same rows."""
    lines = [f"{i}  --filter {_quoted(one.where.text)}"]
    if not one.clear:
        lines += paragraph("Chance explains it: q is above 0.05.")
    if len(one.levels) > 1:
        parts = ", ".join(
            f"{plain(level.column)} {_signed(x, d.unit)}"
            for level, x in zip(one.levels, one.contributions, strict=True)
        )
        lines += paragraph(f"Of the difference from all rows: {parts}.")
    for levels in one.also[:3]:
        lines += paragraph(f"Mostly the same rows: {_name(levels)}")
    if len(one.also) > 3:
        lines += paragraph(f"and {len(one.also) - 3:,} more")
    return lines


def _name(levels: tuple[Level, ...]) -> str:
    """Name a slice by its conditions."""
    return ", ".join(f"{plain(level.column)} {plain(level.label)}" for level in levels)


def _total(value: float) -> str:
    """Write errors: whole numbers as such, sums with their decimals."""
    return count(value) if float(value).is_integer() else number(value) if abs(value) < 1000 else count(value)


def _signed(value: float, unit: str) -> str:
    """Write a contribution with its sign."""
    return f"{value * 100:+.1f} points" if unit == "share" else f"{value:+.3g}"


def _chance(q: float) -> str:
    """Write a q-value."""
    return NOT_AVAILABLE if isnan(q) else "< 0.0001" if q < 1e-4 else f"{q:.2g}"


def _quoted(text: str) -> str:
    """Quote a filter for a shell."""
    from shlex import quote

    return plain(quote(text) if set(text) & set('"$`\\!') else f'"{text}"')
