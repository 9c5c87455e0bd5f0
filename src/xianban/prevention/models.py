"""Warnings and what comes of them. The ledger has every act (`warning:ID`, `detector:NAME`)."""

from django.db import models
from django.db.models import F, Q

from xianban.prevention.rules.words import (
    COURSES,
    GRADES,
    MEASURE_STATES,
    OUTCOMES,
    SHOWN,
    STANDS,
    VERSION_STATES,
)


class DetectorVersion(models.Model):
    """One configuration of a detector; what it says never changes, only whether it is in use."""

    name = models.CharField(max_length=40)
    n = models.PositiveIntegerField()
    config = models.JSONField()
    state = models.CharField(max_length=10)
    origin = models.CharField(max_length=10)  # pack, person or tuning
    by = models.CharField(max_length=64)
    at = models.DateTimeField()
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "n"], name="detector_version_once"),
            models.UniqueConstraint(
                fields=["name"], condition=Q(state="champion"), name="detector_one_champion"
            ),
            models.UniqueConstraint(
                fields=["name"], condition=Q(state="challenger"), name="detector_one_challenger"
            ),
            models.CheckConstraint(
                condition=Q(state__in=VERSION_STATES), name="detector_state_known"
            ),
        ]


class Round(models.Model):
    """One look at the history, for an hour or a night; there is one of a name, whoever runs it."""

    name = models.CharField(max_length=40, unique=True)  # nightly:2026-11-26, hourly:2026-11-26T05
    kind = models.CharField(max_length=8)
    as_of = models.DateTimeField()
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    counts = models.JSONField(default=dict)
    by_desk = models.JSONField(default=dict)  # desk -> {"raised": n, "left_out": n}
    warnings = models.JSONField(
        default=dict
    )  # figure of `counts` -> keys of the warnings behind it

    class Meta:
        indexes = [models.Index(fields=["-as_of"], name="round_newest")]


class Warning(models.Model):
    """A finding that is kept: once, from its first sign to its end."""

    detector = models.CharField(max_length=40)
    detector_n = models.PositiveIntegerField()
    method = models.CharField(max_length=12)
    seen_by = models.JSONField(default=list)  # other detectors that found the same
    title = models.CharField(max_length=200)
    matter = models.CharField(max_length=40, blank=True)
    area = models.CharField(max_length=40)  # around all of `areas`
    areas = models.JSONField(default=list)
    district = models.CharField(max_length=40, blank=True)
    street = models.CharField(max_length=40, blank=True)
    community = models.CharField(max_length=40, blank=True)
    desk = models.CharField(max_length=40)
    unit = models.CharField(max_length=60, blank=True)  # whose duty it would be

    shown = models.CharField(max_length=10)
    course = models.CharField(max_length=8, default="ongoing")
    stand = models.CharField(max_length=10, default="new")
    outcome = models.CharField(max_length=8, blank=True)
    reason = models.CharField(max_length=20, blank=True)
    note = models.TextField(blank=True)
    explained_by = models.CharField(max_length=200, blank=True)

    since = models.DateField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()  # when it was last found
    raised_at = models.DateTimeField(null=True)
    raised_day = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)
    studied_at = models.DateTimeField(null=True)
    quiet_until = models.DateField(null=True)

    observed = models.PositiveIntegerField()
    expected = models.FloatField()
    people = models.PositiveIntegerField()
    people_at_first = models.PositiveIntegerField()
    people_at_study = models.PositiveIntegerField(default=0)
    most_people = models.PositiveIntegerField()
    peak_on = models.DateField(null=True)
    confidence = models.FloatField()
    p_value = models.FloatField()
    size = models.FloatField()
    helped = models.FloatField()
    harm = models.FloatField()  # expected harm avoided: confidence x size x helped
    days_left_out = models.PositiveIntegerField(default=0)
    left_out_on = models.DateField(null=True)

    series = models.JSONField(default=dict)
    outlook = models.JSONField(default=dict)
    points = models.JSONField(default=list)
    texts = models.JSONField(default=list)
    twin = models.BigIntegerField(null=True)  # the champion's warning that a challenger found too
    case = models.BigIntegerField(null=True)
    version = models.PositiveIntegerField(default=0)  # acts in its chain

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(shown__in=SHOWN), name="warning_shown_known"),
            models.CheckConstraint(condition=Q(course__in=COURSES), name="warning_course_known"),
            models.CheckConstraint(condition=Q(stand__in=STANDS), name="warning_stand_known"),
            models.CheckConstraint(
                condition=Q(outcome__in=("", *OUTCOMES)), name="warning_outcome_known"
            ),
            models.CheckConstraint(
                condition=~Q(stand="dismissed") | ~Q(reason=""), name="warning_dismissed_reason"
            ),
            models.CheckConstraint(
                condition=~Q(stand="ordered") | Q(case__isnull=False), name="warning_ordered_case"
            ),
            models.CheckConstraint(
                condition=~Q(shown="raised") | Q(raised_day__isnull=False),
                name="warning_raised_day",
            ),
        ]
        indexes = [
            models.Index(fields=["shown", "course", "-harm"], name="warning_board"),
            models.Index(fields=["desk", "raised_day"], name="warning_budget"),
            models.Index(fields=["matter", "-first_at"], name="warning_similar"),
            models.Index(fields=["detector", "-studied_at"], name="warning_record"),
            models.Index(fields=["case"], name="warning_case"),
            models.Index(fields=["district", "-first_at"], name="warning_district"),
            models.Index(fields=["street", "-first_at"], name="warning_street"),
        ]


class Behind(models.Model):
    """A case behind a warning, inside the home."""

    warning = models.ForeignKey(Warning, on_delete=models.PROTECT, related_name="behind")
    case = models.BigIntegerField()
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["warning", "case"], name="behind_once")]
        indexes = [models.Index(fields=["case"], name="behind_case")]


class Order(models.Model):
    """The case that a warning led to, and on whose authority: the record that protects who acted."""

    warning = models.OneToOneField(Warning, on_delete=models.PROTECT, related_name="order")
    case = models.BigIntegerField(unique=True)
    number = models.CharField(max_length=32)
    lead = models.CharField(max_length=60, blank=True)
    co_units = models.JSONField(default=list)
    asked = models.JSONField(default=list)  # co-units that were asked, once the lead had signed
    by = models.CharField(max_length=64)
    at = models.DateTimeField()
    limit = models.CharField(max_length=20)
    authority = models.TextField(blank=True)
    legal_basis = models.TextField(blank=True)
    playbook = models.JSONField(default=list)
    measures = models.TextField()
    known = models.JSONField(default=dict)  # what was known when it was ordered
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    attached = models.PositiveIntegerField(default=0)  # at once; later ones are linked, too
    told = models.PositiveIntegerField(default=0)
    attaches = models.BooleanField(default=True)
    caught_up = models.BooleanField(
        default=False
    )  # with what came before it, and was not known yet


class Followed(models.Model):
    """Up to which act the ledger was followed, and what for."""

    name = models.CharField(max_length=20, unique=True)
    upto = models.BigIntegerField(default=0)


class Measure(models.Model):
    """How the effect of an order is to be measured, written down before; then what came of it."""

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="measure")
    registered_at = models.DateTimeField()
    plan = models.JSONField()  # areas, matters, controls, weeks, seed, coverage
    state = models.CharField(max_length=8, default="waiting")
    starts_on = models.DateField(null=True)
    weeks_seen = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict)
    relative = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    prevented = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=MEASURE_STATES), name="measure_state_known"
            ),
        ]
        indexes = [models.Index(fields=["state"], name="measure_state")]


class Summons(models.Model):
    """A whistle: a unit that was called to a warning's case; whether it came, graded both ways."""

    warning = models.ForeignKey(Warning, on_delete=models.PROTECT, related_name="summons")
    case = models.BigIntegerField()
    task = models.PositiveSmallIntegerField()
    unit = models.CharField(max_length=60)
    caller = models.CharField(max_length=60)  # the unit that whistled
    by = models.CharField(max_length=64)
    at = models.DateTimeField()
    arrive_by = models.DateTimeField()
    arrived_at = models.DateTimeField(null=True)
    grade_of_unit = models.PositiveSmallIntegerField(null=True)
    word_on_unit = models.TextField(blank=True)
    grade_of_caller = models.PositiveSmallIntegerField(null=True)
    word_on_caller = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "task"], name="summons_task_once"),
            models.CheckConstraint(condition=Q(arrive_by__gt=F("at")), name="summons_arrive_after"),
            models.CheckConstraint(
                condition=Q(grade_of_unit__isnull=True) | Q(grade_of_unit__in=GRADES),
                name="summons_grade_unit",
            ),
            models.CheckConstraint(
                condition=Q(grade_of_caller__isnull=True) | Q(grade_of_caller__in=GRADES),
                name="summons_grade_caller",
            ),
        ]
        indexes = [models.Index(fields=["unit", "-at"], name="summons_unit")]


class PlannedEvent(models.Model):
    """Works or a festival that somebody entered; those of the pack are read from the pack."""

    name = models.CharField(max_length=200)
    area = models.CharField(max_length=40)
    matters = models.JSONField(default=list)
    starts = models.DateField()
    ends = models.DateField()
    note = models.TextField(blank=True)
    by = models.CharField(max_length=64)
    at = models.DateTimeField()
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends__gte=F("starts")), name="planned_in_order"),
        ]
        indexes = [models.Index(fields=["ends"], name="planned_ends")]


class RiskCell(models.Model):
    """The chance that something shows next week, at a place, about a matter."""

    first_day = models.DateField()
    area = models.CharField(max_length=40)
    matter = models.CharField(max_length=40)
    district = models.CharField(max_length=40, blank=True)
    street = models.CharField(max_length=40, blank=True)
    probability = models.FloatField()
    expected = models.FloatField()
    rank = models.PositiveIntegerField()
    reasons = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first_day", "area", "matter"], name="risk_once")
        ]
        indexes = [
            models.Index(fields=["first_day", "rank"], name="risk_rank"),
            models.Index(fields=["first_day", "street", "rank"], name="risk_street"),
        ]


class Topic(models.Model):
    """One topic a month: what comes back again and again, with an owner and measures."""

    month = models.CharField(max_length=7)
    matter = models.CharField(max_length=40)
    area = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    owner = models.CharField(max_length=60)
    measures = models.JSONField(default=list)  # {"text", "unit", "due", "done"}
    why = models.JSONField(default=dict)
    state = models.CharField(max_length=8, default="open")
    by = models.CharField(max_length=64)
    at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    result = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["month", "matter", "area"], name="topic_once"),
        ]


class Load(models.Model):
    """People who spoke up, by week, area and first-level matter: for curves and profiles."""

    week = models.DateField()  # its Monday
    area = models.CharField(max_length=40)
    level = models.CharField(max_length=12)
    matter = models.CharField(max_length=40)
    people = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["area", "week", "matter"], name="load_once")]
        indexes = [models.Index(fields=["level", "week"], name="load_level")]


class Replay(models.Model):
    """A stretch of the past lived through again: by which rules, and what it came to. Not in the ledger."""

    title = models.CharField(max_length=200)
    own = models.BooleanField()  # this city's history; else a file, whose places are not ours
    source = models.CharField(max_length=200)
    first = models.DateField()
    last = models.DateField()
    made_at = models.DateTimeField()
    seconds = models.FloatField()
    requests = models.PositiveIntegerField()
    settings = models.JSONField()  # budget, detectors, the rule of the verdict, k
    totals = models.JSONField()
    days = models.JSONField()  # [date, found, raised, left out, ongoing]
    control = models.JSONField(default=dict)  # the same with days dealt out anew: what chance finds
    places = models.JSONField(default=list)  # [name, lat, lon] of all areas, to draw
    issues = models.JSONField(
        default=list
    )  # what most wrote about, and when it would have been raised


class Replayed(models.Model):
    """A warning that would have been raised: what was known then, and apart from it what followed."""

    replay = models.ForeignKey(Replay, on_delete=models.CASCADE, related_name="warnings")
    n = models.PositiveIntegerField()
    detector = models.CharField(max_length=60)
    detector_title = models.CharField(max_length=200)
    method = models.CharField(max_length=12)
    seen_by = models.JSONField(default=list)
    title = models.CharField(max_length=200)
    matter = models.CharField(max_length=60)
    matter_name = models.CharField(max_length=200)
    area = models.CharField(max_length=60)
    area_name = models.CharField(max_length=200)
    area_names = models.JSONField(default=list)
    district = models.CharField(max_length=40, blank=True)
    street = models.CharField(max_length=40, blank=True)
    community = models.CharField(max_length=40, blank=True)
    unit = models.CharField(max_length=60, blank=True)
    since = models.DateField()
    raised_on = models.DateField()
    ended_on = models.DateField(null=True)
    people = models.PositiveIntegerField()
    expected = models.FloatField()
    most_people = models.PositiveIntegerField()
    confidence = models.FloatField()
    p_value = models.FloatField()
    harm = models.FloatField()
    days_waited = models.PositiveIntegerField(default=0)
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    series = models.JSONField(default=dict)
    outlook = models.JSONField(default=dict)
    points = models.JSONField(default=list)
    texts = models.JSONField(default=list)
    came = models.PositiveIntegerField()
    usual = models.FloatField()
    borne_out = models.BooleanField(null=True)
    lead_days = models.IntegerField(null=True)
    by_chance = models.FloatField(null=True)
    after = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["replay", "n"], name="replayed_once"),
            models.CheckConstraint(
                condition=Q(raised_on__gte=F("since")) | Q(method__in=("season", "risk")),
                name="replayed_after_it_began",
            ),
        ]
        indexes = [
            models.Index(fields=["replay", "raised_on"], name="replayed_day"),
            models.Index(fields=["replay", "matter"], name="replayed_matter"),
        ]

    @property
    def observed(self) -> int:
        """As a warning of the board calls it."""
        return self.people
