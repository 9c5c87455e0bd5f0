"""Contents, each kept once, and what they are attached to."""

from django.db import models
from django.db.models import Q


class Content(models.Model):
    """The bytes of one cleaned file, in the storage under the name `stored`.

    The row is there before the bytes and outlives them, so that nothing in the storage is without
    one. `ready` once the bytes are safe; `used` once something was attached; what is not used
    is swept away a day after `touched_at`.
    """

    digest = models.CharField(max_length=64)  # SHA-256 of the bytes, in hex
    stored = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=8)
    size = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    thumb_size = models.PositiveIntegerField(default=0)
    ready = models.BooleanField(default=False)
    used = models.BooleanField(default=False)
    touched_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["digest"], condition=Q(ready=True), name="files_one_content"
            ),
            models.CheckConstraint(
                condition=~Q(used=True, ready=False), name="files_used_is_ready"
            ),
        ]
        indexes = [
            models.Index(fields=["touched_at"], condition=Q(used=False), name="files_to_sweep")
        ]


class Attached(models.Model):
    """One content that came with one act. Two people who send the same file have a row each.

    `subject` and `seq` are the act in the ledger that names its digest; `owner` is whose words it
    belongs to (request:12, case:7), and goes when those are erased. `shown`: meant for residents.
    """

    key = models.CharField(max_length=32, unique=True)
    content = models.ForeignKey(Content, on_delete=models.PROTECT, related_name="attached")
    owner = models.CharField(max_length=64)
    subject = models.CharField(max_length=64)
    seq = models.PositiveIntegerField()
    by = models.CharField(max_length=64)
    shown = models.BooleanField(default=False)
    name = models.CharField(max_length=100)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["subject", "seq"], name="files_of_act"),
            models.Index(fields=["owner"], name="files_of_owner"),
        ]
