"""Writes of command: pressing, convening, keeping the figures."""
