import json
from collections.abc import Collection
from typing import Any

from django.db import models
from django.db.models import Q

from xianban.casework.rules.words import (
    ACTIVE,
    CLOCK_STATES,
    CONSULTATION_STATES,
    ENDED,
    LEVELS,
    LINKS,
    SATISFACTION,
    STATES,
    TASK_STATES,
)

# what lists of open cases are narrowed by: any of it together is counted by one index alone
# (as columns of the key: SQLite leaves out an index that only includes them)
COUNTED_BY = (
    "state",
    "urgency",
    "matter",
    "district",
    "street",
    "unit",
    "assignee",
    "received_at",
    "supporters",
)


class Case(models.Model):
    """What must be done, as its acts left it. `version` counts the acts in its chain."""

    version = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=12)
    origin = models.CharField(max_length=32)
    source = models.CharField(max_length=80, blank=True)
    title = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)
    request_kind = models.CharField(max_length=16, blank=True)
    matter = models.CharField(max_length=40, blank=True)
    urgency = models.CharField(max_length=12)
    level = models.CharField(max_length=12)
    area = models.CharField(max_length=40, blank=True)
    # the areas above it by level, so that a list of one of them is one range of an index
    district = models.CharField(max_length=40, blank=True)
    street = models.CharField(max_length=40, blank=True)
    community = models.CharField(max_length=40, blank=True)
    place = models.CharField(max_length=300, blank=True)
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    supporters = models.PositiveIntegerField(default=0)
    proposal = models.JSONField(default=dict)
    duty = models.JSONField(default=dict)

    unit = models.CharField(max_length=60, blank=True)
    limits = models.JSONField(default=dict)
    received_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    dispatched_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    next_due_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    refined_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    designated = models.BooleanField(default=False)
    extended = models.BooleanField(default=False)
    assignee = models.BigIntegerField(null=True)
    claims_solved = models.BooleanField(null=True)
    pressed = models.PositiveSmallIntegerField(default=0)
    reopened = models.PositiveSmallIntegerField(default=0)
    answer = models.TextField(blank=True)
    exit = models.CharField(max_length=16, blank=True)
    ending = models.CharField(max_length=12, blank=True)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="merged_from", db_index=False
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=STATES), name="case_state_known"),
            models.CheckConstraint(condition=Q(level__in=LEVELS), name="case_level_known"),
            models.CheckConstraint(condition=Q(version__gt=0), name="case_has_acts"),
            models.CheckConstraint(
                condition=Q(state__in=ENDED, ended_at__isnull=False)
                | (~Q(state__in=ENDED) & Q(ended_at__isnull=True, next_due_at__isnull=False)),
                name="case_open_or_ended",
            ),
            models.CheckConstraint(
                condition=Q(state="merged", merged_into__isnull=False)
                | (~Q(state="merged") & Q(merged_into__isnull=True)),
                name="case_merged_has_target",
            ),
            models.CheckConstraint(
                condition=~Q(merged_into=models.F("id")), name="case_not_into_itself"
            ),
            models.CheckConstraint(
                condition=Q(state="declined") | ~Q(state="declined") & Q(exit=""),
                name="case_exit_only_if_declined",
            ),
            models.CheckConstraint(
                condition=~Q(state="declined") | ~Q(exit=""), name="case_declined_has_exit"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("received", *ENDED)) | ~Q(unit=""),
                name="case_at_work_has_unit",
            ),
        ]
        indexes = [
            # one for each place from which a list of open cases is read, first due first; the state
            # goes along, so that counting by state needs the index alone
            models.Index(
                fields=["next_due_at", "id", *COUNTED_BY],
                condition=Q(ended_at__isnull=True),
                name="case_open",
            ),
            models.Index(
                fields=["state", "next_due_at", "id"],
                condition=Q(ended_at__isnull=True),
                name="case_open_state",
            ),
            models.Index(
                fields=["unit", "next_due_at", "id", "state"],
                condition=Q(ended_at__isnull=True),
                name="case_open_unit",
            ),
            models.Index(
                fields=["district", "next_due_at", "id", "state"],
                condition=Q(ended_at__isnull=True),
                name="case_open_district",
            ),
            models.Index(
                fields=["street", "next_due_at", "id", "state"],
                condition=Q(ended_at__isnull=True),
                name="case_open_street",
            ),
            models.Index(
                fields=["assignee", "next_due_at", "id", "state"],
                condition=Q(ended_at__isnull=True, assignee__isnull=False),
                name="case_open_assignee",
            ),
            # how many are late where and with whom: small, as every row of it is counted
            models.Index(
                fields=["district", "street", "unit", "next_due_at"],
                condition=Q(ended_at__isnull=True),
                name="case_open_count",
            ),
            # those few that weigh more than their time says
            models.Index(
                fields=["next_due_at", "id", "urgency", "supporters"],
                condition=Q(ended_at__isnull=True, supporters__gt=0),
                name="case_open_supported",
            ),
            # the same of a matter, and how much they weigh, by the index alone
            models.Index(
                fields=[
                    *("district", "street", "unit", "next_due_at", "id"),
                    *("state", "urgency", "matter", "supporters"),
                ],
                condition=Q(ended_at__isnull=True),
                name="case_open_where",
            ),
            models.Index(
                fields=["matter", "next_due_at", "id"],
                condition=Q(ended_at__isnull=True),
                name="case_open_matter",
            ),
            # newest first, ended ones too
            models.Index(fields=["unit", "-id"], name="case_unit"),
            models.Index(fields=["district", "-id"], name="case_district"),
            models.Index(fields=["street", "-id"], name="case_street"),
            models.Index(fields=["area", "-id"], name="case_area"),
            models.Index(fields=["matter", "-id"], name="case_matter"),
            models.Index(fields=["state", "-id"], name="case_state"),
            models.Index(
                fields=["assignee", "-id"],
                condition=Q(assignee__isnull=False),
                name="case_assignee",
            ),
            models.Index(fields=["received_at"], name="case_received"),
            models.Index(
                fields=["refined_at"], condition=Q(refined_at__isnull=False), name="case_refined"
            ),
            models.Index(
                fields=["ended_at"], condition=Q(ending="checked"), name="case_closed_unasked"
            ),
            models.Index(
                fields=["ended_at"], condition=Q(ended_at__isnull=False), name="case_ended"
            ),
            models.Index(
                fields=["merged_into"], condition=Q(merged_into__isnull=False), name="case_merged"
            ),
        ]

    def __str__(self) -> str:
        return f"case {self.pk} ({self.state})"


class Clock(models.Model):
    """One promise with a time; see `rules.standing.Clock`."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="clocks", db_index=False)
    n = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12)
    state = models.CharField(max_length=8, default="running")
    unit = models.CharField(max_length=60, blank=True, default="")
    limit = models.CharField(max_length=12)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    wake_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    left_s = models.BigIntegerField(null=True)
    late_at = models.DateTimeField(null=True)
    steps = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    task = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "n"], name="clock_place"),
            models.UniqueConstraint(
                fields=["case", "kind", "task"],
                condition=Q(state__in=ACTIVE),
                name="clock_one_active_of_a_kind",
            ),
            models.CheckConstraint(condition=Q(state__in=CLOCK_STATES), name="clock_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=ACTIVE, ended_at__isnull=True)
                | (~Q(state__in=ACTIVE) & Q(ended_at__isnull=False, wake_at__isnull=True)),
                name="clock_ended_or_active",
            ),
            models.CheckConstraint(
                condition=Q(
                    state="paused",
                    paused_at__isnull=False,
                    left_s__isnull=False,
                    wake_at__isnull=True,
                )
                | (~Q(state="paused") & Q(paused_at__isnull=True, left_s__isnull=True)),
                name="clock_paused_knows_rest",
            ),
        ]
        indexes = [
            models.Index(
                fields=["wake_at", "id"], condition=Q(wake_at__isnull=False), name="clock_to_wake"
            ),
            # cases of which a clock of this kind is due next
            models.Index(
                fields=["kind", "due_at", "case"],
                condition=Q(state="running"),
                name="clock_running",
            ),
        ]


class Task(models.Model):
    """A co-unit's share of a case."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="tasks", db_index=False)
    n = models.PositiveSmallIntegerField()
    unit = models.CharField(max_length=60)
    state = models.CharField(max_length=10, default="asked")
    ask = models.TextField()
    whistle = models.BooleanField(default=False)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answer = models.TextField(blank=True, default="")
    answered_at = models.DateTimeField(null=True)
    consultation = models.PositiveSmallIntegerField(default=0)
    stance = models.CharField(max_length=12, blank=True, default="")
    basis = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "n"], name="task_place"),
            models.UniqueConstraint(
                fields=["case", "unit"], condition=Q(state="asked"), name="task_one_open_of_a_unit"
            ),
            models.CheckConstraint(condition=Q(state__in=TASK_STATES), name="task_state_known"),
        ]
        indexes = [
            models.Index(fields=["unit", "-case"], name="task_unit"),
            models.Index(fields=["unit", "due_at"], condition=Q(state="asked"), name="task_owed"),
        ]


class Consultation(models.Model):
    """Several units asked whose a case is, before one is named to lead; its answers are tasks."""

    case = models.ForeignKey(
        Case, on_delete=models.PROTECT, related_name="consultations", db_index=False
    )
    n = models.PositiveSmallIntegerField()
    by = models.CharField(max_length=64)
    question = models.TextField()
    state = models.CharField(max_length=8, default="open")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    unit = models.CharField(max_length=60, blank=True, default="")
    grounds = models.TextField(blank=True, default="")
    decided_by = models.CharField(max_length=64, blank=True, default="")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "n"], name="consultation_place"),
            models.UniqueConstraint(
                fields=["case"], condition=Q(state="open"), name="consultation_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state__in=CONSULTATION_STATES), name="consultation_state_known"
            ),
        ]


class Dispute(models.Model):
    """A returned dispatch, and the ruling on it."""

    case = models.ForeignKey(
        Case, on_delete=models.PROTECT, related_name="disputes", db_index=False
    )
    n = models.PositiveSmallIntegerField()
    unit = models.CharField(max_length=60)
    by = models.CharField(max_length=64)
    reason = models.CharField(max_length=24)
    text = models.TextField()
    raised_at = models.DateTimeField()
    from_state = models.CharField(max_length=12)
    ruling = models.CharField(max_length=12, blank=True, default="")
    ruled_at = models.DateTimeField(null=True)
    to_unit = models.CharField(max_length=60, blank=True, default="")
    grounds = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "n"], name="dispute_place"),
            models.UniqueConstraint(fields=["case", "unit"], name="dispute_once_a_unit"),
            models.UniqueConstraint(
                fields=["case"], condition=Q(ruling=""), name="dispute_one_open"
            ),
        ]


class Suspension(models.Model):
    """A case that cannot go on for now: what stands in the way, who approved, and until when."""

    case = models.ForeignKey(
        Case, on_delete=models.PROTECT, related_name="suspensions", db_index=False
    )
    n = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, default="asked")
    by = models.CharField(max_length=64)
    evidence = models.TextField()
    reason = models.TextField()
    asked_at = models.DateTimeField()
    from_state = models.CharField(max_length=12, blank=True, default="")
    decided_by = models.CharField(max_length=64, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    cap_at = models.DateTimeField(null=True)
    reviews = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "n"], name="suspension_place"),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(state__in=("asked", "active")),
                name="suspension_one_open",
            ),
            models.CheckConstraint(
                condition=~Q(state="active")
                | (Q(cap_at__isnull=False) & ~Q(decided_by="") & ~Q(decided_by=models.F("by"))),
                name="suspension_approved_by_another",
            ),
        ]


class FollowUp(models.Model):
    """What was heard, or not heard, after an answer."""

    case = models.ForeignKey(
        Case, on_delete=models.PROTECT, related_name="follow_ups", db_index=False
    )
    n = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    source = models.CharField(max_length=8)
    by = models.CharField(max_length=64)
    contacted = models.BooleanField(default=False)
    solved = models.BooleanField(null=True)
    satisfaction = models.CharField(max_length=12, default="unstated")
    text = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "n"], name="follow_up_place"),
            models.CheckConstraint(
                condition=Q(satisfaction__in=SATISFACTION), name="follow_up_word_known"
            ),
            models.CheckConstraint(
                condition=Q(contacted=True) | Q(solved__isnull=True, satisfaction="unstated"),
                name="follow_up_silence_says_nothing",
            ),
        ]
        indexes = [models.Index(fields=["at"], name="follow_up_at")]


class Interest(models.Model):
    """A person who wants to hear what becomes of a case; `via` is the case it came over from."""

    case = models.ForeignKey(
        Case, on_delete=models.PROTECT, related_name="interests", db_index=False
    )
    person = models.BigIntegerField()
    since = models.DateTimeField()
    via = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "person"], name="interest_once")]
        indexes = [models.Index(fields=["person", "-case"], name="interest_person")]


class Word(models.Model):
    """What a resident said with an act: kept apart from the ledger, so that it can be forgotten."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="words", db_index=False)
    seq = models.PositiveIntegerField()
    person = models.BigIntegerField(db_index=True)
    text = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "seq"], name="word_of_one_act")]


class Link(models.Model):
    """Two cases that have to do with each other; `score` is how sure a machine was, 1 for a person.

    One that was cut stays, so that no machine makes it again; a person may.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="links", db_index=False)
    other = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="linked_from")
    kind = models.CharField(max_length=8)
    score = models.FloatField(default=1.0)
    since = models.DateTimeField()
    cut_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "other", "kind"], name="link_once"),
            models.CheckConstraint(condition=~Q(case=models.F("other")), name="link_not_to_itself"),
            models.CheckConstraint(condition=Q(kind__in=LINKS), name="link_kind_known"),
        ]


class SavedView(models.Model):
    """A list that somebody gave a name to: what it asks for, and with which unit it is shared."""

    user = models.BigIntegerField()
    name = models.CharField(max_length=40)
    asks = models.JSONField(default=dict)
    shared_with = models.CharField(max_length=60, blank=True, default="")
    first = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="saved_view_name_once"),
            models.UniqueConstraint(
                fields=["user"], condition=Q(first=True), name="saved_view_one_first"
            ),
        ]
        indexes = [
            models.Index(
                fields=["shared_with"], condition=~Q(shared_with=""), name="saved_view_shared"
            )
        ]

    def __str__(self) -> str:
        return f"view {self.name} of {self.user}"


class TokensField(models.Field):
    """Whole numbers: an array on PostgreSQL, where an index looks into it; JSON text on SQLite."""

    def db_type(self, connection: Any) -> str:
        return "bigint[]" if connection.vendor == "postgresql" else "text"

    def get_db_prep_value(
        self, value: Collection[int], connection: Any, prepared: bool = False
    ) -> list[int] | str:
        return list(value) if connection.vendor == "postgresql" else json.dumps(list(value))

    def get_placeholder(self, value: object, compiler: object, connection: Any) -> str:
        return "%s::bigint[]" if connection.vendor == "postgresql" else "%s"


class Searchable(models.Model):
    """What a case is found by (`rules.searching`); the worker makes it, and again where it is stale.

    On SQLite triggers copy the tokens to `casework_posting`: a migration that makes this table anew
    has to make them anew, too (see 0002).
    """

    case = models.OneToOneField(
        Case, on_delete=models.PROTECT, primary_key=True, related_name="searchable"
    )
    tokens = TokensField()
    stale = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["case"], condition=Q(stale=True), name="searchable_stale"),
        ]
