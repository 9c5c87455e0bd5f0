"""A headline for an issue, taken from what residents wrote: the most central of their own titles."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from xianban.foresight.issues.grams import Ints
from xianban.foresight.issues.likeness import shared_words
from xianban.foresight.issues.traits import Traits

SHORT, LONG = 8, 30  # characters between which a headline is comfortable
SEEN = 0.15  # a name in fewer of the members' heads is not shown
EARLY = 0.96  # for each character by which the place's name comes later than the fifth
_EDGES = re.compile(r"^[\s,，。.、:：;；!！?？~…—\-]+|[\s,，。.、:：;；!！?？~…—\-]+$")
_MARKS = re.compile(r"[!！]{1,}")
_HEATED = re.compile(
    "无良|黑心|霸王|坑|欺压|救救|拯救|寒心|惊|天理|何在|良心|血汗|可恶|强烈|恶劣|甩锅|踢皮球|做个人|恳求|盼|"
    "再次|第[一二三四五六七八九十0-9]+次|又|请书记|请领导|求"
)
_ASKING = re.compile("[?？]|吗|呢|何时|什么时候|怎么|为何|为什么|谁|难道|哪")
_CRYING = re.compile("[!！~]")
_VAGUE = re.compile("一些问题|诸多问题|若干问题|相关问题|有关问题|的问题$|一事|乱象")


def headline(
    traits: Traits, headlines: Sequence[str], members: Ints, *, names: Sequence[str]
) -> tuple[str, Ints]:
    """The best title among the members', and the members from the most central to the least."""
    central = _centrality(traits, members)
    scores = [
        float(central[k]) * _manner(headlines[i], names) for k, i in enumerate(members.tolist())
    ]
    best = members[int(np.argmax(scores))]
    return _clean(headlines[best]), members[np.argsort(-central, kind="stable")]


def _centrality(traits: Traits, members: Ints) -> NDArray[np.float64]:
    """How much each member shares with the others, itself left out; copies count once."""
    if len(members) == 1:
        return np.ones(1)
    first, second = (members[side] for side in np.triu_indices(len(members), 1))
    likeness = np.minimum(shared_words(traits, first, second), 0.6)  # beyond this it is a copy
    total = np.zeros(len(members))
    rows, columns = np.triu_indices(len(members), 1)
    np.add.at(total, rows, likeness)
    np.add.at(total, columns, likeness)
    return total / (len(members) - 1) + 1e-3


def _manner(title: str, names: Sequence[str]) -> float:
    """How well a title would do as a headline, whatever it says: 1 if nothing speaks against it."""
    size = len(title)
    score = 1.0
    if size < SHORT:
        score *= size / SHORT * 0.5
    if size > LONG:
        score *= LONG / size
    folded = title.lower()
    where = [folded.find(name) for name in names if name in folded]
    if names and not where:
        score *= 0.4
    elif where:
        score *= EARLY ** max(0, min(where) - 4)
    for fault, factor in ((_HEATED, 0.6), (_ASKING, 0.75), (_CRYING, 0.8), (_VAGUE, 0.7)):
        if fault.search(title):
            score *= factor
    return score


def _clean(title: str) -> str:
    """Without marks at its ends; a question keeps its question mark."""
    asks = title.rstrip().endswith(("?", "？"))
    plain = _MARKS.sub("！", _EDGES.sub("", title))
    return plain + "？" if asks else plain


def common_names(traits: Traits, members: Ints, *, most: int) -> tuple[str, ...]:
    """The names that the members share, most shared first; of names within one another the longer."""
    counts = Counter(name for i in members.tolist() for name in traits.named[i].all)
    heads = Counter(name for i in members.tolist() for name in traits.named[i].head)
    least = max(2, 0.3 * len(members))
    ranked = sorted(
        (name for name in counts if counts[name] >= least and heads[name] >= SEEN * len(members)),
        key=lambda name: (-heads[name], -counts[name], -len(name), name),
    )
    chosen: list[str] = []
    for name in ranked:
        within = [k for k, other in enumerate(chosen) if other in name or name in other]
        if not within:
            chosen.append(name)
        elif len(name) > len(chosen[within[0]]) and 2 * heads[name] >= heads[chosen[within[0]]]:
            chosen[within[0]] = name
    return tuple(dict.fromkeys(chosen))[:most]
