"""Reads of command: what is pressed, meetings, stage times, loads."""
