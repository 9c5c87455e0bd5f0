"""Reads of prevention, within the reader's scope."""
