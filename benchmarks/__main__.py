"""`./run bench` runs every benchmark, `./run bench NAME …` those named; `--json` for machines.

Those that need a quarter of an hour or a large disk (`million`, `pages`) run only when they are named.
"""

import importlib
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.report import Row, as_json, printed

HERE = Path(__file__).parent
ONLY_WHEN_NAMED = {"million", "pages"}


def names() -> list[str]:
    """The modules and folders here that have a `run`."""
    places = {p.stem: p for p in HERE.glob("*.py")}
    places |= {p.parent.name: p for p in HERE.glob("*/__init__.py")}
    return sorted(n for n, p in places.items() if "def run(" in p.read_text(encoding="utf-8"))


def main(args: list[str]) -> int:
    chosen = [a for a in args if not a.startswith("-")]
    unknown = set(chosen) - set(names())
    if unknown:
        print(
            f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(names())}.",
            file=sys.stderr,
        )
        return 2
    os.environ["XIANBAN_HOME"] = tempfile.mkdtemp(prefix="xianban-bench-")
    rows: list[Row] = []
    for name in chosen or [n for n in names() if n not in ONLY_WHEN_NAMED]:
        print(f"running {name} …", file=sys.stderr, flush=True)
        found = importlib.import_module(f"benchmarks.{name}").run()
        rows += found
        if "--json" not in args:
            print(printed(found), end="\n\n", flush=True)
    if "--json" in args:
        print(as_json(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
