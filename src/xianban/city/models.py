"""Rows of the city, versioned by dates: closed and added, never overwritten, never deleted."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class PackLoad(models.Model):
    """One load of a pack that changed something."""

    number = models.IntegerField(
        unique=True
    )  # one after another: two loads at once cannot both win
    stamp = models.CharField(max_length=32, unique=True)
    loaded_at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    effective = models.DateField()
    digest = models.CharField(max_length=64)
    pack = models.CharField(max_length=200)  # the folder's name, not its path
    counts = models.JSONField()

    class Meta:
        db_table = "city_pack_load"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(number__gt=0), name="city_load_number_positive")
        ]


class PackDraft(models.Model):
    """A pack that was sent in and is looked at, before somebody loads it or throws it away."""

    token = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    content = models.BinaryField()  # a zip with the pack's files and nothing else
    based_on = models.IntegerField()  # number of the load that it was compared with; 0: none
    found = models.JSONField()

    class Meta:
        db_table = "city_pack_draft"


class Versioned(models.Model):
    """In effect from `valid_from` until the day before `valid_to`; open while that is null."""

    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    load = models.ForeignKey(PackLoad, models.PROTECT, related_name="+")
    closed_by = models.ForeignKey(PackLoad, models.PROTECT, related_name="+", null=True)
    row = models.IntegerField()  # in its file, at that load

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True, closed_by__isnull=True)
                | Q(valid_to__gte=F("valid_from"), closed_by__isnull=False),
                name="city_%(class)s_closed_after_start",
            )
        ]


def one_open(name: str, *fields: str, **extra: bool) -> models.UniqueConstraint:
    """At most one open version of a row."""
    return models.UniqueConstraint(
        fields=fields, condition=Q(valid_to__isnull=True, **extra), name=f"city_{name}_one_open"
    )


class Area(Versioned):
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    level = models.CharField(max_length=12)
    parent = models.CharField(max_length=40, blank=True)
    aliases = models.TextField(blank=True)
    population = models.IntegerField(null=True)
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)

    class Meta(Versioned.Meta):
        db_table = "city_area"
        constraints: ClassVar = [*Versioned.Meta.constraints, one_open("area", "code")]


class Shape(Versioned):
    """The outline of an area, as GeoJSON text."""

    area = models.CharField(max_length=40)
    geometry = models.TextField()

    class Meta(Versioned.Meta):
        db_table = "city_shape"
        constraints: ClassVar = [*Versioned.Meta.constraints, one_open("shape", "area")]


class Layer(Versioned):
    """A feature of the maps' background; `key` is the digest of its content."""

    key = models.CharField(max_length=64)
    kind = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=200, blank=True)
    weight = models.FloatField(null=True)
    geometry = models.TextField()

    class Meta(Versioned.Meta):
        db_table = "city_layer"
        constraints: ClassVar = [*Versioned.Meta.constraints, one_open("layer", "key")]


class Place(Versioned):
    """A name that people use for where something is: a road, an estate, a school."""

    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20)
    area = models.CharField(max_length=40)
    lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    aliases = models.TextField(blank=True)

    class Meta(Versioned.Meta):
        db_table = "city_place"
        constraints: ClassVar = [
            *Versioned.Meta.constraints,
            one_open("place", "name", "area", "lat", "lon"),
            one_open("place_nowhere", "name", "area", lat__isnull=True),
        ]


class UnitKind(Versioned):
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)

    class Meta(Versioned.Meta):
        db_table = "city_unit_kind"
        constraints: ClassVar = [*Versioned.Meta.constraints, one_open("unit_kind", "code")]


class Unit(Versioned):
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=40)
    area = models.CharField(max_length=40)
    always_open = models.BooleanField()

    class Meta(Versioned.Meta):
        db_table = "city_unit"
        constraints: ClassVar = [*Versioned.Meta.constraints, one_open("unit", "code")]


class Matter(Versioned):
    code = models.CharField(max_length=40)
    parent = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=200)
    urgency = models.CharField(max_length=12, blank=True)
    request_kind = models.CharField(max_length=12, blank=True)
    outdoors = models.CharField(max_length=3, blank=True, default="")
    examples = models.TextField(blank=True)

    class Meta(Versioned.Meta):
        db_table = "city_matter"
        constraints: ClassVar = [*Versioned.Meta.constraints, one_open("matter", "code")]


class Duty(Versioned):
    """A row of the duty list; `starts` and `ends` are the dates that the list itself states."""

    matter = models.CharField(max_length=40)
    area = models.CharField(max_length=40)
    lead = models.CharField(max_length=60)
    co_units = models.TextField(blank=True)
    limit = models.CharField(max_length=20, blank=True)
    contact_limit = models.CharField(max_length=20, blank=True)
    powers = models.TextField(blank=True)
    legal_basis = models.TextField(blank=True)
    acceptance = models.TextField(blank=True)
    playbook = models.TextField(blank=True)
    starts = models.DateField(null=True)
    ends = models.DateField(null=True)

    class Meta(Versioned.Meta):
        db_table = "city_duty"
        constraints: ClassVar = [
            *Versioned.Meta.constraints,
            one_open("duty", "matter", "area", "starts"),
            one_open("duty_always", "matter", "area", starts__isnull=True),
        ]


class CalendarDay(Versioned):
    """A day that differs from its weekday."""

    date = models.DateField()
    working = models.BooleanField()
    note = models.CharField(max_length=200, blank=True)

    class Meta(Versioned.Meta):
        db_table = "city_calendar_day"
        constraints: ClassVar = [*Versioned.Meta.constraints, one_open("calendar_day", "date")]


class Knowledge(Versioned):
    """A question with its answer; `starts` and `ends` are the dates that the entry itself states."""

    name = models.CharField(max_length=60)
    language = models.CharField(max_length=8)
    title = models.CharField(max_length=200)
    matters = models.TextField(blank=True)
    units = models.TextField(blank=True)
    keywords = models.TextField(blank=True)
    source = models.TextField(blank=True)
    starts = models.DateField(null=True)
    ends = models.DateField(null=True)
    body = models.TextField()

    class Meta(Versioned.Meta):
        db_table = "city_knowledge"
        constraints: ClassVar = [
            *Versioned.Meta.constraints,
            one_open("knowledge", "name", "language"),
        ]


class Setting(Versioned):
    """One key that city.toml states; what it does not state has its default."""

    key = models.CharField(max_length=100)
    value = models.JSONField()

    class Meta(Versioned.Meta):
        db_table = "city_setting"
        constraints: ClassVar = [*Versioned.Meta.constraints, one_open("setting", "key")]


MODELS: dict[str, type[Versioned]] = {
    "areas": Area,
    "shapes": Shape,
    "layers": Layer,
    "places": Place,
    "unit_kinds": UnitKind,
    "units": Unit,
    "matters": Matter,
    "duties": Duty,
    "calendar": CalendarDay,
    "knowledge": Knowledge,
    "settings": Setting,
}
