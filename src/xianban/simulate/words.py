"""What residents say, in their own words: built from the category's sayings, a place and a mood."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from xianban.simulate.sheets import leaves, sheet

OPENINGS = {
    "phone": ("来电人反映：", "来电反映，", "市民来电：", "来电人称，", ""),
    "web": (
        "你好，",
        "您好！",
        "",
        "",
        "领导好，",
        "请问有人管吗？",
        "反映一个问题：",
        "再次反映，",
    ),
    "grid": ("巡查发现，", "网格巡查：", "入户走访时居民说，", "巡到此处，"),
}
CONSULT_OPENINGS = ("想咨询一下，", "请问", "您好，想问下，", "来电人咨询：", "麻烦问一下，", "")
SINCE = (
    "已经{n}天了。",
    "从昨天晚上开始的。",
    "上周就这样了。",
    "有半个月了。",
    "今天早上发现的。",
    "断断续续快一个月。",
    "前天{h}点多开始的。",
    "一直没人管。",
    "之前报过一次，好了两天又这样。",
    "刚刚发生的。",
)
JUST_NOW = (
    "刚刚发生的。",
    "今天早上发现的。",
    "半个小时前开始的。",
    "{h}点多开始的。",
    "刚才又严重了。",
)
MOODS = (
    "实在受不了了。",
    "太影响生活了。",
    "真的很着急。",
    "邻居们都有意见。",
    "家里有老人，担心出事。",
    "打了好几个电话都在推。",
    "不想再忍了。",
    "也不知道该找谁。",
)
ASKS = (
    "希望尽快处理。",
    "请有关部门来看看。",
    "麻烦安排人处理一下。",
    "希望给个准话。",
    "请尽快解决，谢谢。",
    "处理完请回个电话。",
    "盼回复。",
    "望核实。",
    "请派人到现场看一下。",
)
CONSULT_ASKS = ("麻烦告知一下。", "希望能一次说清楚。", "谢谢。", "请给个答复。", "网上没查到。")
GRID_ASKS = ("已拍照，需要专业队伍处理。", "已劝导，请相关单位跟进。", "已设临时警示，请尽快派人。")
LONG_PARTS = (
    "我在这里住了{n}多年，以前从来没有这样过。",
    "我们几户商量过，也找过社区，社区同志很热心，但说这个不归他们管。",
    "上次打电话说三个工作日内联系，结果到现在一个电话也没有。",
    "我拍了照片和视频，需要的话可以发过去。",
    "不是只有我一家，整栋楼都是这个情况。",
    "我知道你们也不容易，但这个事情总得有个部门牵头。",
    "如果需要我们业主配合，我们都愿意配合。",
    "要是出了事情谁来负责？",
)
VAGUE = (
    "你们到底管不管啊，打了好几次电话了都没人来。",
    "我有个情况想当面说，麻烦回个电话。",
    "上次说的那个事情还是没有解决。",
    "这边的问题反映很久了，希望领导重视一下。",
    "还是老样子，请看之前的记录。",
    "楼下那个东西什么时候能弄好？",
)
SLIPS = {
    "的": "得",
    "在": "再",
    "已经": "以经",
    "希望": "希忘",
    "那": "哪",
    "账": "帐",
    "坏": "怀",
    "尽快": "尽块",
}
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴"  # fmt: skip
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建国文斌玉兰梅红波辉志宁宇浩然子涵雨轩梓萱思远晓东海燕春生国庆德福淑珍凤琴永康家豪佳怡欣悦一鸣"  # fmt: skip
# Operators' ranges leave 154 unassigned: no such telephone rings.
PHONE_PREFIX = "1540"


@dataclass(frozen=True)
class Site:
    """Where something is, as one would say it."""

    name: str
    kind: str
    road: str
    community: str
    street: str


@dataclass(frozen=True)
class Said:
    """A title and the words themselves."""

    title: str
    text: str


@dataclass(frozen=True)
class Somebody:
    """An invented reporter."""

    name: str
    phone: str


def somebody(rng: np.random.Generator) -> Somebody:
    """A name and a number that reaches nobody."""
    given = "".join(rng.choice(list(GIVEN), size=1 if rng.random() < 0.25 else 2))
    return Somebody(
        str(rng.choice(list(SURNAMES))) + given, f"{PHONE_PREFIX}{rng.integers(10**7):07d}"
    )


def say(
    matter: str,
    site: Site,
    rng: np.random.Generator,
    *,
    how: str = "phone",
    fact: str = "",
    fresh: bool = False,
) -> Said:
    """One request about `matter` at `site`, taken down by `how`: phone, web or grid.

    `fact` is what is wrong, where somebody else reported it before: told in other words around it.
    `fresh` says that it has just happened.
    """
    leaf = leaves()[matter]
    consult = leaf["urgency"] == "consult" and how != "grid"
    fact = fact or fact_of(matter, rng)
    parts = [_pick(rng, CONSULT_OPENINGS if consult else OPENINGS[how])]
    parts.append(f"{_where(matter, site, rng)}{_filled(fact, rng)}")
    parts[-1] += "" if parts[-1][-1] in "？！" else "？" if consult and rng.random() < 0.6 else "。"
    if rng.random() < 0.35:
        parts.append(_filled(_pick(rng, _details(matter)), rng) + "。")
    if not consult and rng.random() < 0.5:
        fresh = fresh or leaf["urgency"] == "critical"
        parts.append(_filled(_pick(rng, JUST_NOW if fresh else SINCE), rng))
    if how != "grid" and rng.random() < 0.08:
        parts += [_filled(part, rng) for part in rng.permutation(LONG_PARTS)[: rng.integers(2, 5)]]
    if how != "grid" and rng.random() < 0.3:
        parts.append(_pick(rng, MOODS))
    if rng.random() < 0.75:
        parts.append(_pick(rng, CONSULT_ASKS if consult else GRID_ASKS if how == "grid" else ASKS))
    title = "" if how == "web" else _title(leaf["level3"], site, rng, consult=consult)
    return Said(title, _slip("".join(parts), rng))


def facts(matter: str) -> list[str]:
    """The ways to say what is wrong: the category's examples, and some more."""
    return [*leaves()[matter]["examples"].split("|"), *_sayings()[matter]["facts"].split("|")]


def fact_of(matter: str, rng: np.random.Generator) -> str:
    """One way to say what is wrong."""
    return _pick(rng, facts(matter))


def say_vaguely(site: Site, rng: np.random.Generator) -> Said:
    """Words from which nobody could tell what it is about."""
    text = _pick(rng, VAGUE)
    return Said("", f"我是{site.community}的，{text}" if rng.random() < 0.7 else text)


@cache
def _sayings() -> dict[str, dict[str, str]]:
    return {row["matter"]: dict(row) for row in sheet("sayings")}


def _details(matter: str) -> list[str]:
    return _sayings()[matter]["details"].split("|")


def _where(matter: str, site: Site, rng: np.random.Generator) -> str:
    if leaves()[matter]["urgency"] == "consult":
        return f"我住{site.community}，" if rng.random() < 0.4 else ""
    if site.kind in ("estate", "village"):
        building = (
            f"{rng.integers(1, 24)}号楼" if site.kind == "estate" and rng.random() < 0.6 else ""
        )
        unit = f"{rng.integers(1, 5)}单元" if building and rng.random() < 0.4 else ""
        lead = _pick(
            rng, ("", f"{site.street}", f"{site.road}上的", f"{site.community}", "我家住在")
        )
        return f"{lead}{site.name}{building}{unit}，"
    beside = _pick(rng, ("门口", "附近", "旁边", "对面", "路段", ""))
    if site.kind == "road":
        near = _pick(rng, (f"靠近{site.community}", f"（{site.street}段）", "", "公交站旁", "路口"))
        return f"{site.name}{near}，"
    return (
        f"{site.name}{beside}，"
        if rng.random() < 0.6
        else f"{site.street}{site.road}{site.name}{beside}，"
    )


def _title(matter_name: str, site: Site, rng: np.random.Generator, *, consult: bool) -> str:
    if rng.random() < 0.12:
        return ""
    return f"咨询{matter_name}" if consult else f"{site.name}{matter_name}"


def _filled(text: str, rng: np.random.Generator) -> str:
    return text.format(n=rng.integers(2, 12), h=rng.integers(6, 23), t=rng.integers(12, 17))


def _slip(text: str, rng: np.random.Generator) -> str:
    """Now and then a character is mistyped."""
    if rng.random() > 0.04:
        return text
    right = _pick(rng, tuple(SLIPS))
    return text.replace(right, SLIPS[right], 1)


def _pick(rng: np.random.Generator, choices: Sequence[str]) -> str:
    return choices[int(rng.integers(len(choices)))]
