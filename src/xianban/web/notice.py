"""Which privacy notice residents are shown; whoever changes its words gives it a new version."""

VERSION = "2026-11-26"
