"""Xianban: answer every request in time, and fix the next problem before anyone has to complain."""

__version__ = "0.1.0"
