"""Decisions of prevention, on plain values: what is found, kept, shown, and held to have helped."""
