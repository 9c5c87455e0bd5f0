"""The file itself: a zip of tables and files, and a manifest that says what must be in it."""

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from xianban.base.errors import BadInput

FORMAT = 1
MANIFEST = "manifest.json"
CHUNK = 1 << 20


@dataclass(frozen=True)
class Member:
    """What the manifest promises of one member."""

    bytes: int
    sha256: str


class Writing:
    """A backup being written; members are streamed in, one after another."""

    def __init__(self, file: IO[bytes]) -> None:
        self.zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3)
        self.members: dict[str, Member] = {}

    def add(self, name: str, chunks: Iterable[bytes]) -> int:
        """Write one member; how many line ends it has."""
        digest, size, lines = hashlib.sha256(), 0, 0
        with self.zip.open(name, "w", force_zip64=True) as out:
            for chunk in chunks:
                out.write(chunk)
                digest.update(chunk)
                size += len(chunk)
                lines += chunk.count(b"\n")
        self.members[name] = Member(size, digest.hexdigest())
        return lines

    def finish(self, about: dict[str, Any]) -> None:
        """Write the manifest; without it a backup is none."""
        members = {name: [one.bytes, one.sha256] for name, one in self.members.items()}
        manifest = {"format": FORMAT, **about, "members": members}
        self.zip.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
        self.zip.close()


@contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """A file for its owner alone that appears under its name only when all of it is on disk."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)  # unlike a rename, this never replaces another backup
    except FileExistsError as reason:
        raise BadInput(f"{path} is there already; give the backup another name") from reason
    finally:
        part.unlink(missing_ok=True)


class Reading:
    """A backup being read. `verify` before believing anything in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.zip = zipfile.ZipFile(path)
            self.manifest: dict[str, Any] = json.loads(self.zip.read(MANIFEST))
        except FileNotFoundError as reason:
            raise BadInput(f"there is no file {path}") from reason
        except (zipfile.BadZipFile, KeyError, ValueError, OSError) as reason:
            raise BadInput(f"{path} is not a whole backup ({reason})") from reason
        if self.manifest.get("format") != FORMAT:
            raise BadInput(
                f"{path} has format {self.manifest.get('format')}, and this version reads {FORMAT}; "
                "restore it with the version that wrote it"
            )

    def __enter__(self) -> "Reading":
        return self

    def __exit__(self, *_: object) -> None:
        self.zip.close()

    def verify(self) -> None:
        """Read everything once: nothing missing, nothing more, every byte as it was."""
        promised = self.manifest["members"]
        present = {name for name in self.zip.namelist() if name != MANIFEST}
        if present != set(promised):
            odd = min(present ^ set(promised))
            raise BadInput(f"{self.path} and its manifest disagree on “{odd}”; nothing was changed")
        for name, (size, sha256) in promised.items():
            _refuse_escape(name)
            if self._digest(name) != (size, sha256):
                raise BadInput(f"“{name}” in {self.path} is damaged; nothing was changed")

    def chunks(self, name: str) -> Iterator[bytes]:
        """The content of a member, piece by piece."""
        with self.zip.open(name) as member:
            while chunk := member.read(CHUNK):
                yield chunk

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a member, without their ends."""
        rest = b""
        for chunk in self.chunks(name):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from whole

    def unpack(self, prefix: str, folder: Path) -> int:
        """Write all members below `prefix` into `folder`, for its owner alone; their number."""
        count = 0
        for name in self.manifest["members"]:
            if name.startswith(prefix):
                target = folder / name.removeprefix(prefix)
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as out, self.zip.open(name) as member:
                    shutil.copyfileobj(member, out, CHUNK)
                    out.flush()
                    os.fsync(out.fileno())
                count += 1
        return count

    def _digest(self, name: str) -> tuple[int, str]:
        digest, size = hashlib.sha256(), 0
        try:
            for chunk in self.chunks(name):
                digest.update(chunk)
                size += len(chunk)
        except (zipfile.BadZipFile, OSError, EOFError, ValueError):
            return size, "unreadable"
        except zipfile.zlib.error:  # type: ignore[attr-defined]
            return size, "unreadable"
        return size, digest.hexdigest()


def _refuse_escape(name: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or path.parts[0] not in ("tables", "home"):
        raise BadInput(f"a backup does not hold “{name}”; nothing was changed")
