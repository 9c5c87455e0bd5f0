"""Invented names. None is taken from a particular city; common words occur in many."""

import numpy as np

CITY, CITY_CODE = "云澜市", "990100"
RIVER, LAKE, SEA, ISLET = "澜江", "澄湖", "望潮湾", "白鹭洲"
REGION_CODES = {"江北区": "990102", "望潮区": "990103", "澄湖区": "990104", "南屏区": "990105"}
# from the middle of the city outwards
STREETS = {
    "江北区": ("钟鼓", "云驿", "松涛", "柳浦", "石泉", "屏山"),
    "望潮区": ("潮生", "观澜", "东埠", "槐序", "港前", "海岬"),
    "澄湖区": ("荷渡", "芦湾", "学林", "西洲", "镜湖", "稻香"),
    "南屏区": ("南津", "明远", "桂坪", "新芽", "岭前", "沙堤"),
}
WORDS = """
云栖 听澜 望舒 海棠 青禾 紫薇 银杏 木樨 芙蓉 丹枫 白杨 翠竹 寒梅 金桂 玉兰 雪松 石榴 合欢 杜鹃 蔷薇
晨曦 朝霞 暮云 星河 月华 春晓 夏荷 秋实 冬青 清风 明月 流云 飞虹 细雨 初雪 晴川 长风 惊涛 浅滩 鸣沙
安澜 康宁 和顺 永福 长乐 平安 吉祥 如意 同心 诚信 勤俭 敦睦 崇文 尚武 弘毅 致远 思源 怀德 修文 明理
锦绣 华章 丰收 振兴 团结 友谊 建设 胜利 红旗 曙光 前进 幸福 光华 新风 创业 奋进 向阳 东升 西成 南薰
北辰 文渊 书院 学士 状元 桂香 墨池 砚台 琴台 棋盘 画桥 诗巷 茶亭 酒坊 织布 打铁 烧瓷 铸钟 晒盐 渔歌
渡口 码头 船坞 灯塔 石桥 木桥 水门 城隍 仓前 驿站 马道 牌楼 戏台 井亭 磨坊 油坊 窑湾 柴市 米市 鱼市
鹤鸣 鹿苑 雁鸣 燕归 莺歌 鸥盟 鹭滩 凤鸣 麒麟 龙潭 虎山 象山 狮岭 马鞍 牛角 羊寨 鲤湖 蟹塘 虾港 蚝田
东篱 西畴 南浦 北苑 上林 下河 前庄 后港 左岸 右江 内湖 外江 大圩 小洲 高坡 低田 长堤 短亭 新渠 老圃
青龙 白塔 玄鹤 朱桥 黄花 碧溪 紫云 银河 金沙 玉泉 铜山 铁坡 锡坑 石门 沙洲 泥湾 木棉 竹溪 草场 花溪
荷塘 菱湖 藕池 苇荡 柳堤 桃源 杏林 梨园 橘洲 枣林 栗坡 槐花 榆林 桑园 麻地 棉田 豆湾 瓜洲 菜园 果岭
""".split()  # noqa: SIM905 (a list of 200 strings hides what it says)
ESTATE_ENDS = (
    "小区",
    "花园",
    "苑",
    "家园",
    "新村",
    "雅居",
    "公馆",
    "里",
    "名邸",
    "新城",
    "华庭",
    "佳园",
    "府",
)
ROAD_ENDS = ("路", "路", "路", "街", "街", "大街")
LANE_ENDS = ("路", "路", "公路")
SCHOOL_ENDS = ("小学", "小学", "幼儿园", "中学")
PARKS = (
    "望江公园",
    "钟鼓公园",
    "镜湖湿地公园",
    "人民公园",
    "南屏森林公园",
    "海岬公园",
    "桂坪体育公园",
    "松涛公园",
    "学林植物园",
    "东埠公园",
)
MALLS = (
    "云澜天街",
    "望潮里",
    "明远广场",
    "澄湖荟",
    "驿站新天地",
    "南津万汇",
    "港前奥莱",
    "钟鼓老街",
)


class NameBag:
    """Two-character words drawn without repetition for one purpose, in seeded order."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._left: dict[str, list[str]] = {}

    def take(self, purpose: str) -> str:
        """The next word for this purpose; each purpose sees every word once before any repeats."""
        left = self._left.setdefault(purpose, [])
        if not left:
            left.extend(str(word) for word in self._rng.permutation(WORDS))
        return left.pop()

    def pick(self, ends: tuple[str, ...]) -> str:
        """One of several endings."""
        return str(ends[self._rng.integers(len(ends))])
