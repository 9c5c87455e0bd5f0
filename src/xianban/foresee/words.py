"""What the report says, in Chinese and English; each text has places for its values."""

from typing import Any

LANGUAGES = ("en", "zh")

# key: (English, Chinese)
TEXTS: dict[str, tuple[str, str]] = {
    "title": ("What {file} shows", "{file} 说明了什么"),
    "span": (
        "{events:,} requests from {first_day} to {last_day} ({days:,} days)",
        "{first_day} 至 {last_day}（{days:,} 天），共 {events:,} 件诉求",
    ),
    "made_by": (
        "Made by Xianban. Everything is in this one file; it needs no network and sends nothing.",
        "由先办生成。全部内容都在这一个文件里，无需联网，也不会外传任何数据。",
    ),
    "tile_events": ("requests", "诉求"),
    "tile_per_day": ("on a middling day (median)", "件/日（中位）"),
    "tile_areas": ("areas", "区域"),
    "tile_cells": ("map cells", "地图网格"),
    "tile_categories": ("categories", "类别"),
    "tile_next": (
        "expected in the next 28 days (80%: {low}–{high})",
        "未来 28 天预计（80% 区间 {low}–{high}）",
    ),
    "tile_change": ("last 28 days against the 28 before", "近 28 天与之前 28 天相比"),
    "stands_out": ("What stands out", "要点"),
    "nothing": (
        "Nothing stands out against the past of this file.",
        "与本文件的历史相比，没有异常突出之处。",
    ),
    "data": ("About these data", "关于数据"),
    "data_fine": (
        "Nothing was found that would make the findings doubtful.",
        "没有发现会影响结论的数据问题。",
    ),
    "data_grave": ("read before believing", "先读这条"),
    "time": ("Over time, and the next four weeks", "走势与未来四周"),
    "time_past": ("Over time", "走势"),
    "time_past_note": ("Each point is a day.", "每点为一天。"),
    "time_note": (
        "Each point is a day. The band holds the true count on 8 of 10 days if the world goes on as it did; "
        "no holidays or plans are known to it.",
        "每点为一天。若一切照旧，十天里约有八天落在色带之内；模型不知道节假日和计划安排。",
    ),
    "rises": ("Rises", "异常上升"),
    "rises_note": (
        "{tested:,} {steps} were each judged against their own past (season, trend, level). Of those told here, "
        "about {chance} are expected to be chance. One rise that shows in an area and in its category is told once.",
        "逐一用自身历史（季节、趋势、水平）检验了 {tested:,} 个{steps}；所列各项中，预计约有 {chance} 出于偶然。同一次上升在区域和类别中重复出现的只列一次。",
    ),
    "steps_7": ("weeks of series", "序列周"),
    "steps_1": ("days of series", "序列日"),
    "rises_more": (
        "{n:,} more, weaker ones are in findings.json.",
        "另有 {n:,} 项较弱的，见 findings.json。",
    ),
    "span_chart": ("The whole time, by week", "全部时段（按周）"),
    "rises_none": (
        "No series came to more than its own past allows in the time that was judged.",
        "所检验的时段内，没有序列超出自身历史的正常范围。",
    ),
    "rise": (
        "{who}: {observed:,} where about {expected} were expected",
        "{who}：{observed:,} 件，预计约 {expected} 件",
    ),
    "rise_one_spot": (
        "{n:,} of {observed:,} came from one and the same point; ",
        "{observed:,} 件中有 {n:,} 件来自同一地点；",
    ),
    "rises_legend": (
        "Red: above the most that is usual (grey line). Dashed: expected.",
        "红色：超出正常上限（灰线）；虚线：预计。",
    ),
    "rise_when": ("{first_day} to {last_day}", "{first_day} 至 {last_day}"),
    "rise_now": ("lasting", "仍在持续"),
    "rise_over": ("over", "已过去"),
    "rise_sure": (
        "by chance once in about {once:,} such comparisons; false-discovery rate {q}",
        "偶然出现的机会约为 {once:,} 次比较中一次；错误发现率 {q}",
    ),
    "all_areas": ("all areas", "全部区域"),
    "all_categories": ("all categories", "全部类别"),
    "where": ("Where", "在哪里"),
    "where_note": (
        "Grey: where requests came over the whole time. Circles: areas by their requests. Red rings: areas that together have "
        "more than expected up to the last day. Violet: the likeliest places of the next seven days.",
        "灰点为全部时段的诉求位置；圆圈大小为该区域诉求量；红圈为截至最后一天合起来高于预期的相邻区域；紫色为未来七天最可能发生之处。",
    ),
    "clusters_none": (
        "{scans} scans of neighbouring areas over the last days (all together, and each frequent category): nothing more than chance would gather.",
        "对最近几天的相邻区域做了 {scans} 次扫描（全部合计及各常见类别），没有超出偶然的聚集。",
    ),
    "cluster": (
        "{what} in {areas}: {observed:,} since {first_day} where about {expected} were expected ({risk} times)",
        "{areas}：{what}，自 {first_day} 起 {observed:,} 件，预计约 {expected} 件（{risk} 倍）",
    ),
    "cluster_share": (
        "{what} in {areas}: {observed:,} where about {expected} would be their share ({risk} times)",
        "{areas}：{what} {observed:,} 件，按其占全部诉求的份额约为 {expected} 件（{risk} 倍）",
    ),
    "cluster_sure_share": (
        "p {p}; by chance alone about one of {once:,} such scans would gather as much",
        "p {p}；仅凭偶然，约 {once:,} 次扫描才有一次同等聚集",
    ),
    "head_most": (
        "Most are about {what}: {n:,} ({share:.0%})",
        "最多的是{what}：{n:,} 件（{share:.0%}）",
    ),
    "head_busiest": (
        "Busiest: {area}, {n:,} requests ({share:.0%})",
        "最多的区域：{area}，{n:,} 件（{share:.0%}）",
    ),
    "cluster_sure": (
        "p {p}; chance alone would bring one as strong about every {days:,} days",
        "p {p}；仅凭偶然，约 {days:,} 天出现一次同等强度",
    ),
    "issues": ("What residents talk about", "居民在说什么"),
    "issues_note": (
        "One place or body and one problem each, most people first. Names and wording are the residents' own and were not checked.",
        "每条为一个地点或单位的一个问题，按人数排序。名称和措辞来自居民原话，未经核实。",
    ),
    "issue_people": ("{people} people", "{people} 人"),
    "issue_when": ("{messages} messages, {first} to {last}", "{messages} 条，{first} 至 {last}"),
    "issue_samples": ("in their words", "原话"),
    "forecast": ("The next four weeks by area", "未来四周各区域"),
    "forecast_note": (
        "Expected requests of the next 28 days, with their 80% band, beside those of the last 28. The season counts: "
        "a quiet month before a busy one is told so.",
        "未来 28 天预计（括号内为 80% 区间）与最近 28 天实际；已计入季节：淡季之后是旺季的，预计会高于最近。",
    ),
    "risk": ("Where to look next week", "下周先看哪里"),
    "risk_note": (
        "The chance of at least one request of this kind in this place within seven days. It ranks places, never people; "
        "it follows where people report, not only where things are wrong.",
        "未来七天该处至少出现一件此类诉求的可能性。只排地点，不涉及个人；它反映的是人们在哪里反映问题，不只是问题在哪里。",
    ),
    "risk_check": (
        "Checked on the last {weeks} weeks, each from what was known before it: of the {n:,} highest chances, said to be {said} on average, {came} came true.",
        "用最近 {weeks} 周检验，每周只用此前数据：最高的 {n:,} 项平均说“{said}”，实际有 {came} 成真。",
    ),
    "categories": ("Categories", "类别"),
    "rhythm": ("When requests come", "诉求何时到来"),
    "method": ("How this was worked out, and what it cannot know", "方法与局限"),
    "method_text": (
        "Rises: each series against a regression on its own past, two weeks at a time where the past is long. Clusters: a space-time "
        "scan with estimated baselines and simulated p-values. Issues: likeness of words and names. Forecast: one model "
        "for all areas and categories, checked against its own past. It knows counts and words, not causes: a new channel, a "
        "changed coding or a campaign looks like a rise. The newest days may still fill up. What was not in the file is not here.",
        "异常上升：每个序列与自身历史的回归比较，历史够长时以两周为单位。聚集：时空扫描，基线为估计值，p 值由模拟得出。热点：用词与名称的相似度。"
        "预测：各区域和类别共用一个模型，并用自身历史校准。它只知道数量和文字，不知道原因：新渠道、改分类、宣传活动都像是上升。最近几天的数据可能还不完整。文件里没有的，这里也没有。",
    ),
    "as_table": ("as a table", "查看表格"),
    "col_area": ("area", "区域"),
    "col_category": ("category", "类别"),
    "col_day": ("from", "起"),
    "col_count": ("count", "数量"),
    "col_expected": ("expected", "预计"),
    "col_upper": ("most that is usual", "正常上限"),
    "col_last": ("last 28 days", "近 28 天"),
    "col_before": ("the 28 before", "之前 28 天"),
    "col_all": ("whole time", "全部"),
    "col_chance": ("chance", "可能性"),
    "col_recent": ("last 28 days", "近 28 天"),
    "col_change": ("change", "变化"),
    "counted": ("counted", "实际"),
    "forecast_word": ("forecast", "预测"),
    "band": ("80% of days", "80% 区间"),
    "today": ("last day", "最后一天"),
    "skipped": ("Not looked for", "未做的部分"),
    "part_outbreaks": ("Rises", "异常上升"),
    "part_clusters": ("Clusters in space", "空间聚集"),
    "part_issues": ("Issues in the words", "文字热点"),
    "part_forecast": ("Forecast", "预测"),
    "part_risk": ("Places of next week", "下周地点"),
    "why_too_short": ("the file covers too few days", "文件覆盖的天数太少"),
    "why_no_places": (
        "no column says where (--area, or --lat and --lon), or there are too few areas",
        "没有地点列（--area，或 --lat 与 --lon），或区域太少",
    ),
    "why_no_texts": ("no column of words was named (--text)", "没有指定文字列（--text）"),
    "why_not_chinese": (
        "it reads names and wording of Chinese texts only",
        "只能读中文文本的名称和措辞",
    ),
    "head_rise": (
        "{who} rose to {observed:,} ({first_day} to {last_day}), about {expected} were expected",
        "{who} 升至 {observed:,} 件（{first_day} 至 {last_day}），预计约 {expected} 件",
    ),
    "head_cluster": (
        "{what} gathers in {areas} since {first_day}: {observed:,} against about {expected}",
        "{what} 自 {first_day} 起在{areas}聚集：{observed:,} 件，预计约 {expected} 件",
    ),
    "head_issue": (
        "{people} people write of one thing: “{title}”",
        "{people} 人反映同一件事：“{title}”",
    ),
    "head_next": (
        "About {middle:,} requests are expected in the next 28 days (80%: {low:,}–{high:,}), after {last:,} in the last 28",
        "未来 28 天预计约 {middle:,} 件（80% 区间 {low:,}–{high:,}），最近 28 天为 {last:,} 件",
    ),
    "head_place": (
        "Likeliest next week: {what} in {area} ({chance})",
        "下周最可能：{area} 的{what}（{chance}）",
    ),
    "head_data": ("What these data cannot carry: {said}", "数据的局限：{said}"),
    # progress
    "doing_read": ("reading", "读取"),
    "doing_outbreaks": ("judging every series", "逐一检验序列"),
    "doing_clusters": ("scanning the map", "扫描地图"),
    "doing_issues": ("reading what people wrote", "阅读文字"),
    "doing_forecast": ("forecasting", "预测"),
    "doing_risk": ("ranking places", "地点排序"),
    "doing_report": ("writing the report", "生成报告"),
    # remarks
    "remark_rejected": (
        "Rows without a time that can be read, kept in rejected.csv: {n:,} (the first: {reason}).",
        "{n:,} 行没有可读的时间（首例：{reason}），已存入 rejected.csv。",
    ),
    "remark_alike": (
        "Rows that look exactly like another: {n:,} ({share:.0%}). Nothing tells them apart, so all were counted; "
        "if they are repeats, name a column of numbers with --id.",
        "{n:,} 行（{share:.0%}）与其他行完全相同，无从区分，均已计入；若属重复导出，请用 --id 指定编号列。",
    ),
    "remark_repeated": (
        "Rows that repeat another to the letter, and count once: {n:,}.",
        "{n:,} 行与其他行完全相同，只计一次。",
    ),
    "remark_repeated_ids": (
        "Rows with a number that came before, and count once: {n:,}.",
        "{n:,} 行的编号此前出现过，只计一次。",
    ),
    "remark_no_area": (
        "Rows without an area: {n:,} ({share:.2%}).",
        "{n:,} 行（{share:.1%}）没有区域。",
    ),
    "remark_no_category": (
        "Rows without a category: {n:,} ({share:.2%}); they count in the whole and in areas.",
        "{n:,} 行（{share:.1%}）没有类别，仍计入总数和区域。",
    ),
    "remark_no_point": (
        "Rows without coordinates: {n:,} ({share:.2%}).",
        "{n:,} 行（{share:.1%}）没有坐标。",
    ),
    "remark_broken_places": (
        "Coordinates far outside all others, set aside: {n:,}.",
        "{n:,} 个坐标远离其余各点，未采用。",
    ),
    "remark_plane": (
        "The coordinates are no degrees; they are drawn as a plane, in their own units.",
        "坐标不是经纬度，按平面坐标原样绘制。",
    ),
    "remark_old_remainder": (
        "Before {day} there is only a thin remainder of an earlier time, left out: {n:,} rows.",
        "{day} 之前的 {n:,} 行是更早时期的零星残留，未计入。",
    ),
    "remark_thin_end": (
        "After {day} hardly anything comes for {days:,} days, left out with rows: {n:,}. The file probably ends there; "
        "if not, requests really stopped.",
        "{day} 之后的 {days:,} 天几乎没有记录，其 {n:,} 行未计入。文件很可能到此为止；若不是，则诉求确实中断了。",
    ),
    "remark_month_first": (
        "Dates such as {example} were read with the month first; nothing in the file says which number is the month.",
        "{example} 这样的日期按“月/日/年”读取；文件本身看不出哪个数字是月份。",
    ),
    "remark_last_day_open": (
        "{day} was not over when the file was made; left out, with rows: {n:,}.",
        "文件生成时 {day} 尚未结束，其 {n:,} 行未计入。",
    ),
    "remark_days_only": ("The times are dates without a time of day.", "时间只有日期，没有钟点。"),
    "remark_short_past": (
        "Only {days:,} days: no yearly season can be known, and a rise may be the time of year.",
        "只有 {days:,} 天：无法得知全年季节规律，上升可能只是季节所致。",
    ),
    "remark_missing_days": (
        "Days with nothing where much was to be expected: {n:,} ({days}).",
        "{n:,} 天没有任何记录，而按惯例应有不少（{days}）。",
    ),
    "remark_bulk_days": (
        "Days on which far more was entered than comes, perhaps a backlog typed in at once: {n:,} (most on {day}: {events:,}, usually {usual:.0f}).",
        "{n:,} 天的录入量远超平常（{day}：{events:,} 件，平日约 {usual:.0f} 件），可能是集中补录。",
    ),
    "remark_closed_weekdays": (
        "On some weekdays hardly anything comes ({days}); the desk may be closed.",
        "某些星期几几乎没有诉求（{days}），可能不办公。",
    ),
    "remark_category_begins": (
        "“{category}” begins on {day}: a new code looks like a rise.",
        "“{category}”自 {day} 才出现：新编码看起来像上升。",
    ),
    "remark_category_ends": (
        "“{category}” ends on {day}: what it held may be coded otherwise now.",
        "“{category}”在 {day} 后不再出现：其内容可能改用其他编码。",
    ),
}
WEEKDAYS = (
    ("Mon", "周一"),
    ("Tue", "周二"),
    ("Wed", "周三"),
    ("Thu", "周四"),
    ("Fri", "周五"),
    ("Sat", "周六"),
    ("Sun", "周日"),
)


class Words:
    """The texts of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.place = LANGUAGES.index(language)

    def __call__(self, key: str, **values: Any) -> str:
        return TEXTS[key][self.place].format(**values)

    def weekday(self, number: int) -> str:
        return WEEKDAYS[number][self.place]

    def listed(self, items: list[str], most: int = 4) -> str:
        """A few names, and how many more."""
        comma = "、" if self.language == "zh" else ", "
        more = len(items) - most
        rest = (
            (f" 等 {len(items)} 处" if self.language == "zh" else f" and {more} more")
            if more > 0
            else ""
        )
        return comma.join(items[:most]) + rest
