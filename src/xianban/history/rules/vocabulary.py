"""Words that enough people use to be nobody's: the rest of a text is masked.

A word is kept from the month on in which at least `k` different reporters had used it, in at least `k`
texts that are no near copies of one another. All who left no contact count as one reporter. A name that
the segmenter took apart is put together again before it is counted: what stands letter by letter counts as
one word, and a surname counts with the word that follows it. Numbers are masked whoever uses them.
"""

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from functools import lru_cache

import numpy as np
import polars as pl

WORD, NUMBER = "□", "#"
SPACE = re.compile(r"[\s\W_]", re.UNICODE)
DIGITS = "零〇一二三四五六七八九十百千两壹贰叁肆伍陆柒捌玖拾幺"
NUMERIC = re.compile(rf"[\d①-⑳]|^[{DIGITS}]+$")
# letters that stand alone in ordinary sentences and are no surnames: they tie no name together
PARTICLES = frozenset(
    "的了是在我你他她它们有没不也都就和与及或把被让给对从到向往上下里外内前后左右中间旁"
    "大小多少很太又再还要能会可请问好吗呢吧啊个次这那些点天月年日时分号楼家人说住叫找请望"
)
SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章苏潘葛奚范彭郎鲁韦"
    "马苗凤花方俞任袁柳鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于傅皮卞齐康伍余元卜顾孟平黄穆萧尹姚邵湛汪"
    "祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊"
    "胡凌霍虞万支柯昝管卢莫房裘缪干解应宗丁宣邓郁单杭洪包诸石崔吉钮龚程嵇邢裴陆荣翁荀羊惠甄曲封储靳"
    "段富巫乌焦巴牧山谷车侯宓蓬全班仰秋仲伊宫宁仇栾甘厉戎祖武符刘景詹束龙叶幸司韶黎薄白怀蒲索赖卓蔺屠蒙池乔"
    "阴能苍双闻党翟谭贡劳申扶冉宰雍桑桂濮牛寿边扈燕冀浦尚农温别庄晏柴瞿阎慕连习艾向古易廖终衡耿满弘匡国文寇"
    "关阙师聂辛那简饶曾沙丰红游权盖益桓公佟肖覃涂代欧"
)
DOUBLE = frozenset(
    [
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "令狐",
        "司徒",
        "端木",
        "夏侯",
        "南宫",
        "独孤",
        "长孙",
    ]
)


def units(text: str, words: Iterable[str]) -> Iterator[str]:
    """The text taken apart into what is counted and masked as one, every letter in it once and in order.

    >>> list(units("王建国说灯坏了", ["王", "建国", "说", "灯", "坏", "了"]))
    ['王建国', '说', '灯坏', '了']
    """
    held = ""  # letters that stood alone, one after another
    named = False  # whether what is held ends with a surname: then the word after belongs to it
    for word in words:
        kind = _kind(word)
        if named and kind is not Kind.APART and len(word) <= 2:
            yield held + word
            held, named = "", False
        elif kind is Kind.SURNAME:
            if held and len(word) > 1:
                yield held
                held = ""
            held, named = held + word, True
        elif kind is Kind.LETTER:
            held += word
        else:
            if held:
                yield held
                held, named = "", False
            yield word
    if held:
        yield held


class Kind(Enum):
    """What a word is to its neighbours."""

    APART = "a mark, a space or a number: nothing is tied to it"
    WORD = "ordinary"
    LETTER = "a letter that stands alone: tied to other letters beside it"
    SURNAME = "tied to what follows"


@lru_cache(maxsize=1 << 17)
def _kind(word: str) -> Kind:
    if NUMERIC.search(word) or SPACE.match(word):
        return Kind.APART
    if word in DOUBLE or word in SURNAMES:
        return Kind.SURNAME
    return Kind.LETTER if len(word) == 1 and word not in PARTICLES else Kind.WORD


class Lexicon:
    """Every unit once, so that a million texts are lists of small numbers."""

    def __init__(self) -> None:
        self.number: dict[str, int] = {}

    def read(self, text: str) -> "array[int]":
        """The units of a text, as numbers."""
        import rjieba  # reads its dictionary at the first use

        known = self.number
        return array(
            "i", (known.setdefault(one, len(known)) for one in units(text, rjieba.cut(text)))
        )


def kept_since(texts: Sequence["array[int]"], who: pl.DataFrame, *, k: int) -> dict[int, int]:
    """The month since which each unit may be read; units that never may are not in it.

    `texts`: n texts as a `Lexicon` read them. `who`: columns reporter, copy (equal for near copies)
    and month, n rows.
    """
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    flat = np.frombuffer(b"".join(one.tobytes() for one in texts), np.int32)
    uses = pl.DataFrame({"word": flat}).with_columns(
        who[name].gather(np.repeat(np.arange(len(texts)), lengths)) for name in who.columns
    )
    since = [
        uses.group_by("word", voice)
        .agg(pl.col("month").min())
        .group_by("word")
        .agg(pl.col("month").sort().slice(k - 1, 1).first())
        .drop_nulls()
        for voice in ("reporter", "copy")
    ]
    both = since[0].join(since[1], on="word")
    months = both.select("word", pl.max_horizontal("month", "month_right").alias("month"))
    return dict(months.iter_rows())


class Mask:
    """What anyone may read of texts, month by month."""

    def __init__(self, lexicon: Lexicon, since: dict[int, int]) -> None:
        self._shown = [_always(word) for word in lexicon.number]
        self._words, self._since = list(lexicon.number), since

    def __call__(self, text: "array[int]", month: int) -> str:
        """Words kept by that month, # for numbers, one □ for a stretch of anything else."""
        out: list[str] = []
        for unit in text:
            shown = self._shown[unit]
            if shown is None:
                shown = self._words[unit] if self._since.get(unit, month + 1) <= month else WORD
            if not (shown in (WORD, NUMBER) and out and out[-1] == shown):
                out.append(shown)
        return "".join(out)


def _always(unit: str) -> str | None:
    """What is shown of a unit whoever uses it: # for numbers, marks as they are; None for words."""
    if NUMERIC.search(unit):
        return NUMBER
    if all(SPACE.match(letter) for letter in unit):
        return unit if not unit.isspace() else "\n" if "\n" in unit else " "
    return None
