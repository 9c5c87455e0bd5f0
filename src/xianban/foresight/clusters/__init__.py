"""Where something gathers: areas and days that together have more than they should, up to today."""

from xianban.foresight.clusters.scanning import Cluster, scan

__all__ = ["Cluster", "scan"]
