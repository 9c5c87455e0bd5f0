"""A handler's day: on a phone from today to done, many at once at a desk, a session that ends."""

from playwright.sync_api import expect

from browser.test_journey import act, report


def case_for(page, town, sign_in):
    """A report that is with the handler's street office; its address."""
    number, _ = report(page, town.url)
    desk = sign_in("dispatcher")
    desk.goto(f"{town.url}/cases/{number}/")
    if desk.locator("#act-dispatch").count():
        act(desk, "dispatch", unit="Bridge Street Office")
    return f"{town.url}/cases/{number}/"


def test_from_today_to_done_on_a_phone(page, town, sign_in):
    case = case_for(page, town, sign_in)
    phone = sign_in("handler", width=390)
    phone.goto(f"{town.url}/today/")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    with phone.expect_navigation():
        phone.get_by_role("button", name="签收").click()
    expect(phone.get_by_text("已记下：签收。")).to_be_visible()
    with phone.expect_navigation():
        phone.get_by_role("link", name="联系诉求人").click()
    form = phone.locator("#act-contact")
    with phone.expect_navigation():
        form.get_by_role("button", name="显示电话").click()
    expect(phone.locator("a[href='tel:13812345678']").first).to_be_visible()
    form = phone.locator("#act-contact")
    if form.get_attribute("open") is None:
        form.locator("summary").click()
    with phone.expect_navigation():
        form.get_by_role("button", name="联系上了").click()
    act(phone, "note", text="到场看过，明早清运")
    phone.goto(case)
    form = phone.locator("#act-extend")
    form.locator("summary").click()
    form.locator("[name='by.number']").fill("12")
    form.locator("[name='by.unit']").select_option("h")
    form.locator("[name='text']").fill("清运车在修")
    with phone.expect_navigation():
        form.get_by_role("button", name="下一步").click()
    expect(phone.locator(".foretold")).to_contain_text("新的期限")
    with phone.expect_navigation():
        phone.get_by_role("button", name="确认延期").click()
    act(phone, "report", text="已清运干净。", solved="yes")
    expect(phone.locator(".head .chip").last).to_have_text("已答复")
    phone.go_back()
    phone.goto(f"{town.url}/today/")
    expect(phone.get_by_role("heading", name="等别人")).to_be_visible()


def test_many_are_signed_and_a_list_is_kept(page, town, sign_in):
    case_for(page, town, sign_in)
    desk = sign_in("handler")
    desk.goto(f"{town.url}/cases/")
    desk.keyboard.press("j")
    desk.keyboard.press("x")
    expect(desk.locator("[data-ticked]")).to_have_text("1")
    with desk.expect_navigation():
        desk.get_by_role("button", name="批量办理").click()
    with desk.expect_navigation():
        desk.get_by_role("button", name="确认签收").click()
    expect(desk.get_by_text("办好 1 件。")).to_be_visible()
    desk.goto(f"{town.url}/cases/?tab=soon")
    desk.locator(".filter-fold > summary").click()
    desk.get_by_placeholder("给这张清单起个名字").fill("快到期的")
    with desk.expect_navigation():
        desk.get_by_role("button", name="存为视图").click()
    expect(desk.locator(".views a[aria-current]")).to_have_text("快到期的")


def test_a_session_that_ends_in_the_middle_of_a_form(page, town, sign_in):
    case = case_for(page, town, sign_in)
    phone = sign_in("handler", width=390)
    phone.goto(case)
    phone.locator("#act-note summary").click()
    phone.locator("#act-note [name='text']").fill("写了很久的一段话")
    phone.context.clear_cookies(name="sessionid")
    with phone.expect_navigation():
        phone.locator("#act-note button[type=submit]").click()
    phone.fill("#id_login", "handler")
    phone.fill("#id_password", "bridge-over-water-7")
    with phone.expect_navigation():
        phone.click("main button[type=submit]")
    expect(phone.locator("#kept")).to_contain_text("登录过期了")
    expect(phone.locator("#act-note [name='text']")).to_have_value("写了很久的一段话")
    with phone.expect_navigation():
        phone.locator("#act-note button[type=submit]").click()
    expect(phone.locator("blockquote", has_text="写了很久的一段话")).to_have_count(1)
