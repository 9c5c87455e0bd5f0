"""Hot issues of a batch of texts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from xianban.foresight import checking
from xianban.foresight.issues.arguments import every_text, moment, moments, one_each, supports
from xianban.foresight.issues.hot import HotIssue
from xianban.foresight.issues.watching import Watch


def find(
    texts: Sequence[str],
    *,
    times: ArrayLike,
    places: Sequence[str | None] | None = None,
    authors: Sequence[object] | None = None,
    support: ArrayLike | None = None,
    top: int = 10,
    now: np.datetime64 | str | None = None,
) -> list[HotIssue]:
    """What residents are talking about: one place or body and one problem each, most people first.

    `texts`: a list of str, each a title and a body joined by a newline, or a text alone (its first
    sentence then serves as title). `times`: one for each, datetime64 of any unit or ISO text.
    `places`: one name for each, shown as it is. `authors`: anything that tells persons apart; several
    texts of one author are one voice; without authors, near copies are one voice. `support`: likes,
    from 0. `top`: how many issues at most. `now`: texts later than it are left out; the latest time
    where it is not given.

    Answers a list of `HotIssue`, shorter than `top` where there are fewer; an issue has at least two
    texts. The order is people, then heat. Empty, not an error, where nothing belongs together.

    How: each two texts that share rare words or names get a chance to be one issue, from how alike
    they are in words, in words without names, in names of places and bodies (found by their endings),
    and in the kind of problem; texts that name different places are held apart. Groups are joined by
    average linkage (Sokal and Michener 1958). The weights were fitted on hand-judged messages of one
    Chinese city; the names and kinds are those of any Chinese city, not of any other language.

    False alarms: texts that have nothing to do with one another make no issue; a theme (the same
    question about one policy, one metro line) may still appear as one, mostly with few people.
    Nothing here says whether an issue is more than usual: for that, count its texts by week and ask
    `outbreaks`. For texts one at a time use `Watch`; for copies alone, `near_duplicates`.

    Raises BadInput where texts are empty or lengths differ, for missing times and negative support.

    >>> found = find(
    ...     ["丽景新城旁搅拌站噪音扰民", "丽景新城旁边的搅拌站噪音太大", "西湖路路灯不亮"],
    ...     times=["2026-03-01", "2026-03-02", "2026-03-03"], authors=["a", "b", "c"],
    ... )
    >>> found[0].title, found[0].people, found[0].members.tolist()
    ('丽景新城旁搅拌站噪音扰民', 2, [0, 1])
    """
    written = every_text(texts)
    size = len(written)
    when = moments(times, length=size)
    who = one_each(authors, name="authors", length=size)
    where = one_each(places, name="places", length=size)
    likes = supports(support, length=size)
    checking.whole(top, name="top", least=1)
    until = when.max() if now is None else moment(now, name="now")
    watch, order = Watch(), np.argsort(when, kind="stable")
    order = order[when[order] <= until]
    for i in order.tolist():
        watch.add(written[i], time=when[i], place=where[i], author=who[i], support=float(likes[i]))
    return [issue.renumbered(order) for issue in watch.issues(top=top, now=until)]
