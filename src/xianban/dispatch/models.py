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
