"""What acting changed: what came, against what would have come without it."""

from xianban.foresight.effects.measuring import Effect, measure

__all__ = ["Effect", "measure"]
