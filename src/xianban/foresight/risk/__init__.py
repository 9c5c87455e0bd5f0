"""Where to look next week: the chance of at least one problem per place and matter."""

from .ranking import Check, Risk, rank

__all__ = ["Check", "Risk", "rank"]
