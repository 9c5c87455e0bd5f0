import gzip
from datetime import datetime

import openpyxl
import polars
import pytest

from xianban.base.errors import BadInput
from xianban.intake.readers import opened


def rows_of(path):
    with opened(path) as table:
        return table.headings, [(r.number, tuple(r.cells.values()), r.fault) for r in table.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings_are_found_out(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes("编号,内容\r\n1,路灯不亮\r\n".encode(encoding))
    assert rows_of(path) == (("编号", "内容"), [(2, ("1", "路灯不亮"), "")])


def test_chinese_that_begins_late_in_a_file_is_still_found(tmp_path):
    path = tmp_path / "a.csv"
    plain = "id,text\n" + "".join(f"{i},{'plain words ' * 8}\n" for i in range(13_000))
    path.write_bytes((plain + "last,路灯不亮\n").encode("gb18030"))
    assert path.stat().st_size > 1_200_000
    assert rows_of(path)[1][-1] == (13_002, ("last", "路灯不亮"), "")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_quotes_and_lines_within_a_cell(tmp_path, delimiter):
    path = tmp_path / "a.csv"
    path.write_text(f'id{delimiter}text\n1{delimiter}"two\nlines, ""quoted"""\n\n2{delimiter}b\n')
    assert rows_of(path)[1] == [(2, ("1", 'two\nlines, "quoted"'), ""), (4, ("2", "b"), "")]


def test_gzip(tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress("id,text\n1,灯\n".encode()))
    assert rows_of(path)[1] == [(2, ("1", "灯"), "")]


def test_a_row_with_bytes_that_are_no_text_is_faulted_alone(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("id,text\n1,灯\n2,".encode() + b"\xff\xfe\xff" + "\n3,灯\n".encode())
    assert [bool(fault) for _, _, fault in rows_of(path)[1]] == [False, True, False]


def test_short_and_long_rows(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,text\n1\n2,b,\n3,c,more\n,,\n")
    _, rows = rows_of(path)
    assert [(number, cells) for number, cells, _ in rows] == [
        (2, ("1", None)),
        (3, ("2", "b")),
        (4, ("3", "c")),
    ]
    assert [fault for _, _, fault in rows] == ["", "", "has 1 more cells than there are headings"]


def test_a_workbook_with_mixed_cells_and_blank_rows(tmp_path):
    book = openpyxl.Workbook()
    when = datetime(2019, 8, 1, 12)  # noqa: DTZ001 (workbooks know no zones)
    for row in (["id", "when", None], [1, when, None], [None, None, None], [2, "2019/8/1", None]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    headings, rows = rows_of(tmp_path / "a.xlsx")
    assert headings == ("id", "when")
    assert rows == [(2, (1, when), ""), (4, (2, "2019/8/1"), "")]


def test_parquet_in_order_over_many_batches(tmp_path):
    path = tmp_path / "a.parquet"
    polars.DataFrame({"id": range(25_000), "text": ["灯"] * 25_000}).write_parquet(path)
    with opened(path) as table:
        seen = [(row.number, row.cells["id"]) for row in table.rows]
        assert table.done() == 1
    assert seen == [(i + 2, i) for i in range(25_000)]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"\n\n", "no headings"),
        ("a.csv", b"a,a\n1,2\n", "two columns called"),
        ("a.csv", b"PK\x03\x04rest", "really a .xlsx file"),
        ("a.xlsx", b"id,text\n", "not a .xlsx file inside"),
        ("a.xlsx", b"PK\x03\x04rest", "damaged|cannot|not a workbook"),
        ("a.parquet", b"PAR1 nothing", "cannot be read as parquet"),
        ("a.xls", b"\xd0\xcf\x11\xe0", "save it as .xlsx"),
        ("a.doc", b"words", "kind that cannot be read"),
        ("a.csv.gz", gzip.compress(b"id,text\n" + b"1,aaaa\n" * 9000)[:-30], "breaks off"),
        ("a.csv.gz", b"id,text\n1,2\n", "damaged"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(tmp_path, name, content, says):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadInput, match=says):
        rows_of(path)


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(BadInput, match="There is no file"):
        rows_of(tmp_path / "none.csv")
    with pytest.raises(BadInput, match="is a folder"):
        rows_of(tmp_path)
