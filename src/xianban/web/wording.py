"""The refusals of the rooms below, said in the language of the page.

Rooms speak plain English to the command line and the log. Where such a sentence reaches a page in
Chinese, it is recognised here by its beginning or shape; one that is not known is shown as it is.
"""

import re

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

SENTENCES: tuple[tuple[str, Promise], ...] = (
    (r"(?P<unit>.+) was designated to lead", _("%(unit)s是指定承办单位，不能再退单；确有错误请督办员改派。")),
    (r"(?P<unit>.+) has returned this case once", _("%(unit)s已退过一次单，不能再退；请督办员改派。")),
    (r"a dispatch can be returned within (?P<hours>\S+) h", _("退单须在派单后 %(hours)s 小时内提出，现已超过；请督办员改派。")),
    (r"who returned the dispatch cannot rule", _("退单的人不能自己裁定，请由派单台处理。")),
    (r"this is return number (?P<times>\d+)", _("这已是第 %(times)s 次退单，请直接指定承办单位。")),
    (r"(?P<unit>.+) returned the case; uphold", _("%(unit)s正是退单的单位，请另选一个单位。")),
    (r"there is no unit", _("名录里没有这个单位，请从列表中选一个。")),
    (r"(?P<unit>.+) is a community or grid body", _("%(unit)s属于社区或网格，只协助不主办；请选街道或部门。")),
    (r"the case is with (?P<unit>.+) already", _("案件已经在%(unit)s，请选别的单位。")),
    (r"(?P<unit>.+) leads this case; invite", _("%(unit)s就是主办单位，请邀请别的单位。")),
    (r"(?P<unit>.+) has an open task in this case", _("%(unit)s在本案已有未答复的协办，请在那里补充。")),
    (r"(?P<units>.+) \S+ not answered yet", _("%(units)s还没有答复协办。请等待，或写明为什么先行答复。")),
    (r"this is not done before these points are answered: (?P<points>.+)", _("还不能报办结：这几项必须先作答：%(points)s。")),
    (r"say why this point does not apply: (?P<point>.+)", _("请写明为什么不适用：%(point)s。")),
    (r"a case is assigned to somebody of (?P<unit>.+);", _("承办人要从%(unit)s的人里选。")),
    (r"this person has the case already", _("案件已经由这个人承办。")),
    (r"“.+” is done to one case at a time", _("这一步要一件一件办。")),
    (r"choose the cases first", _("请先勾选案件。")),
    (r"at most (?P<n>\d+) cases at once", _("一次最多办 %(n)s 件，请少选一些。")),
    (r"give the view a name", _("请给视图起个名字（不超过 40 字）。")),
    (r"you have (?P<n>\d+) views", _("您已有 %(n)s 个视图，请先删掉一个。")),
    (r"a view is shared with", _("视图只能和自己的单位共用。")),
    (r"a remark on a point has at most", _("每一项的备注不超过 300 字。")),
    (r"no task of this case is open", _("本案没有待答复的协办。")),
    (r"this task is not open", _("这项协办已经答复或作废，请刷新后再看。")),
    (r"this case was extended once", _("本案已延期一次，不能再延；确实办不了可以申请挂账。")),
    (r"a limit is extended before it ends", _("延期须在到期前提出，现已到期；请尽快答复诉求人。")),
    (r"“(?P<by>.+)” is more than the limit itself", _("延长的时间不能超过原来的时限。")),
    (r"this case is at the city's level", _("本案已在市级，不能再提级。")),
    (r"the case is at the level", _("案件已经在这一级或更高，请选更高的一级。")),
    (r"say what is to be corrected", _("请至少更正一项：事项、区域、地点或紧急程度。")),
    (r"a suspension was asked for already", _("已经申请过挂账，请等待督办员审批。")),
    (r"nobody has asked to suspend", _("没有待审批的挂账申请。")),
    (r"who asked for a suspension cannot decide", _("申请挂账的人不能自己审批，请由另一位督办员处理。")),
    (r"this case was suspended for as long", _("挂账已到最长期限，请恢复办理。")),
    (r"whoever was reached says whether", _("联系上了，就请记下问题是否解决。")),
    (r"say whether it is solved", _("请说明是否解决，或满意程度。")),
    (r"this request was withdrawn", _("这件诉求已经撤回，没有可评价的答复；需要的话可以重新办理。")),
    (r"you have rated this answer already", _("您已经评价过这次答复；如果没有解决，可以要求重新办理。")),
    (r"this was closed more than (?P<days>\d+) days ago", _("办结已超过 %(days)s 天，请重新反映一次。")),
    (r"only a question can be answered on the spot", _("只有咨询可以当场答复；这件请派单，或先把紧急程度更正为咨询。")),
    (r"others have reported the same", _("还有别人反映同一件事并在等答复，所以会继续办理。")),
    (r"that case was merged into another", _("那一件已经并入别的案件，请并入最后那一件。")),
    (r"that case has ended", _("那一件已经了结；可以关联两件，或先重新办理那一件。")),
    (r"other cases were merged into this one", _("已有别的案件并入本案，请反过来合并。")),
    (r"a case cannot be (?:merged|linked)", _("请填写另一个案件的编号。")),
    (r"this task is (?P<unit>.+)'s; answer", _("这是%(unit)s的协办，请答复本单位的。")),
    (r"while you looked at this case", _("在您查看期间，案件有了变化，请看过之后再办。")),
    (r"the page is from another copy", _("页面已经过时，请刷新后再看。")),
    (r"your roles do not let you", _("您的角色不能这样办，请找主办单位或派单台。")),
    (r"finding people by telephone is for", _("按电话查找由坐席、派单员和督办员来做，请找他们帮忙。")),
    (r"that is no telephone number", _("这不是电话号码；座机请带区号。")),
    (r"say in a few words why the contact", _("请写明原因。")),
    (r"your role does not take lists away", _("您的角色不能导出清单，请找派单员或督办员。")),
    (r"give two letters or more", _("请至少写两个连在一起的字，或编号中的三位以上。")),
    (r"that is long for a search", _("太长了，请从中选一小段来查（不超过 100 个字）。")),
    (r"there is no area, matter or unit", _("名录里没有这一项，请从列表中选一个。")),
    (r"your role does not open contacts", _("您的角色不能查看联系方式，请找承办单位。")),
    (r"the contacts of a case are for", _("您的角色不能查看联系方式，请找承办单位。")),
    (r"this person's data were erased", _("这个人的信息已依法删除，没有可查看的了。")),
    (r"taking down requests is for", _("登记诉求由坐席、派单员、承办人和网格员来做。")),
    (r"this is not the mark of a page", _("翻页的位置已经失效，请从第一页重新看。")),
    (r"“.*” (?:is (?:no|not an?|not the|yes or no)\b|does not take) ?", _("有一项填得不对，请从列表中选。")),
    (r"there is no (?:matter|area|urgency) ", _("名录里没有这一项，请从列表中选一个。")),
    (r"This cannot be taken as it is", _("有一项内容系统收不下，请检查后再提交。")),
    (r"a case that is", _("案件的状态已经变化，现在不能这样办；请刷新后再看。")),
    (r"who asked, or belongs to that unit", _("申请的人和本单位的人不能审定，请由别人决定。")),
    (r"who froze the period cannot rule", _("定档的人不能裁定对本期的申诉，请由别人裁定。")),
    (r"this is decided centrally", _("这由市级统一决定，您的角色只管一部分范围。")),
    (r"this period is frozen already", _("本期已经定档，更正须经申诉。")),
    (r"this period is frozen; appeal", _("本期已经定档，请改为申诉。")),
    (r"this period is frozen; what is left out", _("本期已经定档，剔除不能再改。")),
    (r"this period is not frozen yet", _("本期还没有定档，请改为申请剔除。")),
    (r"this period is not over", _("本期还没有结束，结束后才能定档。")),
    (r"(?P<n>\d+) request\(s\) to leave cases out", _("还有 %(n)s 件剔除申请没有决定，请先决定再定档。")),
    (r"this was asked already", _("已经提出过，请等待决定。")),
    (r"this was decided already", _("已经有了决定，请刷新后再看。")),
    (r"say it in words: ", _("请写明理由和证据。")),
    (r"say what is put right", _("请说明更正哪一项：联系、解决或满意程度。")),
    (r"nobody was reached in this follow-up", _("这次回访没有联系上人，不计入各率，无可更正。")),
    (r"only who works for that unit", _("只有该单位的人可以提出。")),
    (r"your roles do not show figures", _("您的角色不查看考核成绩，请联系管理员。")),
    (r"the file is empty", _("文件是空的，请重新选择。")),
    (r"the file is larger than (?P<mb>\S+) MB", _("文件超过 %(mb)s MB，请换小一些的，或拍成照片。")),
    (r"the picture has more than (?P<megapixels>\S+) million", _("图片超过 %(megapixels)s 百万像素，请发小一些的。")),
    (r"the file cannot be read", _("文件打不开，请在手机或电脑上打开后另存一份再发。")),
    (r"films and sound are not taken", _("暂不收录像和录音；请拍照片，并用文字说明。")),
    (r"this is a program", _("这是程序文件，不能接收。")),
    (r"web pages and drawings in code", _("不收网页和 SVG 等代码文件；请发照片。")),
    (r"old Office files", _("旧版 Office 文件可能藏有程序；请另存为 docx、xlsx 或 PDF。")),
    (r"the document holds a macro", _("文件里有宏、脚本或别的文件；请去掉后另存，或拍成照片。")),
    (r"the document is locked", _("文件设了密码；请取消密码后另存一份。")),
    (r"files of this sort are not taken", _("不收这类文件；请发照片、PDF、docx、xlsx 或纯文本。")),
    (r"no more than (?P<each>\d+) files", _("一次最多 %(each)s 个文件，请去掉几个。")),
    (r"a file was chosen too long ago", _("有一个文件选得太久，已经过期，请重新选择。")),
    (r"digest times are like", _("汇总时间请写成 8:30, 14:00 这样，最多六个。")),
    (r"(?:a channel is now|there is no such kind of notice)", _("发送方式请从列表中选。")),
    (r"quiet hours are whole hours", _("安静时间请从列表中选。")),
    (r"“.+” needs “.+”", _("有必填的内容没有填写。")),
)  # fmt: skip
COMPILED = tuple((re.compile(shape), sentence) for shape, sentence in SENTENCES)


def in_words(error: Exception) -> str:
    """The refusal as a sentence of the page's language."""
    said = str(error)
    if (get_language() or "").startswith("en"):
        return said[:1].upper() + said[1:] + ("" if said.endswith((".", "!", "?")) else ".")
    for shape, sentence in COMPILED:
        if match := shape.match(said):
            return str(sentence) % match.groupdict() if match.groupdict() else str(sentence)
    return said
