"""What the pack says is shown as words: never run, never fetched from elsewhere."""

import pytest

from xianban.web.markdown import plain, rendered


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "![x](https://example.org/x.png)",
        '<img src=x onerror="alert(1)">',
        "[x](data:text/html;base64,xx)",
    ],
)
def test_nothing_runs(text):
    html = rendered(text)
    for bad in ("<script", "<img", 'href="javascript', 'href="data', "src="):
        assert bad not in html.replace("&lt;img src=x", "")


def test_headings_stand_below_the_page():
    assert rendered("# a") == "<h3>a</h3>\n"
    assert rendered("# a") == "<h3>a</h3>\n"


def test_plain_words():
    assert plain("**三天**内\n\n1. 一\n2. 二\n\n- 三") == "三天内\n1. 一\n2. 二\n· 三"
