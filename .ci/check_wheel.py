"""Check that a built wheel holds what the app needs at run time: every tracked file of the three packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

PACKAGES = ("metrics_core", "app", "demo_data")
ALWAYS = "app/.streamlit/config.toml"
DATA = (".csv", ".parquet")


def main(wheel: Path) -> int:
    """Compare the wheel's list of files with the repository's."""
    tracked = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", *PACKAGES], check=True, capture_output=True, text=True
    )
    inside = set(ZipFile(wheel).namelist())
    missing = sorted({ALWAYS, *tracked.stdout.split()} - inside)
    if not any(name.startswith("demo_data/") and name.endswith(DATA) for name in inside):
        missing.append("demo_data/*.csv or *.parquet")
    if not any(name.endswith("licenses/LICENSE") for name in inside):
        missing.append("LICENSE")
    if missing:
        print(f"{wheel.name} lacks: {', '.join(missing)}", file=sys.stderr)
        return 1
    print(f"{wheel.name}: {len(inside)} files, {wheel.stat().st_size / 1e6:.1f} MB, nothing missing")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
