"""A file with a known rise: it is found, told, drawn, and nothing is asked of anybody else."""

import json
import re
import string

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from foresee.made import RISE, table
from xianban.base.errors import BadInput
from xianban.config.commands.foresee import foresee as command
from xianban.foresee.analysing.rises import LEAST_A_RISE, _runs
from xianban.foresee.api import Columns, foresee
from xianban.foresee.telling import rise_sure
from xianban.foresee.words import TEXTS, Words

COLUMNS = Columns("when", area="area", lat="lat", lon="lon", category="about", id="no")


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("foresee")
    table().write_csv(folder / "city.csv")
    said = []
    found = foresee(
        folder / "city.csv",
        columns=COLUMNS,
        out=folder / "out",
        progress=lambda part, share: said.append((part, share)),
    )
    return found, folder / "out", said


def test_the_rise_is_found_where_and_when_it_is(seen):
    found, _, _ = seen
    best = found.outbreaks[0]
    assert best.current
    assert best.area in ("", f"Area {RISE['area']:02d}")
    assert best.category == RISE["category"]
    assert best.observed > 2 * best.expected
    assert best.series.counts[-1] > best.series.upper[-1]
    gathered = found.clusters[0]
    assert gathered.areas[0] == f"Area {RISE['area']:02d}"
    assert gathered.p_value <= 0.005
    assert gathered.category in ("", RISE["category"])


def test_without_a_rise_there_is_none(tmp_path):
    table(rise=0, seed=2).write_csv(tmp_path / "calm.csv")
    found = foresee(tmp_path / "calm.csv", columns=COLUMNS, out=tmp_path / "out")
    assert [one for one in found.outbreaks if one.current] == []
    assert found.clusters == []
    assert found.tested > 3000


def test_the_forecast_and_the_places_are_believable(seen):
    found, _, _ = seen
    low, middle, high = found.outlook.sum
    assert low < middle < high
    assert middle == pytest.approx(28 * 60 * 0.25, rel=0.3)
    assert len(found.outlook.sums) == 20
    assert all(0 < one.probability < 1 for one in found.risk)
    assert found.risk[0].probability >= found.risk[-1].probability


def test_progress_only_grows(seen):
    _, _, said = seen
    shares = [share for _, share in said]
    assert shares == sorted(shares)
    assert said[0][0] == "read"
    assert shares[-1] == 1


def test_the_report_needs_nothing_else(seen):
    _, out, _ = seen
    page = (out / "report.html").read_text("utf-8")
    body = page.replace((out / "report.html").name, "")
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=[\"']?(https?:)?//", body)
    assert "What city.csv shows" in page
    assert json.loads((out / "findings.json").read_text("utf-8"))["rows"] > 10_000


def test_words_of_the_file_cannot_become_markup(tmp_path):
    frame = table(days=200)
    evil = "</script><script>alert(1)</script>"
    frame = frame.with_columns(about=frame["about"].str.replace("light", evil, literal=True))
    frame.write_csv(tmp_path / "city.csv")
    foresee(tmp_path / "city.csv", columns=COLUMNS, out=tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert evil not in page
    assert "&lt;/script&gt;" in page


def test_a_file_with_times_alone_is_welcome(tmp_path):
    table(days=400).select("when").write_csv(tmp_path / "times.csv")
    found = foresee(tmp_path / "times.csv", columns=Columns("when"), out=tmp_path / "out")
    assert {one.part for one in found.skipped} == {"clusters", "issues", "risk"}
    assert found.outlook is not None


def test_one_day_is_told_as_too_little(tmp_path):
    table(days=1, rise=0).write_csv(tmp_path / "day.csv")
    found = foresee(tmp_path / "day.csv", columns=COLUMNS, out=tmp_path / "out")
    assert {one.part for one in found.skipped} >= {"outbreaks", "forecast", "risk"}
    assert any(remark.grave for remark in found.remarks)


def test_points_without_areas_are_scanned_in_cells(tmp_path):
    table(days=200).drop("area").write_csv(tmp_path / "city.csv")
    columns = Columns("when", lat="lat", lon="lon", category="about")
    found = foresee(tmp_path / "city.csv", columns=columns, out=tmp_path / "out")
    assert found.cell_size > 0
    assert found.clusters
    assert found.clusters[0].p_value <= 0.01


def test_both_languages_say_the_same():
    for key, (english, chinese) in TEXTS.items():
        named = [
            {name for _, name, _, _ in string.Formatter().parse(text) if name}
            for text in (english, chinese)
        ]
        assert named[0] == named[1], key
    assert Words("zh").listed(list("abcdef")) == "a、b、c、d 等 6 处"


def test_json_is_one_document_and_no_home_is_made(tmp_path, monkeypatch):
    monkeypatch.setenv("XIANBAN_HOME", str(tmp_path / "home"))
    table(days=100).write_csv(tmp_path / "city.csv")
    done = CliRunner().invoke(
        command,
        [str(tmp_path / "city.csv"), "--time", "when", "--out", str(tmp_path / "out"), "--json"],
        catch_exceptions=False,
    )
    assert done.exit_code == 0
    assert json.loads(done.stdout)["days"] == 100
    assert "judging every series" in done.stderr
    assert not (tmp_path / "home").exists()


def test_rows_that_could_not_be_read_lie_beside_the_report(tmp_path):
    (tmp_path / "city.csv").write_text("when\n" + "2026-03-01\n2026-03-02\nsoon\n", "utf-8")
    foresee(tmp_path / "city.csv", columns=Columns("when"), out=tmp_path / "out")
    kept = (tmp_path / "out" / "rejected.csv").read_text("utf-8-sig").splitlines()
    assert kept[0] == "row,when,reason"
    assert kept[1].startswith("4,soon,")


def test_a_folder_that_will_not_do_is_said_before_the_work(tmp_path):
    (tmp_path / "taken").write_text("x")
    with pytest.raises(BadInput, match="taken is a file; name a folder with --out"):
        foresee(tmp_path / "gone.csv", columns=Columns("when"), out=tmp_path / "taken" / "out")


def test_many_reports_of_one_point_are_said_to_be_that(tmp_path):
    frame = table(days=500)
    spot = (pl.col("area") == "Area 07") & (pl.col("about") == "noise")
    frame = frame.with_columns(
        lat=pl.when(spot).then(pl.lit("23.1")).otherwise("lat"),
        lon=pl.when(spot).then(pl.lit("113.2")).otherwise("lon"),
    )
    frame.write_csv(tmp_path / "city.csv")
    best = foresee(tmp_path / "city.csv", columns=COLUMNS, out=tmp_path / "out").outbreaks[0]
    assert best.one_spot == best.observed
    assert f"{best.observed} of {best.observed} came from one" in rise_sure(best, Words("en"))


def test_a_week_of_many_is_one_rise_though_few_of_its_days_are_sure_alone():
    sure = np.array([0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0], dtype=bool)
    high = np.array([1, 0, 0, 1, 0, 1, 1, 1, 0, 0, 1], dtype=bool)
    assert _runs(sure, high) == [(3, 7)]


def test_two_where_none_was_expected_are_no_rise(seen):
    found, _, _ = seen
    assert min(one.observed for one in found.outbreaks) >= LEAST_A_RISE


def test_an_unknown_language_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no language fr"):
        foresee(tmp_path / "x.csv", columns=COLUMNS, out=tmp_path, language="fr")


@pytest.mark.slow
def test_chicago_is_told_as_its_rows_say(data, tmp_path):
    import gzip
    import io

    path = data / "requests311" / "chicago_sanitation_2011_2013.csv.gz"
    columns = Columns(
        "Creation_Date",
        area="Community_Area",
        lat="Latitude",
        lon="Longitude",
        category="What_is_the_Nature_of_this_Code_Violation",
    )
    found = foresee(path, columns=columns, out=tmp_path / "out")
    raw = pl.read_csv(io.BytesIO(gzip.decompress(path.read_bytes())), infer_schema=False).unique()
    assert found.rows == 55_343
    assert (
        found.events + next(r for r in found.remarks if r.code == "old_remainder").values["n"]
        == raw.height
    )
    for one in found.outbreaks[:10]:
        mine = raw.filter(
            pl.col("Creation_Date").is_between(pl.lit(one.first_day), pl.lit(one.last_day))
        )
        if one.area:
            mine = mine.filter(pl.col("Community_Area") == one.area.removeprefix("Community Area "))
        if one.category:
            mine = mine.filter(pl.col("What_is_the_Nature_of_this_Code_Violation") == one.category)
        assert mine.height == one.observed
