import csv
import gzip
from datetime import UTC, datetime

import polars
import pytest

from builders import monday
from xianban.accounts.api import MACHINE
from xianban.base.errors import BadInput
from xianban.base.home import home
from xianban.intake import imports
from xianban.intake.api import column_map, import_file, map_names
from xianban.intake.models import Request

NOW = monday()
HEADINGS = [
    "external_id",
    "received_at",
    "text",
    "address",
    "lat",
    "lon",
    "matter",
    "contact",
    "name",
]
GOOD = [
    [
        "1",
        "2026-10-30 08:00",
        "Rubbish lies about",
        "Mill",
        "",
        "",
        "Rubbish",
        "13812341234",
        "张三",
    ],
    [
        "2",
        "2026/10/30 9:05",
        "The bus stop is hidden",
        "",
        "23.1",
        "113.2",
        "",
        "a@example.org",
        "",
    ],
    ["3", "2026年10月30日", "There is no water", "", "", "", "", "", ""],
]
BAD = [
    ["4", "yesterday", "The lamp is out", "", "", "", "", "", ""],
    ["5", "2026-10-30", "", "", "", "", "", "", ""],
    ["6", "2026-10-30", "Lamp", "", "95", "113", "", "", ""],
    ["7", "2026-10-30", "Lamp", "", "", "", "Dragons", "", ""],
    ["8", "2027-10-30", "Lamp", "", "north", "", "", "", ""],
]


def write(path, rows, headings=HEADINGS):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([headings, *rows])
    return path


def bring(path, named="generic", **more):
    columns = column_map(named, source=more.pop("source", ""))
    return import_file(path, columns=columns, acting=MACHINE, now=NOW, **more)


def counts(done):
    assert done.read == done.accepted + done.rejected + done.known
    return done.accepted, done.rejected, done.known


def test_rows_become_requests_and_the_same_file_again_adds_nothing(town, tmp_path):
    path = write(tmp_path / "a.csv", GOOD)
    assert counts(bring(path)) == (3, 0, 0)
    assert counts(bring(path)) == (0, 0, 3)
    row = Request.objects.get(external_id="1")
    assert (row.door, row.text, row.matter) == ("import:generic", "Rubbish lies about", "0202")
    assert row.received_at == datetime(2026, 10, 30, 0, tzinfo=UTC)
    assert Request.objects.values("case").distinct().count() == 3


def test_bad_rows_are_kept_corrected_and_sent_again(town, tmp_path):
    done = bring(write(tmp_path / "a.csv", GOOD + BAD))
    assert counts(done) == (3, 5, 0)
    assert done.rejected_file.parent == home() / "rejected"
    with done.rejected_file.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [*HEADINGS, "row", "reason"]
    assert [row["row"] for row in rows] == ["5", "6", "7", "8", "9"]
    assert [list(row.values())[:9] for row in rows] == BAD
    assert "received_at: “yesterday” is not a date" in rows[0]["reason"]
    assert rows[1]["reason"] == "text: is empty; say what happened"
    assert rows[2]["reason"].startswith("lat: 95 is not a latitude")
    assert rows[3]["reason"].startswith("matter: the city knows no “Dragons”")
    assert rows[4]["reason"] == "lat: “north” is not a number"
    for row, change in zip(
        rows,
        [
            {"received_at": "2026-10-29"},
            {"text": "Lamp"},
            {"lat": "23", "lon": "113"},
            {"matter": ""},
            {"lat": "", "received_at": "2026-10-30"},
        ],
        strict=True,
    ):
        row.update(change)
    corrected = write(tmp_path / "b.csv", [list(r.values()) for r in rows], list(rows[0]))
    assert counts(bring(corrected)) == (5, 0, 0)
    assert counts(bring(corrected)) == (0, 0, 5)


def test_rejected_again_the_file_keeps_its_shape(town, tmp_path):
    first = bring(write(tmp_path / "a.csv", BAD))
    second = bring(first.rejected_file)
    assert counts(second) == (0, 5, 0)
    assert second.rejected_file != first.rejected_file
    with second.rejected_file.open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.reader(file)) == [*HEADINGS, "row", "reason"]


def test_rows_without_a_number_are_known_by_what_they_say(town, tmp_path):
    rows = [["2026-10-30", "The lamp is out"]] * 3 + [["2026-10-30", "No water"]]
    path = write(tmp_path / "a.csv", rows, ["received_at", "text"])
    assert counts(bring(path)) == (4, 0, 0)
    assert counts(bring(path)) == (0, 0, 4)
    longer = write(tmp_path / "b.csv", [*rows, rows[0]], ["received_at", "text"])
    assert counts(bring(longer)) == (1, 0, 4)


def test_one_number_twice_in_a_file_is_one_request(town, tmp_path):
    rows = [GOOD[0], GOOD[0], [*GOOD[0][:2], "Something else", *GOOD[0][3:]]]
    done = bring(write(tmp_path / "a.csv", rows))
    assert counts(done) == (1, 0, 2)
    assert done.differing == 1


def test_two_systems_that_both_number_from_one(town, tmp_path):
    path = write(tmp_path / "a.csv", GOOD)
    assert counts(bring(path, source="north")) == (3, 0, 0)
    assert counts(bring(path, source="south")) == (3, 0, 0)


def test_batches_are_whole_and_a_run_goes_on_where_it_was(town, tmp_path, monkeypatch):
    monkeypatch.setattr(imports, "BATCH", 2)
    rows = [[str(n), "2026-10-30", f"Lamp {n} is out"] for n in range(7)]
    path = write(tmp_path / "a.csv", rows, ["external_id", "received_at", "text"])
    seen = []
    assert counts(bring(path, limit=3, progress=lambda tally, done: seen.append(tally.read))) == (
        3,
        0,
        0,
    )
    assert seen == [2, 3]
    assert counts(bring(path)) == (4, 0, 3)


def test_one_refusal_below_does_not_spoil_its_batch(town, tmp_path, monkeypatch):
    take = imports.take

    def moody(drafts, **more):
        if any("dragon" in draft.text for draft in drafts):
            raise BadInput("there are no dragons")
        return take(drafts, **more)

    monkeypatch.setattr(imports, "take", moody)
    rows = [[str(n), "2026-10-30", text] for n, text in enumerate(["lamp", "a dragon", "water"])]
    done = bring(write(tmp_path / "a.csv", rows, ["external_id", "received_at", "text"]))
    assert counts(done) == (2, 1, 0)
    assert "no dragons" in done.rejected_file.read_text("utf-8-sig")


def test_parquet_and_gzip_bring_the_same(town, tmp_path):
    path = write(tmp_path / "a.csv", GOOD)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    polars.read_csv(path, infer_schema=False).write_parquet(tmp_path / "a.parquet")
    assert counts(bring(tmp_path / "a.parquet")) == (3, 0, 0)
    assert counts(bring(tmp_path / "a.csv.gz")) == (0, 0, 3)


def test_nothing_is_left_of_a_run_that_failed(town, tmp_path):
    path = tmp_path / "a.csv.gz"
    rows = "".join(f"{n},2026-10-30,{'' if n == 3 else f'Lamp {n}'}\n" for n in range(3000))
    whole = gzip.compress(f"external_id,received_at,text\n{rows}".encode())
    path.write_bytes(whole[: len(whole) // 2])
    before = set((home() / "rejected").glob("*")) if (home() / "rejected").exists() else set()
    with pytest.raises(BadInput, match="breaks off"):
        bring(path)
    after = set((home() / "rejected").glob("*")) if (home() / "rejected").exists() else set()
    assert after == before
    taken = Request.objects.count()
    path.write_bytes(whole)
    done = bring(path)
    assert counts(done) == (2999 - taken, 1, taken)


def test_maps_by_name_by_file_and_none(tmp_path):
    assert map_names() == ["generic", "messages"]
    mine = tmp_path / "mine.toml"
    mine.write_text('[fields]\ntext = "what"', encoding="utf-8")
    assert column_map(str(mine)).source == "mine"
    with pytest.raises(BadInput, match="no map “mesages”; use generic or messages"):
        column_map("mesages")
    mine.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(BadInput, match="not UTF-8"):
        column_map(str(mine))


# --- real files ---


def test_all_messages_come_in_once_as_cases_with_units(db, tmp_path, data):
    from xianban.city import api as city

    city.forget()
    city.new_pack(tmp_path / "pack", categories=data / "messages" / "categories.xlsx", area="A市")
    city.load(tmp_path / "pack", now=NOW)
    path = data / "messages" / "messages.xlsx"
    assert counts(bring(path, "messages")) == (4326, 0, 0)
    assert counts(bring(path, "messages")) == (0, 0, 4326)
    assert Request.objects.values("case").distinct().count() == 4326
    assert Request.objects.filter(supporters__gt=0).exists()
    city.forget()


@pytest.mark.parametrize(
    ("named", "file", "accepted"),
    [
        ("chicago-311", "requests311/chicago_sanitation_2011_2013.csv.gz", 1500),
        ("replies", "messages/replies.xlsx", 1500),
    ],
)
def test_the_documented_maps_read_real_files(town, data, named, file, accepted):
    from pathlib import Path

    path = Path(__file__).parents[2] / "docs" / "maps" / f"{named}.toml"
    done = bring(data / file, str(path), limit=1500)
    assert (done.read, done.rejected) == (1500, 0)
    assert done.accepted + done.known == accepted


@pytest.mark.parametrize(("limits_from", "begins"), [("now", NOW), ("received", None)])
def test_limits_run_from_the_import_unless_told_otherwise(town, tmp_path, limits_from, begins):
    path = write(tmp_path / "in.csv", [HEADINGS, GOOD[0]])
    import_file(
        path, columns=column_map("generic"), acting=MACHINE, now=NOW, limits_from=limits_from
    )
    case = Request.objects.get().case
    clock = case.clocks.get(kind="handle")
    assert clock.started_at == (begins or case.received_at)
    assert case.received_at < NOW
