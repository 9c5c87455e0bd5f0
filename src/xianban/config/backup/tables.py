"""Which tables there are, and what kind of value each column holds."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models

from xianban.base.errors import BrokenPromise

LEFT_OUT = frozenset(
    {
        "django_session",  # whoever was signed in signs in again
        "casework_searchable",  # the index of words is made again from the cases
        "casework_posting",
        "accounts_tally",  # counts of the last hour
    }
)

KINDS = {
    "int": (
        "AutoField BigAutoField IntegerField BigIntegerField SmallIntegerField PositiveIntegerField "
        "PositiveBigIntegerField PositiveSmallIntegerField"
    ),
    "text": (
        "CharField TextField SlugField EmailField URLField FileField ImageField FilePathField "
        "GenericIPAddressField"
    ),
    "float": "FloatField",
    "bool": "BooleanField",
    "bytes": "BinaryField",
    "datetime": "DateTimeField",
    "date": "DateField",
    "json": "JSONField",
}
KIND_OF = {field: kind for kind, fields in KINDS.items() for field in fields.split()}


@dataclass(frozen=True)
class Table:
    """A table as a backup holds it: columns are (name, kind)."""

    name: str
    columns: tuple[tuple[str, str], ...]
    key: str  # the column that counts up by itself, or ""

    @property
    def names(self) -> str:
        """The columns as SQL lists them."""
        return ", ".join(f'"{name}"' for name, _ in self.columns)


def tables() -> list[Table]:
    """Every table of the installed rooms and libraries, as the code knows it now."""
    found: dict[str, Table] = {}
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta
        if meta.managed and not meta.proxy and meta.db_table not in LEFT_OUT:
            fields = [
                field
                for field in meta.local_concrete_fields
                if not getattr(field, "generated", False)
            ]
            columns = tuple((field.column or field.name, kind_of(field)) for field in fields)
            counts_up = [f.column or "" for f in fields if isinstance(f, models.AutoField)]
            found[meta.db_table] = Table(meta.db_table, columns, "".join(counts_up))
    return [found[name] for name in sorted(found)]


def kind_of(field: Any) -> str:
    """The kind of value in a column; for a reference that of the column referred to."""
    while field.remote_field:
        field = field.target_field
    kind = KIND_OF.get(field.get_internal_type())
    if kind is None:
        raise BrokenPromise(
            f"backups do not know how to keep a {field.get_internal_type()} ({field}); "
            "give it a kind in config/backup/tables.py"
        )
    return kind
