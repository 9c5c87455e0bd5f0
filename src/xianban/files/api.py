"""The door of files: photographs and documents, cleaned, kept once, attached to acts."""

from xianban.files.actions import (
    Bringing,
    attach,
    erase_files,
    held_by,
    keep,
    must_be_few,
    sweep_files,
    token_of,
)
from xianban.files.queries import (
    FileSeen,
    broken_file,
    files_of,
    files_owned,
    limits,
    open_file,
    open_held,
    owners_with_files,
)
from xianban.files.rules import Held, Kind, Limits, fault

__all__ = [
    "Bringing",
    "FileSeen",
    "Held",
    "Kind",
    "Limits",
    "attach",
    "broken_file",
    "erase_files",
    "fault",
    "files_of",
    "files_owned",
    "held_by",
    "keep",
    "limits",
    "must_be_few",
    "open_file",
    "open_held",
    "owners_with_files",
    "sweep_files",
    "token_of",
]
