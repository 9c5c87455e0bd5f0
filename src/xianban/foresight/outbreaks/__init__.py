"""More than usual, by series: weekly or daily counts judged against their own past."""

from xianban.foresight.outbreaks.findings import Outbreaks, Reason

__all__ = ["Outbreaks", "Reason"]
