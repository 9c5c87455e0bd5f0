"""What kind of problem a text is about, as far as plain words say it.

A gate, not a classification: two texts about one place are one issue only if their problems are
akin, and residents name one problem in many words (太吵, 噪音, 扰民).
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

KINDS = {
    "noise": "噪音|噪声|太吵|轰鸣|吵",
    "building work": "夜间施工|施工|通宵|凌晨",
    "cooking smoke": "油烟|烟道|餐饮|饭店|餐馆|夜宵|烧烤|餐厅|排烟",
    "parking": "车位|停车|车库",
    "forced purchase": "捆绑|强制购买|同时购买",
    "building quality": "质量|开裂|裂缝|渗水|漏水|空鼓|沉降",
    "price of fitting-out": "精装|装修|价格|质价|核价|造价",
    "deceit in sale": "虚假|欺骗|欺诈|忽悠",
    "handover": "交房|验收|竣工|停工",
    "property management": "物业",
    "title deed": "房产证|产权|不动产",
    "financial fraud": "诈骗|集资|跑路|p2p|网贷|车贷|受害|立案",
    "refund": "退费|退款|退还",
    "debt": "欠款|欠|追",
    "wages": "工资",
    "school place": "入学|学位|招生|上学|小学|中学",
    "kindergarten": "幼儿园|普惠",
    "student life": "宿舍|学费|实习|学院|学生",
    "road building": "修路|坑洼|破损|断头|拉通|打通|通车|修建|道路",
    "street light": "路灯|照明",
    "traffic": "红绿灯|拥堵|堵车|斑马线|天桥|地下通道|交通",
    "bus": "公交",
    "metro": "地铁|号线",
    "railway": "高铁|城铁|火车",
    "water": "自来水|停水|水压",
    "electricity": "高压|变电站|停电|电线|电杆",
    "gas": "燃气",
    "pollution": "垃圾|污染|臭|粉尘|搅拌|污水|灰尘|环评|环境",
    "unlawful building": "违建|违规建|违章|违法建",
    "resettlement": "拆迁|征收|征地|棚改|旧城改造|安置",
    "fire safety": "消防",
    "park": "公园",
    "hospital": "医院",
    "grants and insurance": "补贴|人才|落户|公积金|社保",
    "gambling": "赌|麻将",
}
_WORDS = [re.compile(words) for words in KINDS.values()]
HEAD, BODY, BODY_MOST = 2.0, 0.5, 2


def marks(heads: Sequence[str], bodies: Sequence[str]) -> NDArray[np.float32]:
    """How much each text (row) speaks of each kind (column); the head counts most."""
    rows = [
        [
            HEAD * bool(words.search(head)) + BODY * min(len(words.findall(body)), BODY_MOST)
            for words in _WORDS
        ]
        for head, body in zip(heads, bodies, strict=True)
    ]
    return np.array(rows, np.float32).reshape(len(heads), len(_WORDS))


def kinds_of(heads: Sequence[str], bodies: Sequence[str]) -> list[str]:
    """The kind that each text speaks of most; empty where plain words say none.

    For Chinese texts alone. The first of equals, so that one text always has one kind. No error, no
    randomness; a text says its kind by words that anybody uses, which is right often enough to compare
    like with like and never a classification: for that train `xianban dispatch`.

    >>> kinds_of(["搅拌站噪音扰民", "公园什么时候开"], ["", ""])
    ['noise', 'park']
    """
    marked = marks(heads, bodies)
    names = list(KINDS)
    return [names[row.argmax()] if row.any() else "" for row in marked]


def rarity(marked: NDArray[np.float32], *, beside: int) -> NDArray[np.float32]:
    """The weight of each kind: the rarer, the more it says; `beside` texts are imagined without any."""
    return np.log((len(marked) + beside) / (1.0 + (marked > 0).sum(0))).astype(np.float32)
