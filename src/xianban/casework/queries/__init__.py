"""Reads of cases: who sees what, lists, pages, stories."""
