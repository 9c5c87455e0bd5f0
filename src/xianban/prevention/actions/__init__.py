"""Writes of prevention: rounds, study, orders, measures, detectors."""
