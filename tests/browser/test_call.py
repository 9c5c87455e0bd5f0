"""An agent at the desk, with a keyboard and nothing else."""

import pytest
from playwright.sync_api import expect

from builders import write_town
from files import samples
from xianban.base.clock import utc_now

LAMPS = """---
title: 路灯坏了多久修好？
matters: 02
keywords: 路灯;灯不亮
source: 路灯养护承诺
---
**三个工作日**内修好。
"""
AGENT = "agent"


@pytest.fixture
def desk(town, sign_in, tmp_path):
    """The desk of an agent in a town that has an answer about lamps."""
    from xianban.city.api import forget, load

    pack = write_town(tmp_path / "with-answers", drawn=True)
    (pack / "knowledge").mkdir()
    (pack / "knowledge" / "lamps.md").write_text(LAMPS)
    load(pack, now=utc_now())
    forget()
    page = sign_in(AGENT)
    page.goto(f"{town.url}/cases/call/")
    expect(page.locator("#id_phone")).to_be_focused()
    return page


def type_call(page, phone="13812345678", text="rubbish lies beside the mill", place="Mill"):
    """What the caller says, field by field, by Enter alone."""
    page.keyboard.type(phone)
    page.keyboard.press("Enter")
    expect(page.locator("#id_text")).to_be_focused()
    page.keyboard.insert_text(text)
    page.keyboard.press("F4")
    page.keyboard.type(place)


def test_from_the_ring_to_the_number_by_keyboard_alone(desk):
    type_call(desk)
    panel = desk.locator("#panel")
    expect(panel).to_contain_text("Bridge Street Office")
    desk.keyboard.press("Alt+1")
    expect(panel.locator("[data-key='1']")).to_have_attribute("aria-pressed", "true")
    desk.keyboard.press("F9")
    number = desk.locator("#last-number")
    expect(number).to_be_visible()
    expect(desk.locator("#id_phone")).to_be_focused()
    expect(desk.locator("#id_text")).to_have_value("")
    assert desk.evaluate("sessionStorage.getItem('xianban-call')") is None

    from xianban.intake.models import Burden

    cost = Burden.objects.get()
    assert cost.kind == "plain"
    # telephone and place letter by letter; the words came as one, as from an input method
    assert cost.keys <= len("13812345678") + len("Mill") + 5
    assert cost.fields <= 4


def test_a_question_is_closed_at_once(desk):
    desk.keyboard.press("F2")
    desk.keyboard.insert_text("我家门口路灯不亮，多久能修")
    answer = desk.locator("#panel [data-key='7']")
    expect(answer).to_contain_text("路灯坏了多久修好")
    desk.keyboard.press("Alt+7")
    expect(desk.locator("#id_answer")).to_have_value("三个工作日内修好。")
    expect(desk.locator("#save-word")).to_have_text("答复并办结")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#last-call")).to_contain_text("已当场答复并办结")

    from xianban.casework.models import Case

    assert Case.objects.get().ending == "answered"


def test_keys_rest_while_a_character_is_being_composed(desk):
    desk.keyboard.press("F2")
    desk.keyboard.insert_text("rubbish lies beside the mill")
    expect(desk.locator("#panel [data-key='1']")).to_be_visible()
    desk.evaluate(
        """() => { for (const key of ["F9", "Enter", "F4"]) document.activeElement.dispatchEvent(
        new KeyboardEvent("keydown", { key, code: key, ctrlKey: key === "Enter", isComposing: true, bubbles: true, cancelable: true })); }"""
    )
    expect(desk.locator("#id_text")).to_be_focused()
    expect(desk.locator("#last-call")).to_have_count(0)


def test_what_was_typed_outlives_a_reload_and_a_lost_connection(desk):
    type_call(desk)
    desk.reload()
    expect(desk.locator("#id_text")).to_have_value("rubbish lies beside the mill")
    expect(desk.locator("#draft-note")).to_contain_text("已找回")
    desk.context.set_offline(True)
    desk.keyboard.press("F9")
    expect(desk.locator("#draft-note")).to_contain_text("网络断开")
    expect(desk.locator("#id_place")).to_have_value("Mill")
    desk.context.set_offline(False)
    desk.keyboard.press("F9")
    expect(desk.locator("#last-number")).to_be_visible()


def test_what_was_attached_outlives_a_reload(desk, tmp_path):
    type_call(desk)
    desk.set_input_files("#call-files", {"name": "lamp.jpg", "mimeType": "image/jpeg", "buffer": samples.photograph(size=(80, 60))})  # fmt: skip
    expect(desk.locator("[name=held]")).to_have_count(1)
    desk.reload()
    expect(desk.locator("[name=held]:checked")).to_have_count(1)
    desk.keyboard.press("F9")
    expect(desk.locator("#last-number")).to_be_visible()

    from xianban.files.models import Attached

    assert Attached.objects.count() == 1


def test_the_keys_are_at_hand_while_one_types(desk):
    desk.keyboard.press("F2")
    desk.keyboard.press("F1")
    expect(desk.locator("#keys .key-hints")).to_be_in_viewport()
    desk.keyboard.press("Escape")
    expect(desk.locator("#keys .key-hints")).to_be_hidden()


def test_pressed_twice_it_is_saved_once(desk):
    type_call(desk)
    desk.keyboard.press("F9")
    desk.keyboard.press("F9")
    expect(desk.locator("#last-number")).to_be_visible()

    from xianban.casework.models import Case

    assert Case.objects.count() == 1


def test_a_photograph_by_one_key(desk, tmp_path, settings):
    on_disk = {**settings.FILES_ON_DISK, "OPTIONS": {"location": tmp_path / "files"}}
    settings.STORAGES = {**settings.STORAGES, "files": on_disk}
    picture = tmp_path / "磨坊.jpg"
    picture.write_bytes(samples.photograph())
    type_call(desk)
    with desk.expect_file_chooser() as chooser:
        desk.keyboard.press("Alt+p")
    chooser.value.set_files(picture)
    expect(desk.locator("ul.held li")).to_have_count(1, timeout=60_000)
    desk.keyboard.press("F9")
    desk.get_by_role("link", name="看这一件").click()
    expect(desk.locator("[data-gallery] img").first).to_be_visible()


def test_withdrawn_by_one_key(desk):
    type_call(desk)
    desk.keyboard.press("F9")
    expect(desk.locator("#last-number")).to_be_visible()
    desk.keyboard.press("Alt+z")
    expect(desk.locator("#last-call")).to_contain_text("已撤回")


def test_everything_is_reached_by_tab(desk):
    desk.keyboard.press("F2")
    desk.keyboard.insert_text("rubbish lies beside the mill 路灯")
    expect(desk.locator("#panel [data-key='1']")).to_be_visible()
    desk.locator("#id_phone").focus()
    reached = set()
    for _ in range(40):
        reached.add(
            desk.evaluate(
                "document.activeElement.name || document.activeElement.id || document.activeElement.dataset.set"
            )
        )
        desk.keyboard.press("Tab")
    assert {
        "phone",
        "name",
        "text",
        "place",
        "matter",
        "unit",
        "kind",
        "channel",
        "save",
        "source",
    } <= reached
