"""The words that casework uses, each listed once."""

STATES = (
    "received",
    "dispatched",
    "signed",
    "handling",
    "reported",
    "closed",
    "contested",
    "suspended",
    "declined",
    "merged",
    "rectifying",
)
ENDED = ("closed", "declined", "merged")
OPEN = tuple(state for state in STATES if state not in ENDED)

LEVELS = ("grid", "community", "street", "district", "city")  # from the ground up

# The six lawful ways to decline a request, each to be explained to whoever asked.
EXITS = ("emergency_line", "legal_route", "repeat", "secrets", "outside_duty", "unlawful")
OBJECTIONS = ("not_our_duty", "wrong_place", "wrong_matter", "no_powers", "duplicate")
RULINGS = ("uphold", "reject", "designate")
SATISFACTION = ("satisfied", "basically", "dissatisfied", "unstated")
ENDINGS = (
    "satisfied",
    "checked",
    "no_reply",
    "withdrawn",
    "answered",
)  # how a closed case came to be closed

CLOCK_STATES = ("running", "paused", "met", "missed", "void")
ACTIVE = ("running", "paused")
TASK_STATES = ("asked", "answered", "explained", "unanswered", "void")
CHECK_ANSWERS = ("done", "not_applicable")  # to a point of a checklist
STANCES = ("ours", "part", "not_ours")  # what a unit that is consulted says
CONSULTATION_STATES = ("open", "decided", "dropped")
LINKS = ("similar", "related", "repeat", "split")
SOURCES = ("desk", "resident", "machine")  # who a follow-up comes from

# Matters whose unit is one of these kinds: they help, they never lead.
NEVER_LEAD_KINDS = ("community", "grid_station")
NEVER_LEAD_LEVELS = ("community", "grid")
