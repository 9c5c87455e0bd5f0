"""Every address is looked at with axe and in pictures, or stands aside with a reason."""

from collections.abc import Iterator

from django.urls import URLResolver, get_resolver

from browser.pages import NO_PAGE, PAGES

ELSEWHERE = ("api/", "open311/", "healthz", "static/")  # for machines


def routes(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, str]]:
    for entry in resolver.url_patterns:
        where = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, where)
        elif not where.startswith(ELSEWHERE):
            yield where, entry.name or where


def test_every_page_is_looked_at():
    looked_at = {seen.route for seen in PAGES} | set(NO_PAGE)
    missing = {name: where for where, name in routes(get_resolver()) if name not in looked_at}
    assert not missing, f"add a line to tests/browser/pages.py for each of {missing}"


def test_nothing_is_listed_that_is_not_there():
    there = {name for _, name in routes(get_resolver())} | {""}
    assert {seen.route for seen in PAGES} | set(NO_PAGE) <= there


def test_a_picture_has_a_name_of_its_own():
    names = [seen.name for seen in PAGES]
    assert len(names) == len(set(names))
