"""What residents are talking about: hot issues and near copies among their texts.

from xianban.foresight import issues

issues.find(texts, times=times, authors=authors)
"""

from xianban.foresight.issues.duplicates import NearDuplicates, near_duplicates
from xianban.foresight.issues.finding import find
from xianban.foresight.issues.hot import HotIssue
from xianban.foresight.issues.kinds import kinds_of
from xianban.foresight.issues.watching import Watch

__all__ = ["HotIssue", "NearDuplicates", "Watch", "find", "kinds_of", "near_duplicates"]
