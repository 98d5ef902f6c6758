"""Colours with a fixed meaning: an outcome, a class or a curve looks the same on every page.

Okabe and Ito's colours, with lighter ones for dark pages; never red against green for wrong against right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scheme = Literal["light", "dark"]

OUTCOME_NAMES = {
    "tp": "True positives",
    "fp": "False positives",
    "fn": "False negatives",
    "tn": "True negatives",
}


@dataclass(frozen=True)
class Palette:
    """The colours of one scheme.

    Attributes
    ----------
    tp, fp, fn, tn : str
        The four outcomes.
    precision, recall, f1 : str
        The three lines of the threshold view.
    text, quiet, grid, surface, accent : str
        Ink, secondary ink, grid lines, the page and the colour of what is current.
    sequence : tuple of str
        Several models, in order.
    ramp : tuple of str
        One hue from empty to full.
    """

    tp: str
    fp: str
    fn: str
    tn: str
    precision: str
    recall: str
    f1: str
    text: str
    quiet: str
    grid: str
    surface: str
    accent: str
    sequence: tuple[str, ...]
    ramp: tuple[str, ...]

    def outcome(self, code: str) -> str:
        """Return the colour of ``tp``, ``fp``, ``fn`` or ``tn``."""
        return str(getattr(self, code))


LIGHT = Palette(
    tp="#0072B2", fp="#E69F00", fn="#D55E00", tn="#8A9099",
    precision="#00805E", recall="#A63F7C", f1="#1C2430",
    text="#1C2430", quiet="#5D6875", grid="#E6EAEF", surface="#FFFFFF", accent="#1F5FBF",
    sequence=("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"),
    ramp=("#F1F6FB", "#C0D8EC", "#74A8D2", "#2F73AC", "#0F4477"),
)  # fmt: skip

DARK = Palette(
    tp="#56B4E9", fp="#F2C14E", fn="#FF8A4C", tn="#8E97A3",
    precision="#3FC79A", recall="#E29BC4", f1="#E6EBF2",
    text="#E6EBF2", quiet="#9AA6B4", grid="#27303B", surface="#11161D", accent="#6EA8FF",
    sequence=("#56B4E9", "#FF8A4C", "#3FC79A", "#E29BC4", "#F2C14E", "#8FB8FF"),
    ramp=("#17222F", "#20425F", "#306A93", "#4E97C6", "#93C8EA"),
)  # fmt: skip


def palette(scheme: str | None) -> Palette:
    """Return the colours of a scheme; light when the browser did not say."""
    return DARK if scheme == "dark" else LIGHT
