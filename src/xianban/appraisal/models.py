"""Periods and their revisions, the rows behind every figure, and what was asked about them.

Triggers (migration 0002) keep a frozen revision, its rows and its figures as they are.
"""

from django.db import models
from django.db.models import F, Q

from xianban.appraisal.rules.words import APPEALS, BLACK, BY, GROUNDS, RED, STATES


class Period(models.Model):
    """A stretch of time that is appraised, named by a month."""

    name = models.CharField(max_length=7, unique=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="period_has_time")
        ]

    def __str__(self) -> str:
        return self.name


class Revision(models.Model):
    """The figures of a period as reckoned: provisional until frozen, and then for good.

    The first is reckoned and frozen; each later one is a correction that a ruling brought.
    """

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="revisions")
    n = models.PositiveSmallIntegerField()
    profile = models.JSONField()
    reckoned_at = models.DateTimeField()
    frozen_at = models.DateTimeField(null=True)
    frozen_by = models.CharField(max_length=64, blank=True)
    why = models.TextField(blank=True)
    rows = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["period", "n"], name="revision_place"),
            models.UniqueConstraint(
                fields=["period"],
                condition=Q(frozen_at__isnull=True),
                name="revision_one_provisional",
            ),
            models.CheckConstraint(
                condition=Q(frozen_at__isnull=True, digest="")
                | (Q(frozen_at__isnull=False) & ~Q(digest="") & ~Q(frozen_by="")),
                name="revision_frozen_is_sealed",
            ),
        ]


class Counted(models.Model):
    """One row behind the figures: a case as one follow-up found it, and its share in each tally."""

    revision = models.ForeignKey(
        Revision, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    case = models.BigIntegerField()
    number = models.CharField(max_length=32)
    n = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    source = models.CharField(max_length=8, blank=True)
    unit = models.CharField(max_length=60, blank=True)
    district = models.CharField(max_length=40, blank=True)
    street = models.CharField(max_length=40, blank=True)
    community = models.CharField(max_length=40, blank=True)
    area = models.CharField(max_length=40, blank=True)
    matter = models.CharField(max_length=40, blank=True)
    left_out = models.CharField(max_length=16, blank=True)  # the ground, or empty: it counts
    # the tallies, by the names of city.api.TALLIES: 0 or 1 each
    valid = models.PositiveSmallIntegerField()
    contacted = models.PositiveSmallIntegerField()
    solved = models.PositiveSmallIntegerField()
    satisfied = models.PositiveSmallIntegerField()
    basically = models.PositiveSmallIntegerField()
    dissatisfied = models.PositiveSmallIntegerField()
    cases = models.PositiveSmallIntegerField()
    dispatched = models.PositiveSmallIntegerField()
    signed = models.PositiveSmallIntegerField()
    answered = models.PositiveSmallIntegerField()
    redone = models.PositiveSmallIntegerField()
    returned = models.PositiveSmallIntegerField()
    misdirected = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["revision", "case", "n"], name="counted_once"),
            models.CheckConstraint(
                condition=Q(left_out__in=("", *GROUNDS)), name="counted_ground_known"
            ),
        ]
        indexes = [
            models.Index(fields=["revision", "unit", "-at", "-id"], name="counted_unit"),
            models.Index(fields=["revision", "street"], name="counted_street"),
            models.Index(fields=["revision", "matter"], name="counted_matter"),
        ]


class Figure(models.Model):
    """Rates, score and place of one unit, area or matter in one revision."""

    revision = models.ForeignKey(
        Revision, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    by = models.CharField(max_length=8)
    code = models.CharField(max_length=60)
    peers = models.CharField(max_length=60)  # whom it is compared with
    tallies = models.JSONField()
    rates = models.JSONField()
    score = models.CharField(max_length=16, blank=True)  # as published; empty: no figure
    n = models.PositiveIntegerField()
    low = models.FloatField()
    high = models.FloatField()
    rank = models.PositiveIntegerField(null=True)
    best = models.PositiveIntegerField(null=True)
    worst = models.PositiveIntegerField(null=True)
    among = models.PositiveIntegerField()
    listed = models.CharField(max_length=8, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["revision", "by", "code"], name="figure_once"),
            models.CheckConstraint(condition=Q(by__in=BY), name="figure_by_known"),
            models.CheckConstraint(condition=Q(listed__in=("", RED, BLACK)), name="figure_list"),
            models.CheckConstraint(
                condition=Q(rank__isnull=True)
                | Q(rank__gte=F("best"), rank__lte=F("worst")) & ~Q(score=""),
                name="figure_rank_in_range",
            ),
        ]


class Asked(models.Model):
    """Something a unit asks about a case in a period, and what another decided."""

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="+")
    case = models.BigIntegerField()
    number = models.CharField(max_length=32)
    unit = models.CharField(max_length=60)
    ground = models.CharField(max_length=16)
    evidence = models.TextField()
    asked_by = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=8, default="asked")
    decided_by = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(condition=Q(state__in=STATES), name="%(class)s_state_known"),
            models.CheckConstraint(condition=Q(ground__in=APPEALS), name="%(class)s_ground_known"),
            models.CheckConstraint(condition=~Q(evidence=""), name="%(class)s_has_evidence"),
            models.CheckConstraint(
                condition=Q(state="asked", decided_by="", decided_at__isnull=True)
                | (
                    ~Q(state="asked")
                    & ~Q(decided_by="")
                    & ~Q(decided_by=F("asked_by"))
                    & Q(decided_at__isnull=False)
                    & ~Q(reason="")
                ),
                name="%(class)s_decided_by_another",
            ),
            models.UniqueConstraint(
                fields=["period", "case", "unit"],
                condition=~Q(state="refused"),
                name="%(class)s_once",
            ),
        ]


class Exclusion(Asked):
    """A unit asks that a case be left out of a period that is not frozen yet."""


class Appeal(Asked):
    """A unit objects to a row of a frozen period; what is upheld comes as a new revision."""

    n = models.PositiveSmallIntegerField()  # the follow-up objected to
    revision = models.PositiveSmallIntegerField()  # that it objects to
    corrected_in = models.PositiveSmallIntegerField(null=True)
    correction = models.JSONField(default=dict)
