"""People who work with the system, and what each is allowed."""

from django.contrib.auth.models import AbstractUser
from django.db import models

from xianban.accounts.rules import Role


class User(AbstractUser):
    """Somebody who signs in. Residents have no account; they hold a code."""

    first_name = None  # type: ignore[assignment]  # one name is enough, and fits every culture
    last_name = None  # type: ignore[assignment]
    name = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=10, default="zh-hans")
    password_issued = models.BooleanField(default=False)  # by somebody else: to be changed

    def get_full_name(self) -> str:
        return self.name or self.username

    def get_short_name(self) -> str:
        return self.get_full_name()


class Grant(models.Model):
    """One role within one scope: an area with all below it, and a unit; empty means any."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20)
    area = models.CharField(max_length=40, blank=True, default="")
    unit = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "area", "unit"], name="accounts_grant_once"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in Role]),
                name="accounts_grant_role_known",
            ),
        ]
        indexes = [models.Index(fields=["unit", "role"], name="accounts_grant_unit")]

    def __str__(self) -> str:
        return f"{self.role} {self.area or '*'} {self.unit or '*'}"


class Tally(models.Model):
    """How often one caller has tried one thing since the first try; see `tallies`."""

    who = models.BinaryField(max_length=16, unique=True)  # a keyed hash: nobody can be read from it
    times = models.PositiveIntegerField()
    ends_s = models.BigIntegerField(db_index=True)  # seconds since 1970: compared in SQL
