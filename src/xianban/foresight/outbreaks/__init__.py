"""More than usual, by series: counts judged against their own past, and which to act on."""

from xianban.foresight.outbreaks.daily import daily
from xianban.foresight.outbreaks.findings import Outbreaks, Reason
from xianban.foresight.outbreaks.flexible import flexible
from xianban.foresight.outbreaks.selecting import Selection, select
from xianban.foresight.outbreaks.short import short
from xianban.foresight.outbreaks.weekly import weekly

__all__ = ["Outbreaks", "Reason", "Selection", "daily", "flexible", "select", "short", "weekly"]
