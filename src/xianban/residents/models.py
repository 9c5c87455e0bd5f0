"""People who said something, sealed. Nothing here can be read without the home's keys."""

from django.db import models
from django.db.models import Q


class Person(models.Model):
    """One set of addresses that somebody left, sealed under a key of its own.

    Destroying `wrapped_key` destroys the person: what is left is a number without a meaning.
    """

    key_id = models.CharField(
        max_length=32, default="master"
    )  # which of the home's keys wraps ours
    wrapped_key = models.BinaryField(null=True, max_length=200)
    sealed = models.BinaryField(null=True)
    # equal for equal addresses; empty where there is none, null once erased
    phone_hash = models.BinaryField(null=True, max_length=16)
    email_hash = models.BinaryField(null=True, max_length=16)
    channel = models.CharField(max_length=16, blank=True, default="")
    language = models.CharField(max_length=10, blank=True, default="")
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["phone_hash", "email_hash"], name="residents_one_person_an_address"
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True, wrapped_key__isnull=False, sealed__isnull=False)
                | Q(
                    erased_at__isnull=False,
                    wrapped_key__isnull=True,
                    sealed__isnull=True,
                    phone_hash__isnull=True,
                    email_hash__isnull=True,
                ),
                name="residents_erased_means_nothing_left",
            ),
        ]
        indexes = [models.Index(fields=["email_hash"], name="residents_email_hash")]


class SealedNote(models.Model):
    """Words as they were typed, where masking changed them; sealed under their person's key."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="notes")
    ref = models.CharField(max_length=64)
    sealed = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "ref"], name="residents_one_note_a_ref")
        ]
        indexes = [models.Index(fields=["ref"], name="residents_note_ref")]
