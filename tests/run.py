"""All tests: everything on SQLite, then what touches a database again on PostgreSQL."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PLACES = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    args = [a for a in sys.argv[1:] if a != "--quick"]
    quick = ["-m", "not slow"] if "--quick" in sys.argv else []
    if not any(shutil.which(name) for name in PLACES):
        print(
            "Browser tests are left out: Chromium is not installed (on Debian: apt-get install chromium fonts-noto-cjk)."
        )
    shared = ["-n", str(min(os.cpu_count() or 1, 4)), "--dist", "loadfile"] if not args else []
    pytest = [sys.executable, "-m", "pytest", *shared]
    print("== SQLite", flush=True)
    first = subprocess.run([*pytest, *quick, *args], check=False).returncode
    only = "database and not browser" + (" and not slow" if quick else "")
    print("== PostgreSQL", flush=True)
    second = subprocess.run(
        [*pytest, "--database", "postgres", "-m", only, *args], check=False
    ).returncode
    nothing_there = 5  # pytest's word for a selection without tests
    return first or (0 if second == nothing_there else second)


if __name__ == "__main__":
    assert Path("tests").is_dir(), "run this from the project's folder"
    raise SystemExit(main())
