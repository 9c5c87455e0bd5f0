"""After an erasure nothing of what somebody told is left: no table, no index, no file, no new backup."""

import json
import re
import zipfile
from pathlib import Path

import pytest
from django.db import connection

from builders import EAST, load_town, monday, user
from privacy.test_retention import DAY, switch_on
from privacy.told import HANDLER, PLANTED, end, photograph, tell
from xianban.accounts.api import resident_actor
from xianban.base.home import home
from xianban.casework.api import index_cases, perform
from xianban.config.backup import write_backup
from xianban.config.worker import send_notices
from xianban.files.api import Bringing
from xianban.intake import api as intake
from xianban.ledger.api import verify
from xianban.privacy import api
from xianban.privacy.queries import code_of
from xianban.residents.api import reveal

PIECES = ("欧阳", "翠花", "13911223344", "3344", "cuihua", "紫砂壶", "三代单传", "199001011234",
          "蒲公英巷", "慕容", "补充一句")  # fmt: skip


def forms(piece):
    """A piece as it may lie in a file."""
    yield piece.encode()
    yield piece.encode("utf-16-le")
    yield json.dumps(piece)[1:-1].encode()


def traces(data):
    """The pieces that lie in `data`; digits, but not in a longer number, a digest or as a row's key."""
    return {
        piece
        for piece in PIECES
        for form in forms(piece)
        if len(form) > 3
        and (
            re.search(rb"(?<![0-9a-f ([,\t\n])%s(?![0-9a-f])" % re.escape(form), data)
            if piece.isdigit()
            else form in data
        )
    }


def everywhere(tmp_path):
    """Each place of the home, and what of the pieces is found there."""
    found = {}
    if connection.vendor == "sqlite":
        name = connection.settings_dict["NAME"]
        paths = [path for end in ("", "-wal") if (path := Path(f"{name}{end}")).exists()]
        for path in paths:
            found[path.name] = traces(path.read_bytes())
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}"')
            rows = [[bytes(v) if isinstance(v, memoryview) else v for v in row] for row in cursor]
        found[table] = traces(repr(rows).encode())
    for path in home().rglob("*"):
        if path.is_file() and not path.name.startswith("test.sqlite3"):
            found[str(path.relative_to(home()))] = traces(path.read_bytes())
    backup = tmp_path / f"{len(list(tmp_path.iterdir()))}.backup"
    write_backup(backup, now=monday(20), progress=lambda said: None)
    with zipfile.ZipFile(backup) as archive:
        for name in archive.namelist():
            found[f"backup/{name}"] = traces(archive.read(name))
    return {place: pieces for place, pieces in found.items() if pieces}


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left(tmp_path):
    load_town(tmp_path / "town")
    said, receipt = tell(files=(photograph(),), title="紫砂壶冲坏，慕容")
    resident = resident_actor(said.person)
    perform(
        said.case_id, "say", acting=resident, now=monday(9.2), data={"text": PLANTED["added"]},
        bringing=Bringing((photograph(),), owner=f"request:{said.id}"),
    )  # fmt: skip
    dispatcher = user("dispatcher")
    if receipt.state == "received":
        perform(
            said.case_id, "dispatch", acting=dispatcher, now=monday(9.3),
            data={"unit": "street-east"},
        )  # fmt: skip
    perform(
        said.case_id, "split", acting=dispatcher, now=monday(9.4),
        data={"matter": "0202", "text": "另有垃圾"},
    )  # fmt: skip
    reveal(
        said.person, purpose="call_back", reason="回访", acting=HANDLER, now=monday(9.5),
        subject=f"case:{said.case_id}",
    )  # fmt: skip
    intake.subscribe(
        area=EAST,
        phone=PLANTED["phone"], email=PLANTED["email"], now=monday(9.6),
    )  # fmt: skip
    index_cases()
    end(said.case_id, now=monday(10), person=said.person)
    api.ask(
        said, "correct", contact={"name": PLANTED["name"], "phone": "13911223344"}, now=monday(11)
    )
    key = api.ask(said, "erase", now=monday(11))
    send_notices(monday(11))
    before = everywhere(tmp_path)
    assert {"casework_case", "intake_request", "casework_word"} <= set(before)
    assert any(place.startswith("outbox/") for place in before), sorted(before)
    api.confirm(key, said, code_of(key), now=monday(12))
    send_notices(monday(12))
    index_cases()
    assert everywhere(tmp_path) == {}
    assert verify().broken is None


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_once_kept_no_longer(tmp_path):
    folder = tmp_path / "town"
    load_town(folder)
    said, _ = tell(files=(photograph(),))
    end(said.case_id, now=monday(10), person=said.person)
    switch_on(folder)
    late = monday(10) + 1200 * DAY
    while not api.sweep(now=late).done:
        pass
    left = everywhere(tmp_path)
    assert left == {}
    assert verify().broken is None
