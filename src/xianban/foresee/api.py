"""The door of foresee: a file of requests in, `findings.json` and `report.html` out.

`read` and `cut` are its first steps for whoever does something else with the events of a file.
"""

import json
import os
import re
from pathlib import Path

from xianban.base.errors import BadInput, Unavailable
from xianban.foresee.cutting import cut
from xianban.foresee.findings import Findings
from xianban.foresee.reading import Columns, Events, read
from xianban.foresee.report import report
from xianban.foresee.running import Progress, analyse
from xianban.foresee.words import LANGUAGES, Words

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def foresee(
    path: Path,
    *,
    columns: Columns,
    out: Path,
    language: str = "",
    progress: Progress = lambda part, share: None,
) -> Findings:
    """What a file of requests shows; writes `findings.json`, `report.html` and, if any row could not
    be read, `rejected.csv` into `out`.

    `language` is "en" or "zh"; where it is empty, that of the file's own words. BadInput says what
    is wrong with the file, the columns or the folder. Each file is there whole or not at all.
    """
    if language and language not in LANGUAGES:
        raise BadInput(f"There is no language {language}; there are {', '.join(LANGUAGES)}")
    _must_take(out)
    found, read = analyse(path, columns, progress)
    spoken = language or _language_of(found, columns)
    try:
        out.mkdir(parents=True, exist_ok=True)
        _write(out / "findings.json", json.dumps(found.as_json(), ensure_ascii=False, indent=1))
        _write(out / "report.html", report(found, language=spoken))
        if read.rejected.height:
            _write(out / "rejected.csv", "\ufeff" + read.rejected.write_csv())
        else:
            (out / "rejected.csv").unlink(missing_ok=True)
    except OSError as reason:
        raise Unavailable(
            f"cannot write into {out} ({reason.strerror}); name another folder with --out"
        ) from reason
    return found


def _language_of(found: Findings, columns: Columns) -> str:
    said = [one["name"] for one in found.categories[:20]] + [one.title for one in found.issues]
    said += [place.name for place in found.places[:20] if not found.cell_size] + columns.named()
    return "zh" if CHINESE.search("".join(said)) else "en"


def _must_take(out: Path) -> None:
    """Say before the work, not after it, that a folder will not do."""
    there = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    if not there.is_dir():
        raise BadInput(f"{there} is a file; name a folder with --out")
    if not os.access(there, os.W_OK | os.X_OK):
        raise BadInput(f"nothing may be written into {there}; name another folder with --out")


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text, "utf-8")
    fresh.replace(path)


__all__ = ["Columns", "Events", "Findings", "Words", "cut", "foresee", "read"]
