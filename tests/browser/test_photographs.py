"""Photograph first on a phone, then the story, the handler, and a note with a photograph."""

import os

import pytest
from playwright.sync_api import expect

from browser.test_journey import WORDS, act
from files import samples

SHOTS = os.environ.get("SHOTS", "")


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    on_disk = {**settings.FILES_ON_DISK, "OPTIONS": {"location": tmp_path / "files"}}
    settings.STORAGES = {**settings.STORAGES, "files": on_disk}


@pytest.fixture
def photograph(tmp_path):
    """A large one, as a telephone makes it, with its place; the browser shrinks it."""
    path = tmp_path / "IMG_2046.jpg"
    path.write_bytes(samples.photograph(size=(4000, 3000), place=(31.2, 121.4), quality=100))
    assert path.stat().st_size < 1_500_000  # one colour is small: let it be drawn anew all the same
    path.write_bytes(path.read_bytes() + b"\0" * 2_000_000)
    return path


def look(page, name):
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_a_photograph_first_on_a_phone_and_a_note_with_one(page, town, sign_in, photograph):
    page.set_default_timeout(30_000)
    page.goto(town.url)
    page.set_input_files("#files", photograph)
    expect(page.locator("ul.held li")).to_have_count(1, timeout=60_000)
    place = page.locator("[name=photo_place]")
    expect(place).to_have_count(1)
    assert page.input_value("#id_lat") == ""
    place.check()
    assert page.input_value("#id_lat") == "31.2"
    page.fill("#id_text", WORDS)
    look(page, "report-390")
    page.fill("#id_phone", "13812345678")
    page.get_by_role("button", name="提交", exact=True).click()
    page.wait_for_url("**/follow/**", timeout=60_000)
    number = page.inner_text("#number")
    expect(page.locator("[data-gallery] img")).to_have_count(1)
    look(page, "story-390")

    dispatcher = sign_in("dispatcher")
    dispatcher.goto(f"{town.url}/cases/{number}/")
    if dispatcher.locator("#act-dispatch").count():
        act(dispatcher, "dispatch", unit="Bridge Street Office")

    handler = sign_in("handler")
    handler.goto(f"{town.url}/cases/{number}/")
    picture = handler.locator("[data-gallery] a[data-picture]").first
    picture.focus()
    handler.keyboard.press("Enter")
    viewer = handler.locator("dialog.viewer")
    expect(viewer).to_be_visible()
    handler.wait_for_function("document.querySelector('dialog.viewer img').naturalWidth > 2000")
    if SHOTS:
        handler.screenshot(path=f"{SHOTS}/viewer-1440.png")
    handler.keyboard.press("Escape")
    expect(viewer).to_have_count(0)
    note = handler.locator("#act-note")
    note.locator("summary").click()
    note.locator("[name=text]").fill("seen, and here is how it looks")
    note.locator("input[type=file]").set_input_files(photograph)
    expect(note.locator("ul.held li")).to_have_count(1, timeout=60_000)
    expect(note.locator("[name=photo_place]")).to_have_count(0)
    look(handler, "case-1440")
    with handler.expect_navigation():
        note.locator("button[type=submit]").click()
    expect(handler.locator(".line-of-acts [data-gallery] img")).to_have_count(2)
    look(handler, "noted-1440")
    handler.set_viewport_size({"width": 390, "height": 844})
    look(handler, "noted-390")
    handler.set_viewport_size({"width": 2560, "height": 1300})
    look(handler, "noted-2560")


def test_without_scripts_a_refused_form_keeps_its_photograph(browser, town, photograph):
    context = browser.new_context(locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    page.goto(town.url)
    page.set_input_files("#files", photograph)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("ul.held li")).to_have_count(1, timeout=60_000)
    page.fill("#id_text", WORDS)
    page.fill("#id_place", "Mill")
    page.get_by_role("button", name="提交", exact=True).click()
    page.wait_for_url("**/follow/**", timeout=60_000)
    expect(page.locator("[data-gallery] img")).to_have_count(1)
    context.close()
