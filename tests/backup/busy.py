"""A small city at work, in a process of its own: `prepare`, `work` until stopped, or `census`."""

import hashlib
import json
import sys
import tempfile
from pathlib import Path

from xianban.config.setup import ready


def prepare():
    """A town, a user, a file of each kind that a home may hold."""
    ready()
    from builders import load_town, monday
    from xianban.accounts.api import MACHINE, Granted, NewUser, Role, add_user
    from xianban.base.home import home
    from xianban.residents.api import ErasureGround, erase, seal_note, seal_person

    load_town(Path(tempfile.mkdtemp()) / "town")
    grants = (Granted(Role.HANDLER, "", "water"),)
    add_user(NewUser("wang", "王五\t\\N", grants=grants), acting=MACHINE, now=monday())
    seal_note(seal_person(phone="13800130000"), "request:0", "两行\n\\t制表\t")
    erase(seal_person(name="走"), acting=MACHINE, now=monday(), reason=ErasureGround.ASKED)
    for name in ("files/照片/1.bin", "models/text.bin"):
        path = home() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(range(256)) * 100)


def work(stop):
    """Open one case after another, each with a person of its own, in one transaction each."""
    ready()
    from django.db import transaction

    from builders import make_case, monday
    from xianban.residents.api import seal_person

    count = 0
    while not Path(stop).exists():
        with transaction.atomic():
            person = seal_person(name=f"诉求人{count}", other={"who": f"{stop}{count}"})
            make_case(now=monday(9 + count / 997), person=person, lat=31.1 + count / 7e9, lon=121.4)
        count += 1
    print(count)


def census():
    """Everything that there is, table by table, and whether it holds together."""
    ready()
    from django.apps import apps
    from django.db import connection

    from xianban.base.home import home
    from xianban.casework.api import verify_heads
    from xianban.config.backup.tables import LEFT_OUT
    from xianban.ledger.api import verify
    from xianban.residents.api import masked

    tables, rows = {}, {}
    searchable = apps.get_model("casework", "Searchable").objects.count()
    for model in apps.get_models(include_auto_created=True):
        name = model._meta.db_table
        if name not in LEFT_OUT:
            columns = [field.attname for field in model._meta.concrete_fields]
            lines = sorted(
                json.dumps([_plain(v) for v in row], sort_keys=True, default=str)
                for row in model.objects.values_list(*columns)
            )
            tables[name] = hashlib.sha256("\n".join(lines).encode()).hexdigest()
            rows[name] = len(lines)
    people = masked(apps.get_model("residents", "Person").objects.values_list("pk", flat=True))
    files = {
        path.relative_to(home()).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in ("keys", "files", "models")
        for path in (home() / folder).rglob("*")
        if path.is_file()
    }
    told = {
        "vendor": connection.vendor,
        "searchable": searchable,
        "tables": tables,
        "rows": rows,
        "files": files,
        "broken": verify().broken or verify_heads(),
        "names": sorted({one.name for one in people.values()}),
        "next": _next_case(),
    }
    print(json.dumps(told))


def _plain(value):
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else value


def _next_case():
    from django.db import transaction

    from builders import make_case, monday

    with transaction.atomic():
        number = make_case(now=monday()).case_id
        transaction.set_rollback(True)
    return number


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    {"prepare": prepare, "work": work, "census": census}[sys.argv[1]](*sys.argv[2:])
