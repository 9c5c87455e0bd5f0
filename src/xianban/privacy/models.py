from django.db import models
from django.db.models import Q

from xianban.privacy.rules import RIGHTS, STATES


class Asking(models.Model):
    """A right that somebody asked for with number and code. A new contact is sealed until confirmed."""

    person = models.BigIntegerField(db_index=True)
    request = models.BigIntegerField()
    case = models.BigIntegerField()
    kind = models.CharField(max_length=8)
    state = models.CharField(max_length=8, default="asked")
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    holds = models.JSONField(default=list)
    sealed = models.BinaryField(null=True)
    decided_by = models.CharField(max_length=64, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=RIGHTS), name="asking_kind_known"),
            models.CheckConstraint(condition=Q(state__in=STATES), name="asking_state_known"),
            models.CheckConstraint(
                condition=Q(state="asked") | Q(sealed__isnull=True), name="asking_sealed_till_sure"
            ),
            models.CheckConstraint(
                condition=~Q(state="waiting") | Q(due_at__isnull=False), name="asking_has_clock"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=("waiting", "after")),
                name="askings_undecided",
            )
        ]


class Sweep(models.Model):
    """Where the round over ended cases stands; one row."""

    upto = models.BigIntegerField(default=0)
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)


class Outlook(models.Model):
    """What would go when, as counted at one time; the newest counts."""

    made_at = models.DateTimeField()
    figures = models.JSONField()


class Counting(models.Model):
    """A count for the outlook that waits or runs: one row at most, which is gone when it is done."""

    asked_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)  # when it last said how far it is
    upto = models.BigIntegerField(default=0)
    newest = models.BigIntegerField(default=0)
