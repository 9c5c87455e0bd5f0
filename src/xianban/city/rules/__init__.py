"""Decisions of the room, on plain values: no Django, no files, no clock."""
