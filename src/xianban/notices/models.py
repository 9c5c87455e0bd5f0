from django.db import models


class Wish(models.Model):
    """How one user wants to hear of things. What is empty follows the city."""

    user = models.OneToOneField("accounts.User", on_delete=models.CASCADE, primary_key=True)
    modes = models.JSONField(default=dict)  # group → channel → now, digest or off
    digests = models.JSONField(null=True)  # minutes after midnight
    quiet = models.JSONField(null=True)  # hours: from, until
    rest_days = models.BooleanField(default=True)  # also hears on days off
    on_duty_until = models.DateTimeField(null=True)
    contact = models.BinaryField(null=True)  # sealed: phone, wechat


class Hearing(models.Model):
    """How much one resident wants to hear. Without a row: everything."""

    person = models.OneToOneField("residents.Person", on_delete=models.CASCADE, primary_key=True)
    level = models.CharField(max_length=8)


class InboxItem(models.Model):
    """One line of a user's inbox on the pages."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE)
    notice = models.BigIntegerField()
    kind = models.CharField(max_length=32)
    payload = models.JSONField(default=dict)
    urgent = models.BooleanField(default=False)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "notice"], name="inbox_once")]
        indexes = [
            models.Index(fields=["user", "-id"], name="inbox_of_one"),
            models.Index(fields=["user"], condition=models.Q(read_at=None), name="inbox_not_read"),
            models.Index(fields=["at"], name="inbox_by_age"),
        ]


class Parcel(models.Model):
    """What goes out at once: one message, or several that waited together. Its key never changes."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        DEAD = "dead"  # given up; kept, and sent again when somebody says so
        DROPPED = "dropped"  # there is nobody to send it to, or they want to hear nothing

    key = models.CharField(max_length=36, unique=True)
    to = models.CharField(max_length=40)  # user:7 or person:12
    channel = models.CharField(max_length=8, blank=True)  # a resident's is chosen when it is sent
    urgent = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    made_at = models.DateTimeField()
    try_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)
    receipt = models.CharField(max_length=10, blank=True)
    receipt_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["try_at"], condition=models.Q(state="waiting"), name="parcels_to_send"
            ),
            models.Index(fields=["made_at"], name="parcels_by_age"),
            models.Index(fields=["to"], name="parcels_of_one"),
        ]


class Message(models.Model):
    """One notice for one receiver on one channel, until and after it went into a parcel."""

    notice = models.BigIntegerField()
    to = models.CharField(max_length=40)
    channel = models.CharField(max_length=8, blank=True)
    kind = models.CharField(max_length=32)
    payload = models.JSONField(default=dict)
    urgent = models.BooleanField(default=False)
    at = models.DateTimeField()
    due_at = models.DateTimeField()
    parcel = models.ForeignKey(Parcel, on_delete=models.CASCADE, null=True, related_name="messages")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["notice", "to", "channel"], name="message_once")
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=models.Q(parcel=None), name="messages_to_pack"
            ),
        ]
