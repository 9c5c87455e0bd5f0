"""The words that command uses, each listed once."""

TASK_STATES = ("open", "reported", "done", "dropped")
TASK_WAITS = ("open", "reported")
HOWS = ("", "invite", "press")  # a meeting's own task; a co-unit's task; the lead is pressed
BY = ("area", "unit", "matter")
