from django.db import models
from django.db.models import Q

from xianban.command.rules.words import BY, HOWS, TASK_STATES


class Pressing(models.Model):
    """Somebody pressed a unit about a case, and said by when there is to be an answer."""

    case = models.BigIntegerField()
    version = models.PositiveIntegerField()  # of the case, when it was pressed
    unit = models.CharField(max_length=60)
    by = models.CharField(max_length=64)
    at = models.DateTimeField()
    reason = models.TextField()
    answer_by = models.DateTimeField()
    escalated = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="pressing_has_reason"),
            models.CheckConstraint(
                condition=Q(answer_by__gt=models.F("at")), name="pressing_answered_after"
            ),
        ]
        indexes = [
            models.Index(fields=["-at"], name="pressing_newest"),
            models.Index(fields=["case"], name="pressing_case"),
        ]


class Meeting(models.Model):
    """People of several units come together about cases, an area or a matter."""

    title = models.CharField(max_length=120)
    agenda = models.TextField()
    starts_at = models.DateTimeField()
    place = models.CharField(max_length=120)
    area = models.CharField(max_length=40)
    matter = models.CharField(max_length=40, blank=True)
    units = models.JSONField(default=list)
    cases = models.JSONField(default=list)
    by = models.CharField(max_length=64)
    called_at = models.DateTimeField()
    minutes = models.TextField(blank=True)
    decision = models.TextField(blank=True)
    held_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(held_at__isnull=True) | ~Q(decision=""), name="meeting_held_decided"
            ),
        ]
        indexes = [models.Index(fields=["-starts_at"], name="meeting_newest")]


class MeetingTask(models.Model):
    """What a meeting gave somebody to do. One about a case lives in the case, as `how` says."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="tasks")
    n = models.PositiveSmallIntegerField()
    text = models.TextField()
    unit = models.CharField(max_length=60)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=8, default="open")
    result = models.TextField(blank=True)
    by = models.CharField(max_length=64)
    set_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    case = models.BigIntegerField(null=True)
    how = models.CharField(max_length=8, blank=True)
    case_task = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meeting", "n"], name="meeting_task_place"),
            models.CheckConstraint(
                condition=Q(state__in=TASK_STATES), name="meeting_task_state_known"
            ),
            models.CheckConstraint(
                condition=Q(how="", case__isnull=True)
                | (~Q(how="") & Q(how__in=HOWS, case__isnull=False)),
                name="meeting_task_in_case",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="open"), name="meeting_task_due"),
            models.Index(fields=["unit", "-id"], name="meeting_task_unit"),
        ]


class Stage(models.Model):
    """One finished visit of a case to a stage; made from its acts, and made anew when they go on."""

    case = models.BigIntegerField()
    stage = models.CharField(max_length=12)
    n = models.PositiveSmallIntegerField()
    unit = models.CharField(max_length=60, blank=True)
    district = models.CharField(max_length=40, blank=True)
    street = models.CharField(max_length=40, blank=True)
    matter = models.CharField(max_length=40, blank=True)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    week = models.CharField(max_length=8)
    month = models.CharField(max_length=7)
    seconds = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "stage", "n"], name="stage_visit_once"),
        ]
        indexes = [
            # the longest first, within a week or a month
            models.Index(fields=["week", "stage", "-seconds"], name="stage_week"),
            models.Index(fields=["month", "stage", "-seconds"], name="stage_month"),
            models.Index(fields=["unit", "stage", "ended_at"], name="stage_unit"),
            models.Index(fields=["street", "stage", "ended_at"], name="stage_street"),
        ]


class StageFigure(models.Model):
    """How long a stage took in a week or a month: in an area, at a unit, for a matter."""

    period = models.CharField(max_length=8)
    stage = models.CharField(max_length=12)
    by = models.CharField(max_length=8)
    code = models.CharField(max_length=60)
    n = models.PositiveIntegerField()
    median_s = models.FloatField()
    p90_s = models.FloatField()
    total_s = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["period", "by", "code", "stage"], name="stage_figure_once"
            ),
            models.CheckConstraint(condition=Q(by__in=BY), name="stage_figure_by_known"),
        ]
        indexes = [models.Index(fields=["by", "code", "period"], name="stage_figure_trend")]


class DayLoad(models.Model):
    """How many cases came in on a day, in an area or for a unit; of all matters, or of one."""

    day = models.DateField()
    by = models.CharField(max_length=8)  # area or unit
    code = models.CharField(max_length=60)
    matter = models.CharField(max_length=40, blank=True)
    n = models.PositiveIntegerField()
    hours = models.JSONField(default=list)  # of all matters only

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["by", "code", "day", "matter"], name="day_load_once"),
        ]
        indexes = [models.Index(fields=["day", "by", "matter"], name="day_load_day")]


class Stale(models.Model):
    """A day, week or month whose figures are to be made anew, because a case of it went on."""

    kind = models.CharField(max_length=8)
    name = models.CharField(max_length=10)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="stale_once")]


class Followed(models.Model):
    """Up to which act of the ledger the figures follow."""

    name = models.CharField(max_length=16, primary_key=True)
    upto = models.BigIntegerField(default=0)
