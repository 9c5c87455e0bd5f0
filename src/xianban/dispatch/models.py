from django.db import models


class Lesson(models.Model):
    """A text that a person has labelled with its matter, from a file. Words only, masked.

    What dispatchers correct is not copied here: casework keeps it.
    """

    digest = models.BinaryField(max_length=16, unique=True)
    text = models.TextField()
    matter = models.CharField(max_length=40)
    learned_at = models.DateTimeField()
    by = models.CharField(max_length=64)


class DispatchModel(models.Model):
    """One text model that was trained for this city, whether it was adopted or not.

    The newest that is adopted and not withdrawn decides; its file is in the home's `models/`.
    """

    made_at = models.DateTimeField()
    file = models.CharField(max_length=80)
    by = models.CharField(max_length=64)
    lessons = models.PositiveIntegerField()
    corrections = models.PositiveIntegerField()
    upto = models.DateTimeField(null=True)  # the newest correction that it has seen
    figures = models.JSONField(default=dict)  # on held-back texts
    before = models.JSONField(default=dict)  # of the model in use then, on the same texts
    adopted = models.BooleanField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["-id"],
                condition=models.Q(adopted=True, withdrawn_at=None),
                name="models_in_use",
            )
        ]


class DutySuggestion(models.Model):
    """What a person at work would change in the duty list, for whoever keeps it: never done by itself."""

    made_at = models.DateTimeField()
    by = models.CharField(max_length=64)
    kind = models.CharField(max_length=8)  # ruling or gap
    case_id = models.BigIntegerField(null=True)  # casework keeps it
    matter = models.CharField(max_length=40)
    area = models.CharField(max_length=40, blank=True)
    row = models.IntegerField(null=True)  # of the list as it is; None where there is none
    lead = models.CharField(max_length=60, blank=True)
    unit = models.CharField(max_length=60)
    reason = models.TextField()
    state = models.CharField(max_length=8, default="open")
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=64, blank=True, default="")
    answer = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=("open", "taken", "refused")),
                name="suggestion_state_known",
            ),
            models.UniqueConstraint(
                fields=["matter", "area", "unit"],
                condition=models.Q(state="open"),
                name="suggestion_open_once",
            ),
        ]
