"""Findings as a quiet list: what was noticed, with its numbers and what to do."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import numbers
from metrics_core import Finding

_ICONS = {
    "error": ":red[:material/error:]",
    "warning": ":orange[:material/warning:]",
    "note": ":blue[:material/info:]",
}
_ORDER = ("error", "warning", "note")


def findings(found: Sequence[Finding], *, title: str = "What to know before you trust these numbers") -> None:
    """Draw the findings, the grave ones first; say so when there are none."""
    with st.container(border=True):
        st.subheader(title, anchor=False)
        if not found:
            st.caption("Nothing suspicious was noticed in the table or in the numbers.")
        for finding in sorted(found, key=lambda f: _ORDER.index(f.severity)):
            text = f"{_ICONS[finding.severity]} {numbers.plain(finding.text)}"
            if finding.action:
                text += f" :gray[{numbers.plain(finding.action)}]"
            st.markdown(text)
