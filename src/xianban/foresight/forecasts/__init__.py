"""What comes next: daily counts per area and matter, with honest intervals."""

from .forecast import Forecast, Totals
from .forecaster import Forecaster, fit

__all__ = ["Forecast", "Forecaster", "Totals", "fit"]
