"""Where contents lie: the home's folder `files`, or whatever the setting names instead."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage, storages

from xianban.base.errors import NotFound, Unavailable

THUMB = "-thumb"


class DurableStorage(FileSystemStorage):
    """Files that are on disk, whole, when `save` returns."""

    def _save(self, name: str, content: "File[Any]") -> str:
        path = Path(self.path(name))
        self._make(path.parent)
        part = path.with_name(path.name + ".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for chunk in content.chunks():
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
        _sync(path.parent)
        return name

    def delete(self, name: str) -> None:
        path = Path(self.path(name))
        path.unlink(missing_ok=True)
        path.with_name(path.name + ".part").unlink(missing_ok=True)

    def _make(self, folder: Path) -> None:
        missing = []
        while not folder.exists():
            missing.append(folder)
            folder = folder.parent
        for one in reversed(missing):
            one.mkdir(mode=0o700, exist_ok=True)
            _sync(one.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def storage() -> Storage:
    return storages["files"]


@contextmanager
def _reachable() -> Iterator[None]:
    """Whatever keeps the storage from answering is not the caller's fault, and may pass."""
    try:
        yield
    except FileNotFoundError as reason:
        raise NotFound("the file is not in the storage") from reason
    except Exception as reason:
        raise Unavailable(
            f"the storage of files does not answer ({type(reason).__name__}); try again later"
        ) from reason


def write(name: str, data: bytes) -> None:
    with _reachable():
        storage().save(name, ContentFile(data))


def remove(name: str) -> None:
    """Bytes and thumbnail; those that are gone already are no fault."""
    with _reachable():
        storage().delete(name)
        storage().delete(name + THUMB)


def open_stored(name: str) -> IO[bytes]:
    with _reachable():
        return storage().open(name, "rb")
