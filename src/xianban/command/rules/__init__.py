"""Decisions of command, on plain values."""
