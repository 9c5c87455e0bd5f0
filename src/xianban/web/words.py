"""What each code of the rooms below is called on a page. Tables only."""

from collections.abc import Mapping
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Chip(NamedTuple):
    """A state at a glance: its word, its icon and the colour that carries its meaning."""

    word: Promise | str
    icon: str
    colour: str


STATES: Mapping[str, Chip] = {
    "received": Chip(_("待派"), "inbox", "violet"),
    "dispatched": Chip(_("已派"), "send", "blue"),
    "signed": Chip(_("已签收"), "signature", "blue"),
    "handling": Chip(_("办理中"), "tools", "blue"),
    "reported": Chip(_("已答复"), "message-check", "jade"),
    "closed": Chip(_("已办结"), "circle-check", "jade"),
    "contested": Chip(_("争议"), "scale", "amber"),
    "suspended": Chip(_("挂账"), "clock-pause", "amber"),
    "declined": Chip(_("不予受理"), "ban", "grey"),
    "merged": Chip(_("已合并"), "git-merge", "grey"),
    "rectifying": Chip(_("整改"), "refresh-alert", "vermilion"),
}
TASK_STATES: Mapping[str, Chip] = {
    "asked": Chip(_("待答复"), "clock", "blue"),
    "answered": Chip(_("已答复"), "circle-check", "jade"),
    "explained": Chip(_("已说明"), "message", "amber"),
    "unanswered": Chip(_("逾期未复"), "alert-triangle", "vermilion"),
    "void": Chip(_("已作废"), "ban", "grey"),
}
SUSPENSION_STATES: Mapping[str, Promise] = {
    "asked": _("待审批"),
    "active": _("挂账中"),
    "refused": _("未批准"),
    "ended": _("已结束"),
    "void": _("已作废"),
}
URGENCY: Mapping[str, Promise] = {
    "critical": _("特急"),
    "urgent": _("紧急"),
    "normal": _("一般"),
    "complex": _("复杂"),
    "consult": _("咨询"),
}
URGENCY_COLOUR = {"critical": "vermilion", "urgent": "amber"}
LEVELS: Mapping[str, Promise] = {
    "grid": _("网格"),
    "community": _("社区"),
    "street": _("街道"),
    "district": _("区"),
    "city": _("市"),
}
KINDS: Mapping[str, Promise] = {
    "consult": _("咨询"),
    "help": _("求助"),
    "complaint": _("投诉"),
    "report": _("举报"),
    "suggestion": _("建议"),
}
ORIGINS: Mapping[str, Promise] = {
    "web": _("网上"),
    "website": _("网站留言"),
    "wechat": _("微信"),
    "app": _("手机应用"),
    "request": _("居民诉求"),
    "resident": _("居民诉求"),
    "phone": _("电话"),
    "agent": _("坐席登记"),
    "desk": _("坐席登记"),
    "grid": _("网格巡查"),
    "grid_worker": _("网格巡查"),
    "import": _("批量导入"),
    "api": _("接口"),
    "sensor": _("感知设备"),
    "forecast": _("预测"),
    "mail": _("信件"),
    "mailbox": _("信箱"),
    "warning": _("预警"),
}
CLOCKS: Mapping[str, Promise] = {
    "dispatch": _("派单"),
    "sign": _("签收"),
    "contact": _("联系"),
    "handle": _("办理"),
    "task": _("协办"),
    "ruling": _("裁定"),
    "consult": _("会商决定"),
    "review": _("复核"),
    "follow_up": _("回访"),
    "reply": _("等诉求人回复"),
}
EXITS: Mapping[str, Promise] = {
    "emergency_line": _("属于紧急热线（110、119、120、122）"),
    "legal_route": _("应走诉讼、仲裁、行政复议等法定途径"),
    "repeat": _("已答复，没有新的事实"),
    "secrets": _("涉及国家秘密、商业秘密或个人隐私"),
    "outside_duty": _("不属于政府职责"),
    "unlawful": _("违反法律法规或公序良俗"),
}
OBJECTIONS: Mapping[str, Promise] = {
    "not_our_duty": _("不是本单位职责"),
    "wrong_place": _("地点不在本辖区"),
    "wrong_matter": _("事项归类有误"),
    "no_powers": _("本单位没有相应权限"),
    "duplicate": _("与在办案件重复"),
}
RULINGS: Mapping[str, Promise] = {
    "uphold": _("同意退单，改派"),
    "reject": _("不同意退单，仍由该单位办理"),
    "designate": _("指定承办，不得再退"),
    "void": _("不再裁定"),
}
STANCES: Mapping[str, Chip] = {
    "ours": Chip(_("归我们办"), "circle-check", "jade"),
    "part": Chip(_("能办其中一部分"), "user-plus", "blue"),
    "not_ours": Chip(_("不归我们办"), "x", "grey"),
}
CONSULTATION_STATES: Mapping[str, Chip] = {
    "open": Chip(_("会商中"), "users", "violet"),
    "decided": Chip(_("已决定"), "circle-check", "jade"),
    "dropped": Chip(_("未作决定"), "ban", "grey"),
}
WAITING: Mapping[str, Chip] = {  # why a case lies at the dispatch desk
    "low": Chip(_("事项拿不准"), "sparkles", "violet"),
    "no_place": Chip(_("地点没找到"), "map-pin", "violet"),
    "gap": Chip(_("清单没写谁办"), "list", "amber"),
    "disputed": Chip(_("退单待裁定"), "scale", "amber"),
    "consulted": Chip(_("会商中"), "users", "blue"),
    "other": Chip(_("等人来定"), "inbox", "grey"),
}
WAITING_SENTENCES: Mapping[str, Promise] = {
    "low": _("系统对事项的把握不够，请您选一个。"),
    "no_place": _("没有说清在哪里，而各处由不同单位办。"),
    "gap": _("权责清单没有写明这件事在这里由谁办。"),
    "disputed": _("%(unit)s退回（第 %(n)s 次退单）：%(reason)s。"),
    "consulted": _("已请几个单位说明归谁办。"),
    "other": _("需要有人指定承办单位。"),
}
LACKS: Mapping[str, Promise] = {
    "gap": _("权责清单没有写这里由谁办"),
    "no_place": _("知道在哪里，才知道由谁办"),
}
FINDINGS: Mapping[str, Chip] = {
    "gap": Chip(_("没有人主办"), "alert-triangle", "vermilion"),
    "overlap": Chip(_("两行各说各的"), "arrows-split", "amber"),
    "closed_lead": Chip(_("主办单位已撤"), "ban", "vermilion"),
    "never_leads": Chip(_("派给了只协助的单位"), "users", "vermilion"),
    "expires": Chip(_("快要到期"), "hourglass", "amber"),
    "closed_helper": Chip(_("协办单位已撤"), "ban", "amber"),
    "helper_leads": Chip(_("协办就是主办"), "copy", "grey"),
    "no_limit": Chip(_("没有写时限"), "clock", "grey"),
}
FINDING_SENTENCES: Mapping[str, Promise] = {
    "gap": _("%(n)s 个最小区域里没有单位主办这件事"),
    "overlap": _("%(units)s都写成主办，较新的一行算数"),
    "closed_lead": _("%(units)s已经不在单位名录里"),
    "never_leads": _("%(units)s是社区或网格，只协助、不主办"),
    "expires": _("%(ends)s 失效，后面没有接上的行"),
    "closed_helper": _("%(units)s已经不在单位名录里"),
    "helper_leads": _("%(units)s同时写成主办和协办"),
    "no_limit": _("按紧急程度的通用时限算"),
}
OUTCOMES: Mapping[str, Chip] = {  # what became of a proposal of the machine
    "alone": Chip(_("自动派出，没有更正"), "send", "jade"),
    "corrected": Chip(_("自动派出，后来更正"), "refresh-alert", "vermilion"),
    "agreed": Chip(_("拿不准，人选的一样"), "check", "jade"),
    "overruled": Chip(_("拿不准，人选的不同"), "arrows-split", "amber"),
    "waiting": Chip(_("还等人来定"), "inbox", "violet"),
}
SATISFACTION: Mapping[str, Promise] = {
    "satisfied": _("满意"),
    "basically": _("基本满意"),
    "dissatisfied": _("不满意"),
    "unstated": _("未表态"),
}
ENDINGS: Mapping[str, Promise] = {
    "satisfied": _("诉求人确认解决"),
    "checked": _("回访核实"),
    "no_reply": _("期满未回复"),
    "withdrawn": _("诉求人撤回"),
    "answered": _("当场答复"),
}
LINKS: Mapping[str, Promise] = {
    "similar": _("可能相似"),
    "related": _("相关"),
    "repeat": _("重复反映"),
    "split": _("拆分"),
}
SOURCES: Mapping[str, Promise] = {
    "desk": _("回访"),
    "resident": _("诉求人评价"),
    "machine": _("系统"),
}
ROLES: Mapping[str, Promise] = {
    "resident": _("诉求人"),
    "agent": _("坐席"),
    "dispatcher": _("派单员"),
    "handler": _("承办人"),
    "grid_worker": _("网格员"),
    "supervisor": _("督办员"),
    "analyst": _("研判员"),
    "leader": _("领导"),
    "steward": _("数据管理员"),
    "auditor": _("审计员"),
    "integrator": _("集成商"),
    "administrator": _("管理员"),
}
PURPOSES: Mapping[str, Promise] = {
    "call_back": _("电话联系诉求人"),
    "visit": _("上门走访"),
    "verify": _("核实情况"),
    "follow_up": _("回访"),
    "emergency": _("紧急情况"),
    "own_data": _("本人查询"),
    "legal_demand": _("依法调取"),
}
CONTACT: Mapping[str, Promise] = {
    "name": _("称呼"),
    "phone": _("电话"),
    "email": _("邮箱"),
    "wechat": _("微信"),
}
LOOKS: Mapping[str, Promise] = {
    "person.reveal": _("打开了联系方式"),
    "person.read": _("打开了原话"),
    "person.find": _("按电话查到了您"),
    "person.copy": _("取了副本"),
    "person.correct": _("作了更正"),
}
LOOKERS: Mapping[str, Promise] = {"person": _("您本人"), "machine": _("系统")}  # else a name
RIGHTS: Mapping[str, Promise] = {
    "copy": _("取副本"),
    "correct": _("更正联系方式"),
    "erase": _("删除"),
}
RIGHT_STATES: Mapping[str, Chip] = {
    "asked": Chip(_("待确认"), "clock", "grey"),
    "waiting": Chip(_("等待决定"), "gavel", "amber"),
    "after": Chip(_("了结后删除"), "clock", "blue"),
    "done": Chip(_("已完成"), "circle-check", "jade"),
    "refused": Chip(_("不予删除"), "ban", "grey"),
}
HOLDS: Mapping[str, Promise] = {
    "open": _("案件还没有了结"),
    "dispute": _("退单还没有裁定"),
    "question": _("考核中有剔除申请或申诉还没有决定"),
    "subscription": _("还订阅着地方的消息"),
}
KEPT: Mapping[str, Promise] = {
    "typed": _("原话（密封）"),
    "files": _("照片和文件"),
    "contact": _("称呼和联系方式"),
    "words": _("诉求内容和地点"),
}
KEPT_WHY: Mapping[str, Promise] = {
    "typed": _("行政诉讼的一般起诉期限为六个月；过后遮住号码的文字已够用。"),
    "files": _("办结后一年内常有复查和整改核对。"),
    "contact": _("回访、复查和信访复核需要找得到人；两年后不再需要。"),
    "words": _("监督、考核更正和同一处反复问题的比对；三年后只留数量。"),
}
# what stays after an erasure: what it is, and on which basis
STAY: Mapping[str, tuple[Promise, Promise]] = {
    "acts": (
        _("办理经过：谁在什么时候做了什么，工作人员写的答复和记录"),
        _(
            "履行法定职责的记录（《个人信息保护法》第十三条第一款第三项、《档案法》）；里面没有您写的话和联系方式，按档案期限保存。"
        ),
    ),
    "figures": (
        _("数量：哪一类事、哪个区域、几件、办了多久、是否满意"),
        _("已经匿名，不再是个人信息（《个人信息保护法》第四条）；长期保存。"),
    ),
    "fingerprint": (
        _("一串认不出人的校验值和外部编号"),
        _("防止同一份文件再次导入时把删掉的内容带回来；随案件记录保存。"),
    ),
    "backups": (
        _("删除以前做的备份"),
        _("只用于灾难恢复，按备份周期逐份销毁；如果恢复了旧备份，在它之后做过的删除要再做一遍。"),
    ),
}
STAGES: Mapping[str, Promise] = {
    "dispatch": _("受理到派单"),
    "sign": _("派单到签收"),
    "contact": _("签收到首次联系"),
    "handle": _("办理"),
    "suspended": _("挂账"),
    "contested": _("争议"),
    "co_units": _("等协办"),
    "follow_up": _("答复到回访"),
}
PRESSED: Mapping[str, Chip] = {
    "overdue": Chip(_("过期未答复"), "alert-triangle", "vermilion"),
    "waiting": Chip(_("等待答复"), "clock", "amber"),
    "late": Chip(_("逾期答复"), "clock", "amber"),
    "answered": Chip(_("按期答复"), "circle-check", "jade"),
}
MEETING_TASKS: Mapping[str, Chip] = {
    "open": Chip(_("在办"), "clock", ""),
    "reported": Chip(_("待确认"), "clock", "amber"),
    "done": Chip(_("已完成"), "circle-check", "jade"),
    "dropped": Chip(_("已撤销"), "x", "grey"),
}
RATES: Mapping[str, Promise] = {
    "response": _("响应率"),
    "satisfaction": _("满意率"),
    "resolution": _("解决率"),
}
GROUNDS: Mapping[str, Promise] = {
    "emergency": _("属于紧急热线"),
    "legal_route": _("应走法定途径"),
    "malicious": _("恶意反映"),
    "no_contact": _("没有有效联系方式"),
    "not_possible": _("客观上目前办不到"),
    "not_ours": _("不是本单位职责"),
    "wrong_record": _("记录与事实不符"),
}
ASKED_STATES: Mapping[str, Promise] = {
    "asked": _("等待决定"),
    "granted": _("同意"),
    "refused": _("不同意"),
}
LISTS: Mapping[str, Chip] = {
    "red": Chip(_("红榜"), "star", "jade"),
    "black": Chip(_("黑榜"), "alert-triangle", "vermilion"),
}
FACTS: Mapping[str, tuple[Promise, Promise]] = {
    "contacted": (_("按时联系"), _("未按时联系")),
    "solved": (_("已解决"), _("没有解决")),
}
CAME_BY: Mapping[str, Promise] = {
    "phone": _("电话"),
    "visit": _("来访"),
    "grid": _("网格巡查"),
    "mail": _("信件"),
    "other": _("其他"),
}


def called(table: Mapping[str, object], code: object) -> str:
    """What `code` is called; the code itself where the table does not know it."""
    entry = table.get(str(code)) or table.get(str(code).partition(":")[0], code)
    return str(entry.word if isinstance(entry, Chip) else entry)


# what staff hear of, and how
GROUPS = {
    "assigned": (_("新派单"), _("有工单等待派单，或派给您的单位")),
    "due": (_("将到期"), _("时限快到了")),
    "late": (_("超时"), _("已过时限，或工单上报了一级")),
    "pressed": (_("督办"), _("督办员或领导催办")),
    "task": (_("协办"), _("别的单位请您协办，或答复了您的请求")),
    "returned": (_("待裁定"), _("有单位退单或申请挂账，等您裁定")),
    "ruled": (_("已裁定"), _("退单或挂账有了结果")),
    "rated": (_("评价"), _("诉求人满意，或不满意须整改")),
    "changed": (_("其他变化"), _("补充、撤回、合并、不予受理、办结")),
    "system": (_("账号与系统"), _("新设备登录、密码变更等")),
}
GROUP_NAMES = {group: name for group, (name, _says) in GROUPS.items()}
CHANNELS = {"mail": _("邮件"), "sms": _("短信"), "wechat": _("微信")}
MODES = {"now": _("马上"), "digest": _("汇总"), "off": _("不发")}
HEARING = {
    "all": (_("每一步都告诉我"), _("受理、派单、延期、挂账、答复、办结")),
    "key": (_("只要结果"), _("受理、答复、办结、不予受理，以及没解决时的重新办理")),
    "none": (_("不再通知我"), _("您仍可凭编号和查询码随时查看")),
}
# people and packs, as administrators see them
PEOPLE_STATES = {
    "open": _("在用"),
    "closed": _("已关闭"),
    "never": _("从未登录"),
    "no_password": _("还没有密码"),
    "no_role": _("没有角色"),
    "no_unit": _("承办人没有写单位"),
}
IMPORT_LINES = {
    "new": Chip(_("新人员"), "user-plus", "blue"),
    "grant": Chip(_("加角色"), "key", "blue"),
    "same": Chip(_("已经如此"), "check", "grey"),
    "fault": Chip(_("有问题"), "alert-triangle", "vermilion"),
}
IMPORT_FAULTS = {
    "username": _("用户名“%(value)s”不合用：只能有字母、数字和 @ . + - _"),
    "email": _("“%(value)s”不是邮箱地址"),
    "language": _("语言“%(value)s”不认识：写 中文 或 英文"),
    "long": _("姓名超过 80 字"),
    "role": _("没有“%(value)s”这个角色，请照“角色”页写"),
    "area": _("没有“%(value)s”这个区域，或同名的不止一个；写代码"),
    "unit": _("没有“%(value)s”这个单位，或同名的不止一个；写代码"),
    "beyond": _("超出您管理的区域或单位"),
}
TABLES = {
    "areas": _("区域"),
    "places": _("地名"),
    "unit_kinds": _("单位类别"),
    "units": _("单位"),
    "matters": _("事项"),
    "duties": _("权责清单"),
    "calendar": _("日历"),
    "shapes": _("区域轮廓"),
    "layers": _("地图底图"),
    "knowledge": _("知识库"),
    "settings": _("设置、时限与考核"),
}
PACK_CHANGES = {
    "added": Chip(_("新增"), "plus", "jade"),
    "changed": Chip(_("改变"), "edit", "amber"),
    "retired": Chip(_("停用"), "ban", "vermilion"),
}
PACK_FIELDS = {
    "lead": _("主办"),
    "co_units": _("协办"),
    "limit": _("办理时限"),
    "contact_limit": _("联系时限"),
    "powers": _("权限"),
    "legal_basis": _("依据"),
    "acceptance": _("办结标准"),
    "playbook": _("要点"),
    "ends": _("到期日"),
    "starts": _("起始日"),
    "name": _("名称"),
    "kind": _("类别"),
    "area": _("区域"),
    "parent": _("上级"),
    "level": _("层级"),
    "aliases": _("别名"),
    "population": _("人口"),
    "lat": _("纬度"),
    "lon": _("经度"),
    "urgency": _("紧急程度"),
    "request_kind": _("诉求类型"),
    "outdoors": _("路上看得见"),
    "examples": _("例句"),
    "always_open": _("全天值守"),
    "working": _("是否上班"),
    "note": _("说明"),
    "geometry": _("轮廓"),
    "value": _("值"),
    "title": _("标题"),
    "body": _("正文"),
    "source": _("出处"),
    "keywords": _("关键词"),
    "matters": _("事项"),
    "units": _("单位"),
}
PACK_FINDINGS = {
    "gaps_opened": Chip(_("新出现：没有人主办"), "alert-triangle", "vermilion"),
    "overlaps_opened": Chip(_("新出现：两行各说各的"), "arrows-split", "amber"),
    "gaps_closed": Chip(_("不再有：没有人主办"), "circle-check", "jade"),
    "overlaps_closed": Chip(_("不再有：两行各说各的"), "circle-check", "jade"),
}
PACK_LOST = {
    "units": Chip(_("承办单位停用"), "building", "vermilion"),
    "areas": Chip(_("区域停用"), "map-pin", "amber"),
    "matters": Chip(_("事项停用"), "category", "amber"),
}
ROUNDS = {
    "clocks": _("时限：提醒与提级"),
    "notices": _("发通知"),
    "words": _("查找用的索引"),
    "checkpoint": _("封存台账"),
    "appraisal": _("考核数字"),
    "subscriptions": _("订阅地点的消息"),
    "tallies": _("清理计数"),
    "figures": _("各环节用时"),
    "meetings": _("会议任务提醒"),
    "check": _("核对台账"),
    "orders": _("跟进先办的案件"),
    "warnings": _("找正在形成的问题"),
    "learning": _("派单模型学习"),
    "retention": _("删去到期的信息"),
    "outlook": _("预计哪些信息将到期"),
    "files": _("清理无主的文件"),
    "old notices": _("清理旧通知"),
    "word gaps": _("补索引"),
}
CHECK_STEPS = {
    "acts": _("逐条核对"),
    "cases": _("核对案件"),
    "figures": _("核对考核"),
    "files": _("核对文件"),
}
