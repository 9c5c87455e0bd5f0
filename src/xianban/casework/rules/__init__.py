"""Decisions about cases, on plain values: the lifecycle table, clocks, and what each act does."""
