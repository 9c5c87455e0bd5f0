from django.db import models


class Act(models.Model):
    """One entry of the ledger: who did what, when. Written once; never changed or removed."""

    subject = models.CharField(max_length=64)
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    verb = models.CharField(max_length=32)
    actor = models.CharField(max_length=64)
    payload = models.TextField()  # canonical JSON, as sealed
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "seq"], name="one_act_a_place")]
        indexes = [
            # for those who look back: what somebody did, what was done of one kind, what people did
            models.Index(
                fields=["actor", "-at", "-id"],
                condition=~models.Q(actor="machine"),
                name="acts_of_somebody",
            ),
            models.Index(fields=["verb", "-at", "-id"], name="acts_of_a_kind"),
            models.Index(
                fields=["-at", "-id"], condition=~models.Q(actor="machine"), name="acts_of_people"
            ),
        ]


class Checkpoint(models.Model):
    """One root over all acts written since the checkpoint before."""

    number = models.PositiveIntegerField(primary_key=True)
    at = models.DateTimeField()
    upto = models.BigIntegerField()  # key of the last act covered
    count = models.PositiveIntegerField()
    root = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)


class Notice(models.Model):
    """One message on its way out. Kind and values only: the words are made when it is sent."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        FAILED = "failed"

    kind = models.CharField(max_length=32)
    to = models.CharField(max_length=80)
    payload = models.JSONField(default=dict)
    dedupe_key = models.CharField(max_length=120, unique=True)
    urgent = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    created_at = models.DateTimeField()
    try_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["try_at"], condition=models.Q(state="waiting"), name="notices_to_send"
            ),
            models.Index(fields=["to", "-id"], name="notices_of_one"),
            models.Index(
                fields=["created_at"], condition=models.Q(state="failed"), name="notices_given_up"
            ),
        ]


class Round(models.Model):
    """When a regular piece of the worker's work last began and ended."""

    name = models.CharField(max_length=32, primary_key=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True)


class Check(models.Model):
    """One look through the whole ledger for a broken seal: asked for, under way, or done."""

    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=64)
    started_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)  # when it last said how far it is
    ended_at = models.DateTimeField(null=True)
    step = models.CharField(max_length=20, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    broken = models.CharField(max_length=300, blank=True)  # the first fault; empty: whole

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=models.Q(ended_at=None), name="checks_to_do")
        ]
