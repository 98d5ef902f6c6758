"""What every test may use: hypothesis profiles, a store of its own, and the real data sets that live outside the repository."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]

# Repeatable everywhere, so that a red run is about the change; in CI more examples. To search on, run a test alone with
# --hypothesis-profile=search.
settings.register_profile("quick", max_examples=25, deadline=None, derandomize=True)
settings.register_profile(
    "thorough", max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "search", max_examples=500, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("thorough" if os.environ.get("CI", "").lower() not in ("", "0", "false") else "quick")


@pytest.fixture(scope="session", autouse=True)
def own_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep what tests write in a file of this run, which the processes they start use too; never in the user's store."""
    with pytest.MonkeyPatch.context() as patch:
        path = tmp_path_factory.mktemp("store") / "store.sqlite"
        patch.setenv("FAULTLINE_STORE", str(path))
        yield path


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Find a real data set by file name in ``$FAULTLINE_TEST_DATA``, or skip: they are too big to keep here."""
    folder = Path(os.environ.get("FAULTLINE_TEST_DATA") or ROOT.parent / "shared" / "data")

    def find(name: str) -> Path:
        path = folder / name
        if not path.is_file():
            pytest.skip(f"{name} is not in {folder}; set FAULTLINE_TEST_DATA to the folder that holds it")
        return path

    return find
