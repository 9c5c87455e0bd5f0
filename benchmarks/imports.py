"""Rows imported from a csv file on PostgreSQL: how fast, and whether memory grows with the file."""

import json
import subprocess
import sys

from benchmarks.report import Row
from benchmarks.town import home

ROWS, SMALL = 20_000, 5_000
PER_SECOND, GROWTH = 2_000, 1.2
MEASURED = """
import json, resource, sys
from click.testing import CliRunner
from xianban.config.commands.imports import import_
done = CliRunner().invoke(import_, sys.argv[1:], catch_exceptions=False)
told = json.loads([line for line in done.output.splitlines() if line.startswith("{")][-1])
print(json.dumps(told | {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def run() -> list[Row]:
    with home("postgres", count=ROWS) as made:
        file = str(made.folder / "requests.csv")
        few = _import(made, file, "--source", "few", "--limit", str(SMALL))
        many = _import(made, file, "--source", "many")
    rate, growth = many["accepted"] / many["seconds"], many["peak_mb"] / few["peak_mb"]
    return [
        Row("import, postgres", rate, "rows/s", mark=f">= {PER_SECOND:,}", met=rate >= PER_SECOND, note=f"{many['accepted']:,} rows"),
        Row(
            f"import, peak memory of {ROWS:,} rows to {SMALL:,}", growth, "×", mark=f"<= {GROWTH}",
            met=growth <= GROWTH, note=f"{many['peak_mb']:.0f} MB to {few['peak_mb']:.0f} MB",
        ),
    ]  # fmt: skip


def _import(made, *args: str) -> dict:
    done = made.python("-c", MEASURED, *args, "--json", stdout=subprocess.PIPE, stderr=sys.stderr)
    return json.loads(done.stdout)
