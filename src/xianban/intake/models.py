"""What came in through the doors, as it was said; numbers that name a person are masked."""

from django.db import models
from django.db.models import Q


class Request(models.Model):
    """What somebody said, once; the case it led to is for casework."""

    door = models.CharField(max_length=40)
    external_id = models.CharField(max_length=200, blank=True, default="")
    key = models.CharField(max_length=200, blank=True, default="")
    digest = models.BinaryField(max_length=16)

    title = models.CharField(max_length=300, blank=True, default="")
    text = models.TextField()
    place = models.CharField(max_length=300, blank=True, default="")
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    channel = models.CharField(max_length=40, blank=True, default="")
    supporters = models.PositiveIntegerField(default=0)
    received_at = models.DateTimeField()
    accepted_at = models.DateTimeField()
    notice = models.CharField(max_length=20, blank=True, default="")  # version that was shown

    person = models.ForeignKey("residents.Person", on_delete=models.PROTECT, null=True)
    case = models.ForeignKey("casework.Case", on_delete=models.PROTECT, related_name="requests")

    # what likely duplicates are found by; matter and area are those first proposed
    matter = models.CharField(max_length=64, blank=True, default="")
    area = models.CharField(max_length=64, blank=True, default="")
    cell = models.BigIntegerField(null=True)
    sketch0 = models.BigIntegerField(null=True)
    sketch1 = models.BigIntegerField(null=True)
    sketch2 = models.BigIntegerField(null=True)
    sketch3 = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["door", "external_id"],
                condition=~Q(external_id=""),
                name="intake_once_by_external_id",
            ),
            models.UniqueConstraint(
                fields=["door", "key"], condition=~Q(key=""), name="intake_once_by_key"
            ),
        ]
        indexes = [
            *(
                models.Index(
                    fields=[f"sketch{n}", "received_at"],
                    condition=Q(**{f"sketch{n}__isnull": False}),
                    name=f"intake_sketch{n}",
                )
                for n in range(4)
            ),
            models.Index(
                fields=["cell", "matter", "received_at"],
                condition=Q(cell__isnull=False),
                name="intake_cell",
            ),
            # not only where there is an area: SQLite would not see that it may use such an index
            models.Index(fields=["area", "matter", "received_at"], name="intake_area_matter"),
        ]


class Subscription(models.Model):
    """Somebody wants to hear what is accepted and solved in an area, perhaps of one matter alone."""

    person = models.ForeignKey("residents.Person", on_delete=models.PROTECT)
    area = models.CharField(max_length=40)
    matter = models.CharField(max_length=40, blank=True, default="")
    asked_at = models.DateTimeField()
    codes_sent = models.PositiveSmallIntegerField(default=0)
    confirmed_at = models.DateTimeField(null=True)
    # until when, and up to which case, news were told
    told_upto = models.DateTimeField(null=True)
    told_case = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "area", "matter"], name="intake_one_subscription"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True) | Q(told_upto__isnull=False),
                name="intake_confirmed_is_told",
            ),
        ]
        indexes = [
            models.Index(
                fields=["told_upto"],
                condition=Q(confirmed_at__isnull=False),
                name="intake_to_tell",
            ),
        ]


class Burden(models.Model):
    """What it cost to write down one call: time, keys, fields. Whose call it was is not kept."""

    day = models.DateField(db_index=True)
    kind = models.CharField(max_length=10)  # plain, joined, answered
    seconds = models.PositiveIntegerField()
    keys = models.PositiveIntegerField()
    fields = models.PositiveSmallIntegerField()

    class Meta:
        db_table = "intake_burden"
