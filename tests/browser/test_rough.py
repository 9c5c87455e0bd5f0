"""When things go roughly: many at once, a slow line, a hasty hand, hostile words and files."""

import threading
from urllib.parse import urlencode
from urllib.request import Request as Call
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from browser.test_handler import case_for
from browser.test_journey import WORDS, act
from files import samples
from xianban.casework.models import Case
from xianban.files.api import limits
from xianban.intake.models import Request
from xianban.ledger.api import verify
from xianban.ledger.models import Act

SCRIPT = "<script>window.ran=1</script><img src=x onerror='window.ran=1'>{{ 7*7 }}"


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    on_disk = {**settings.FILES_ON_DISK, "OPTIONS": {"location": tmp_path / "files"}}
    settings.STORAGES = {**settings.STORAGES, "files": on_disk}


def slowly(page, seconds=2):
    """Whatever goes over the line takes its time; what was sent."""
    sent = []
    page.on("request", lambda asked: asked.method == "POST" and sent.append(asked.url))
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    told = {"offline": False, "latency": seconds * 1000, "downloadThroughput": -1}
    line.send("Network.emulateNetworkConditions", {**told, "uploadThroughput": -1})
    return sent, line


def test_ten_residents_at_once_each_sending_twice(town):
    told, barrier = {}, threading.Barrier(20)

    def send(n, turn):
        body = urlencode({"text": f"{WORDS}, house {n}", "place": "Mill", "key": f"{n:032x}"})
        call = Call(f"{town.url}/", body.encode(), {"Accept": "application/json"})
        barrier.wait(30)
        with urlopen(call, timeout=120) as answer:
            told[n, turn] = answer.read()

    threads = [threading.Thread(target=send, args=(n, turn)) for n in range(10) for turn in (1, 2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(told) == 20
    assert all(told[n, 1] == told[n, 2] for n in range(10))
    assert len(set(told.values())) == 10
    assert (Request.objects.count(), Case.objects.count()) == (10, 10)
    assert verify().broken is None


def test_on_a_slow_line_one_sees_that_it_goes_and_it_goes_once(page, town):
    page.set_default_timeout(60_000)
    page.goto(town.url)
    page.fill("#id_text", WORDS)
    sent, _ = slowly(page, 3)
    button = page.get_by_role("button", name="提交", exact=True)
    button.click(no_wait_after=True)
    expect(button).to_have_attribute("aria-busy", "true")
    expect(page.locator("#sending")).not_to_be_empty()
    button.click(no_wait_after=True, force=True)
    page.wait_for_url("**/follow/**")
    assert len([url for url in sent if url == f"{town.url}/"]) == 1
    assert Case.objects.count() == 1


def test_a_hasty_hand_sends_every_form_once(page, town, sign_in):
    case = case_for(page, town, sign_in)
    handler = sign_in("handler")
    sent, _ = slowly(handler, 1)

    def twice(verb, **said):
        handler.goto(case)
        fold = handler.locator(f"#act-{verb}")
        fold.locator("summary").click()
        for name, value in said.items():
            fold.locator(f"[name='{name}']").fill(value)
        button = fold.locator("button[type=submit]").last
        with handler.expect_navigation():
            button.dblclick(no_wait_after=True)
        assert not handler.locator("#conflict").count()

    twice("sign")
    twice("note", text="看过现场")
    act(handler, "report", text="清运了")
    assert len(sent) == 3
    page.reload()
    told, _ = slowly(page, 1)
    page.get_by_label("解决了", exact=True).check()
    with page.expect_navigation():
        page.get_by_role("button", name="提交评价").dblclick(no_wait_after=True)
    expect(page.locator("#headline")).to_have_text("这件事已经办结")
    assert len(told) == 1
    verbs = list(Act.objects.filter(subject=f"case:{Case.objects.get().pk}").values_list("verb", flat=True))  # fmt: skip
    for verb in ("sign", "note", "report", "rate"):
        assert verbs.count(verb) == 1, verbs


def test_back_after_sending_sends_nothing_again(page, town, sign_in):
    case = case_for(page, town, sign_in)
    handler = sign_in("handler")
    handler.goto(case)
    act(handler, "note", text="看过现场")
    handler.go_back()
    handler.go_forward()
    handler.reload()
    assert Act.objects.filter(verb="note").count() == 1
    page.go_back()
    page.go_forward()
    page.reload()
    expect(page.locator("#headline")).to_be_visible()
    assert Case.objects.count() == 1


@pytest.mark.parametrize("scripted", [True, False])
def test_a_photograph_of_twenty_megabytes(browser, town, tmp_path, scripted):
    huge = tmp_path / "IMG_0001.jpg"
    picture = samples.photograph(size=(4000, 3000), quality=100)
    huge.write_bytes(picture + b"\0" * (20_000_000 - len(picture)))
    context = browser.new_context(locale="zh-CN", java_script_enabled=scripted)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(town.url)
    page.fill("#id_text", WORDS)
    page.set_input_files("#files", huge)
    if scripted:  # made smaller before it travels
        expect(page.locator("ul.held li")).to_have_count(1, timeout=60_000)
    page.get_by_role("button", name="提交", exact=True).click()
    if not scripted and limits().mb < 20:  # said in a sentence, and every word is kept
        expect(page.locator(".fault", has_text="IMG_0001.jpg")).to_be_visible()
        expect(page.locator("#id_text")).to_have_value(WORDS)
        page.get_by_role("button", name="提交", exact=True).click()
    page.wait_for_url("**/follow/**")
    expect(page.locator("[data-gallery] img")).to_have_count(int(scripted or limits().mb >= 20))
    assert Case.objects.count() == 1
    context.close()


def test_what_is_hostile_is_shown_and_not_run(page, town, sign_in):
    asked = []
    page.on("dialog", lambda dialog: asked.append(dialog.message) or dialog.dismiss())
    page.goto(town.url)
    page.fill("#id_text", f"{WORDS} {SCRIPT}")
    page.fill("#id_place", f"Mill {SCRIPT}")
    page.fill("#id_name", "<b onmouseover=alert(1)>Ann</b>")
    name = '../../x"><img src=x onerror=window.ran=1>.jpg'
    page.set_input_files("#files", {"name": name, "mimeType": "text/html", "buffer": samples.photograph()})  # fmt: skip
    expect(page.locator("ul.held li")).to_have_count(1, timeout=60_000)
    page.get_by_role("button", name="提交", exact=True).click()
    page.wait_for_url("**/follow/**")
    number = page.inner_text("#number")
    desks = [page]
    for who in ("dispatcher", "agent"):
        desk = sign_in(who)
        desk.goto(f"{town.url}/cases/?q=rubbish")
        assert desk.evaluate("window.ran") is None
        desk.goto(f"{town.url}/cases/{number}/")
        desks.append(desk)
    for desk in desks:
        expect(desk.get_by_text("window.ran=1</script>").first).to_be_visible()
        expect(desk.get_by_text("{{ 7*7 }}").first).to_be_visible()
        assert desk.locator("img[src=x]").count() == 0
        assert desk.evaluate("window.ran") is None
    act(desks[1], "note", text=SCRIPT)
    expect(desks[1].locator(".line-of-acts").first).to_contain_text("window.ran=1</script>")
    assert desks[1].evaluate("window.ran") is None
    assert not asked


def test_two_handlers_at_once_the_second_hears_and_keeps_the_words(page, town, sign_in):
    case = case_for(page, town, sign_in)
    first, second = sign_in("handler"), sign_in("handler", width=390)
    for desk in (first, second):
        desk.goto(case)
    act(first, "sign")
    act(second, "contact", contacted="no", text="打了三次没有接")
    expect(second.locator("#conflict")).to_contain_text("Handler")
    expect(second.locator("#conflict")).to_be_in_viewport()
    expect(second.locator("#act-contact [name=text]")).to_have_value("打了三次没有接")
