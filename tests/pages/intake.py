"""The Data page opened on small files, and what a user does there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.opened import MAIN, launched


def started(**query: str) -> AppTest:
    at = AppTest.from_file(str(MAIN), default_timeout=60)
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def asking(monkeypatch: pytest.MonkeyPatch, folder: Path) -> str:
    path = folder / "pets.csv"
    path.write_text("label,score\n" + "".join(f"{'cat' if i % 3 else 'dog'},{i / 40}\n" for i in range(40)))
    return launched(monkeypatch, path)


def three_classes(folder: Path) -> Path:
    path = folder / "three.csv"
    truth = np.resize(list("abc"), 30)
    p = pd.DataFrame({label: np.where(truth == label, 0.5, 0.25) for label in "abc"}).add_prefix("p_")
    p.assign(y_true=truth, y_pred=truth, note=[f"note {i}" for i in range(30)]).to_csv(path, index=False)
    return path


def select(at: AppTest, label: str) -> Any:
    return next(box for box in at.main.selectbox if box.label == label)


def press(at: AppTest, label: str) -> None:
    next(button for button in at.button if button.label == label).click().run()
    assert not at.exception
