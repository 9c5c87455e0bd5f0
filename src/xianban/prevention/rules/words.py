"""The words that warnings are stored in."""

SHOWN = ("raised", "left_out", "explained", "silent")
COURSES = ("ongoing", "ended")
STANDS = ("new", "watching", "confirmed", "ordered", "dismissed")
OUTCOMES = ("real", "empty")
VERSION_STATES = ("champion", "challenger", "retired")
MEASURE_STATES = ("waiting", "filling", "done")
GRADES = (1, 2, 3, 4, 5)
DISMISS_REASONS = ("chance", "known", "not_ours", "duplicate", "counting", "other")
DETECTORS_OWN = "season"  # what the calendar proposes, and no statistic
