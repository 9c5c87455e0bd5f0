"""Who goes where: patrol hours to the places where they meet most, with a floor for every area."""

from xianban.foresight.allocation.assigning import Plan, assign

__all__ = ["Plan", "assign"]
