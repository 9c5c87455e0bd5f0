"""Photographs with reports and acts: nothing lost, nothing run, and seen only by whom it concerns."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from builders import GRID, QUAY_GRID, make_case, monday, user
from files import samples
from web.conftest import PEOPLE
from web.test_scope import SEES
from xianban.casework.api import perform
from xianban.files import api
from xianban.files.models import Attached, Content
from xianban.web.forms import new_key

WORDS = "Rubbish lies about beside the mill and smells"


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    on_disk = {**settings.FILES_ON_DISK, "OPTIONS": {"location": tmp_path / "files"}}
    settings.STORAGES = {**settings.STORAGES, "files": on_disk}


def upload(data=None, name="IMG_1.jpg", **more):
    return SimpleUploadedFile(name, data or samples.photograph(**more), "image/jpeg")


def form(**values):
    return {"key": new_key(), "text": WORDS, "place": "Mill", **values}


def sent(**values):
    """Number and code of a report with files."""
    response = Client().post("/", form(**values))
    assert response.status_code == 302, response.content.decode()
    return re.fullmatch(r"/follow/([\d-]+)/(\w+)/", response.url).groups()


def tokens(page):
    return re.findall(r'name="held" value="([^"]+)"', page.content.decode())


def bring(case, *, shown=None, verb="note", acting=None, data=None):
    held = api.keep(
        samples.photograph(colour=(1, 2, case.case_id % 200)), name="b.jpg", now=monday(9)
    )
    perform(
        case.case_id,
        verb,
        acting=acting or user("handler", unit="street-east"),
        now=monday(10),
        data={"text": "seen", **(data or {})},
        bringing=api.Bringing((held,)),
    )
    return api.files_of(f"case:{case.case_id}")[-1]


def test_a_report_with_photographs_shows_them_to_its_reporter_and_to_staff(town, signed_in):
    number, code = sent(files=[upload(), upload(samples.pdf(), "Offer.pdf")], phone="13812345678")
    page = Client().get(f"/follow/{number}/{code}/").content.decode()
    pictures = re.findall(rf"/follow/{number}/{code}/files/\w+/small/", page)
    assert len(pictures) == 1
    assert "Offer.pdf" in page
    small = Client().get(pictures[0])
    assert small["Content-Type"] == "image/jpeg"
    assert b"".join(small.streaming_content)[:3] == b"\xff\xd8\xff"
    desk = signed_in("handler_east").get(f"/cases/{number}/").content.decode()
    assert len(re.findall(rf"/cases/{number}/files/\w+/small/", desk)) == 2  # above, and at its act
    assert api.broken_file() is None


def test_what_is_sent_says_what_it_is_and_runs_nothing(town):
    number, code = sent(files=[upload(samples.pdf(), 'a";x=\r\ny<script>.pdf')])
    [file] = Attached.objects.all()
    response = Client().get(f"/follow/{number}/{code}/files/{file.key}/")
    assert response["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    assert "\n" not in response["Content-Disposition"]
    assert "<" not in response["Content-Disposition"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cache-Control"] == "private, max-age=600"
    assert response["Content-Type"] == "application/pdf"


def test_a_refused_form_keeps_its_photographs(town):
    page = Client().post("/", form(text="x", files=[upload()]))
    assert page.status_code == 400
    [token] = tokens(page)
    assert Client().get(f"/files/held/{token}/")["Content-Type"] == "image/jpeg"
    number, code = sent(held=[token])
    assert "/small/" in Client().get(f"/follow/{number}/{code}/").content.decode()


def test_a_bad_file_is_said_in_a_sentence_and_the_good_one_is_kept(town):
    page = Client().post("/", form(files=[upload(), upload(b"<svg onload=alert(1)>", "<b>.svg")]))
    assert page.status_code == 400
    text = page.content.decode()
    assert "没有收下：不收网页和 SVG" in text
    assert "<b>.svg" not in text
    assert WORDS in text
    assert len(tokens(page)) == 1
    number, _ = sent(held=tokens(page))
    assert number


def test_the_same_form_sent_twice_with_its_photograph_is_one_report(town):
    key = new_key()
    first = sent(key=key, files=[upload()])
    assert sent(key=key, files=[upload()]) == first
    assert sent(key=key, files=[upload(colour=(9, 9, 9))]) != first
    assert Attached.objects.count() == 2


def test_files_are_held_as_soon_as_they_are_chosen(town):
    answer = Client().post("/files/hold/", {"files": [upload(place=(31.2, 121.4))]})
    [token] = tokens(answer)
    assert 'data-lat="31.2"' in answer.content.decode()
    assert Client().post("/files/hold/", {"files": [upload(b"MZ", "x.jpg")]}).status_code == 400
    for wrong in ("x", token + "x"):
        assert Client().get(f"/files/held/{wrong}/").status_code == 404
    assert not Attached.objects.exists()


def test_the_place_in_a_photograph_is_used_only_where_it_is_accepted(town):
    from xianban.casework.models import Case

    place = (31.2, 121.4)
    sent(files=[upload(place=place)])
    sent(files=[upload(place=place)], photo_place="yes", text=WORDS + " again")
    assert list(Case.objects.order_by("pk").values_list("lat", "lon")) == [(None, None), place]


def test_a_file_too_large_is_read_no_further_and_said(town, settings):
    settings.FILE_LIMITS = {**settings.FILE_LIMITS, "mb": 0.1}
    page = Client().post("/", form(files=[upload(b"\xff\xd8\xff" + b"\0" * 200_000)]))
    assert "文件超过 0.1 MB" in page.content.decode()
    assert WORDS in page.content.decode()
    assert not Content.objects.exists()


def test_a_note_with_a_photograph_is_for_colleagues_and_an_answer_is_shown(town, signed_in):
    number, code = sent(files=[])
    client = signed_in("handler_east")
    client.post(f"/cases/{number}/do/sign/", {})
    client.post(f"/cases/{number}/do/note/", {"text": "seen", "files": [upload()]})
    client.post(
        f"/cases/{number}/do/report/",
        {
            "text": "done",
            "files": [upload(colour=(1, 9, 1), name="after.jpg")],
            "show_files": "yes",
        },
    )
    note, answer = Attached.objects.order_by("pk")
    page = Client().get(f"/follow/{number}/{code}/").content.decode()
    assert answer.key in page
    assert note.key not in page
    assert Client().get(f"/follow/{number}/{code}/files/{answer.key}/").status_code == 200
    assert Client().get(f"/follow/{number}/{code}/files/{note.key}/").status_code == 404
    assert note.key in client.get(f"/cases/{number}/").content.decode()


def test_a_refused_act_keeps_its_photograph(town, signed_in):
    number, _ = sent(files=[])
    client = signed_in("handler_east")
    page = client.post(f"/cases/{number}/do/note/", {"text": "", "files": [upload()]})
    assert page.status_code == 400
    client.post(f"/cases/{number}/do/note/", {"text": "seen", "held": tokens(page)})
    assert Attached.objects.count() == 1


def test_a_resident_adds_a_photograph(town):
    number, code = sent(files=[], phone="13812345678")
    said = {"verb": "say", "text": "and here", "files": [upload()]}
    assert Client().post(f"/follow/{number}/{code}/", said).status_code == 302
    [file] = Attached.objects.all()
    assert file.owner.startswith("request:")
    assert file.key in Client().get(f"/follow/{number}/{code}/").content.decode()


@pytest.mark.parametrize("who", [None, *PEOPLE])
def test_files_are_seen_by_who_sees_the_case_and_by_nobody_else(people, signed_in, who):
    cases = {"east": make_case(area=GRID), "west": make_case(area=QUAY_GRID)}
    perform(
        cases["east"].case_id, "sign", acting=user("handler", unit="street-east"), now=monday(9)
    )
    perform(
        cases["east"].case_id,
        "invite",
        acting=user("handler", unit="street-east"),
        now=monday(9),
        data={"unit": "police", "ask": "come and see"},
    )
    found = {
        "east": bring(cases["east"]),
        "west": bring(cases["west"], acting=user("handler", unit="street-west")),
    }
    client = signed_in(who) if who else Client()
    for side, file in found.items():
        other = cases["west" if side == "east" else "east"].number
        for end in ("", "small/"):
            status = client.get(f"/cases/{cases[side].number}/files/{file.key}/{end}").status_code
            assert status == (302 if not who else 200 if side in SEES[who] else 404), (side, end)
            wrong = client.get(f"/cases/{other}/files/{file.key}/{end}").status_code
            assert wrong == (302 if not who else 404)
        guessed = client.get(f"/cases/{cases[side].number}/files/{'0' * 32}/").status_code
        assert guessed == (302 if not who else 404)


def test_one_reporter_sees_nothing_of_anothers(town):
    mine, hers = sent(files=[upload()]), sent(files=[upload()], text=WORDS + " too")
    my_file, her_file = Attached.objects.order_by("pk")
    assert my_file.content_id == her_file.content_id
    assert Client().get(f"/follow/{mine[0]}/{mine[1]}/files/{her_file.key}/").status_code == 404
    assert Client().get(f"/follow/{mine[0]}/{hers[1]}/files/{my_file.key}/").status_code == 404
    assert Client().get(f"/follow/{mine[0]}/{mine[1]}/files/{my_file.key}/").status_code == 200
    api.erase_files(my_file.owner, by="user:1", ground="asked", now=monday(10))
    assert Client().get(f"/follow/{mine[0]}/{mine[1]}/files/{my_file.key}/").status_code == 404
    assert Client().get(f"/follow/{hers[0]}/{hers[1]}/files/{her_file.key}/").status_code == 200


def test_a_crash_between_writing_and_accepting_leaves_nothing_attached(town, monkeypatch):
    def crash(*_args, **_values):
        raise KeyboardInterrupt

    monkeypatch.setattr("xianban.intake.actions.writing.seal_words", crash)
    with pytest.raises(KeyboardInterrupt):
        Client().post("/", form(files=[upload()]))
    assert not Attached.objects.exists()
    assert Content.objects.get().used is False
    assert api.broken_file() is None


def test_who_joins_a_case_brings_a_photograph_along(town):
    from xianban.accounts.api import MACHINE
    from xianban.intake import api as intake

    case = make_case(area=GRID)
    held = api.keep(samples.photograph(), name="a.jpg", now=monday(9))
    said = intake.Submission(door="web", text=WORDS, phone="13812345678", files=(held,))
    receipt = intake.attach(said, case.case_id, acting=MACHINE, now=monday(9))
    [file] = api.files_owned(f"request:{receipt.request_id}")
    assert (file.subject, file.seq) == (f"case:{case.case_id}", 2)
    assert api.broken_file() is None
