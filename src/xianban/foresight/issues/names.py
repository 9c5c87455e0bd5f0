"""Names of places and bodies in texts, found by how they end and by what stands around them.

No list of a city's names is needed. A stretch that ends as estates, roads, villages, schools, lines
or companies do is a candidate; how much of what stands before belongs to it is decided by how often
each shorter form occurs among the texts (丽景新城, not 近丽景新城). What stood before 小区, 项目 or
二期 is then known, and found again where it stands alone.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

ESTATES = (
    "小区|花园|家园|嘉园|公寓|公馆|花苑|雅苑|家苑|新城|山庄|别墅|大厦|广场|商城|市场|名都|花都|名城|华庭|"
    "御园|华府|豪庭|庭院|庭苑|府邸|国际(?!化)|时代|天地|水岸|半岛|社区|安置区|工业园|产业园|物流园|公园|"
    "苑|城(?![市管区际铁乡镇投建])|(?<![校公家])园(?![林区长丁])|(?<!政)府|(?<!家)庭(?!审)|湾|郡|邸|轩|阁"
)
ROADS = (
    "街道|大道|高速|国道|省道|隧道|大桥|立交|"
    "(?<![道马公铁线走修套思])路(?![灯口段面边况线由费牌基程过旁人])|街|巷"
)
BODIES = (
    "幼儿园|小学|中学|大学|学院|学校|附中|医院|有限公司|公司|集团|银行|派出所|美食城|培训机构|平台|车贷|"
    "(?<![房商网])贷(?!款)|号线|地铁站|汽车站|火车站|南站|北站|西站|东站|机场|水库|体育馆|图书馆|音乐厅"
)
VILLAGES = "(?<![农乡])村(?![民委支里上部镇])|组(?![织合成长建团员])"
_ENDING = re.compile("|".join((ESTATES, ROADS, BODIES, VILLAGES)))
_WIDE = re.compile("(?:街道|大道|高速|国道|省道|路|街|号线|机场|大学|学院|医院|集团|平台)$")
# What stands right before these is a name too, whatever it ends in.
_AFTER = re.compile("小区|楼盘|项目|平台|[一二三四五六七八九十0-9]+[期栋]")

# A name holds none of these: a candidate begins after the last of them.
_CUT = re.compile(
    "的|在|是|于|对|由|与|和|及|到|从|向|请|把|被|将|为|反映|投诉|举报|咨询|关于|位于|我们|本人|建议|希望|附近|旁|"
    "住|该|这|那|本|我|你|您|他|都|也|就|有(?!限)|无|没|不|了|着|过|等|每|各|某|哪|什么|何|给|让|使|去|来|往|按|因(?!斯)|"
    "影响|导致|造成|目前|现|还|而|但|再|又|并|或|线(?=路)|时(?=路)|未|初步|尤其|立即|组织|进入|维权|相信|感谢|"
    "知道|其|据|需要|增加|设置|设立|跟|同|个|座落|坐落|购买|买|修建|新建|建设|要求|质疑|恳请|关注|加快|推进|整治|"
    "取消|反对|解决|处理|尽快|部分|所有|全|几|多|两|一家|一条|名叫|叫|经(?!济)|沿|距|离|靠|近|至|号(?!线)|说|问|查|"
    "(?<=[一-龥][一-龥])(?:路|街|大道|社区|村)(?=[一-龥]{2})|收取|使用|占用|采取|实施|进行|享受|"
    "市|区|县|省|州|街道|镇|乡|[0-9]+栋"
)
# What stands before an ending and yet names nothing in particular.
_WORDS = (
    "居民 住宅 商业 高档 大型 老旧 安置 保障 开发 物业 房地产 地产 有限 责任 投资 管理 服务 配套 公办 民办 私立 普惠 "
    "普惠性 公立 周边 整个 农村 城市 市政 公共 相关 地方 人民 国家 省级 中心 房 地 高 城 主 马 公 铁 十字 交叉 断头 "
    "水泥 乡村 入户 人行 主干 夜宵 步行 初 高中 职业 技术 实验 第一 第二 金融 网络 网贷 互联网 借款 公积金 商业贷 组合 "
    "农贸 建材 批发 地铁 停车 游乐 文化 人生 生活 幸福 供电 自来水 公交 出租车 客运 学生 国际 房产 装修 装饰 施工 建筑 "
    "职业技术 科技职业技术 高铁 城际铁 文明 旧 会 省会 中小 外国语 儿童 分 政 人民政 家 快速 开发商 业主委 限 地下停"
)
_VAGUE = frozenset(_WORDS.split())
_RUN = re.compile(r"[0-9a-z㐀-鿿·]+")
_BEFORE = 8  # characters looked at before an ending
_SHORTEST, _LONGEST = 3, 10
_BRANCHES = 4  # longer names that make their common beginning a name
_COMMON = 0.03  # a name in more of the texts than this tells nothing, unless they are few
_FEW = 30


@dataclass(frozen=True, eq=False)
class Named:
    """The names in one text: those in its head, and all."""

    head: frozenset[str]
    all: frozenset[str]


class Lexicon:
    """The names that a set of texts holds, and in how many of them each is."""

    def __init__(self, texts: Sequence[str]) -> None:
        stretches = [_stretches(text) for text in texts]
        self._times = Counter(
            form for found in stretches for form in {f for s in found for f in _forms(*s)}
        )
        held = Counter(name for found in stretches for name in self._names(found))
        self._by_start: defaultdict[str, list[str]] = defaultdict(list)
        frequent = {name for name, times in held.items() if times >= 2 and len(name) <= _LONGEST}
        for name in sorted(frequent | _stems(held)):
            self._by_start[name[:_SHORTEST]].append(name)
        self.counts = Counter(name for text in texts for name in self._known(text))
        self._most = max(_FEW, _COMMON * len(texts))

    def find(self, head: str, body: str) -> Named:
        """The names in one text; names seen here for the first time are among them."""
        whole = f"{head}\n{body}"
        names = self._known(whole) | self._names(_stretches(whole))
        return Named(frozenset(name for name in names if name in head), frozenset(names))

    def telling(self, name: str) -> bool:
        """Whether two texts that share it have something in common: neither unique nor everywhere."""
        return 2 <= self.counts[name] <= self._most

    def _known(self, text: str) -> set[str]:
        return {
            name
            for at in range(len(text) - _SHORTEST + 1)
            for name in self._by_start.get(text[at : at + _SHORTEST], ())
            if text.startswith(name, at)
        }

    def _names(self, stretches: Sequence[tuple[str, str]]) -> set[str]:
        names = set()
        for core, ending in stretches:
            core = self._trimmed(core, ending)
            if ending in ("小区", "社区") and len(core) >= _SHORTEST:
                ending = ""
            whole = core + ending
            vague = core in _VAGUE or (len(core) < 2 and ending not in ("号线", "村"))
            if not vague and len(whole) >= _SHORTEST:
                names.add(whole)
        return names

    def _trimmed(self, core: str, ending: str) -> str:
        """Without what stands before the name by chance: the shorter form is far more frequent."""
        while (
            len(core) > 2 and self._times[core[1:] + ending] >= 2 * self._times[core + ending] + 1
        ):
            core = core[1:]
        return core


def wide(name: str) -> bool:
    """Whether it names something long or large, where many problems have room: a line, a road."""
    return bool(_WIDE.search(name))


def alike(one: str, other: str) -> bool:
    """Whether two names may be one: part of each other, or half of the shorter's pairs shared."""
    if one in other or other in one:
        return True
    pairs, others = _pairs(one), _pairs(other)
    return 2 * len(pairs & others) >= min(len(pairs), len(others))


def differ(one: Named, other: Named) -> bool:
    """Whether two texts name different places in their heads, and neither the other's anywhere."""
    if not one.head or not other.head or one.head & other.all or other.head & one.all:
        return False
    return not any(alike(a, b) for a in one.head for b in other.head)


def _stretches(text: str) -> list[tuple[str, str]]:
    """Each stretch that may be a name: what stands before an ending, and the ending."""
    found = []
    for run in _RUN.finditer(text):
        words = run.group()
        for mark, kept in ((_ENDING, True), (_AFTER, False)):
            for end in mark.finditer(words):
                core = words[max(0, end.start() - _BEFORE) : end.start()]
                cut = 0
                for last in _CUT.finditer(core):
                    cut = last.end()
                if core[cut:]:
                    found.append((core[cut:], end.group() if kept else ""))
    return found


def _forms(core: str, ending: str) -> list[str]:
    """The stretch and its shorter forms, down to two characters before the ending."""
    return [core[cut:] + ending for cut in range(max(1, len(core) - 1))]


def _stems(held: Counter[str]) -> set[str]:
    """What several names begin with is a name too: 温莎 of 温莎英语学校, 温莎英语培训机构, …"""
    branches: Counter[str] = Counter()
    for name in held:
        if not wide(name) and not name[0].isdigit():
            branches.update(name[:size] for size in range(_SHORTEST, min(len(name) - 1, 7)))
    return {stem for stem, times in branches.items() if times >= _BRANCHES and stem not in _VAGUE}


def _pairs(name: str) -> set[str]:
    return {name[at : at + 2] for at in range(len(name) - 1)}
