"""A text model as one file: an archive of plain arrays with a JSON head; never any code."""

import json
import os
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from xianban.base.errors import BadInput
from xianban.dispatch import kernel
from xianban.dispatch.classifier import TextModel

FORMAT, VERSION = "xianban text model", 2
ARRAYS = {
    "single": np.int32, "slots": np.uint32, "table": np.int16, "scales": np.float32,
    "biases": np.float32, "slopes": np.float32, "offsets": np.float32,
}  # fmt: skip


def save(model: TextModel, path: Path) -> None:
    """Write the model beside its place and move it there: a reader sees the old file or the new."""
    head = {
        "format": FORMAT, "version": VERSION, "labels": model.labels, "marks": model.marks,
        "about": model.about,
    }  # fmt: skip
    arrays = {name: getattr(model, name) for name in ARRAYS}
    arrays["head"] = np.frombuffer(json.dumps(head, ensure_ascii=False).encode(), np.uint8)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(fresh, "wb") as file:
            np.savez_compressed(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)
    except OSError as reason:
        raise BadInput(
            f"{path} cannot be written ({reason.strerror}); choose another place"
        ) from reason
    finally:
        fresh.unlink(missing_ok=True)


def load(path: Path) -> TextModel:
    """Read a model file, trusting nothing in it."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            head = json.loads(archive["head"].tobytes())
            arrays = {name: archive[name] for name in ARRAYS}
    except FileNotFoundError as reason:
        raise BadInput(
            f"there is no model file {path}; make one with `xianban dispatch train`"
        ) from reason
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError,
            zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as reason:  # fmt: skip
        raise _foreign(path) from reason
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise _foreign(path)
    if head.get("version") != VERSION:
        raise BadInput(
            f"{path} is a text model of version {head.get('version')}, and this Xianban reads "
            f"version {VERSION}; train it again"
        )
    if not _is_whole(head, arrays):
        raise _foreign(path)
    return TextModel(
        labels=tuple(head["labels"]), marks=tuple(head["marks"]), about=head["about"], **arrays
    )


def _foreign(path: Path) -> BadInput:
    return BadInput(
        f"{path} is not a text model, or is damaged; make one with `xianban dispatch train`"
    )


def _is_whole(head: dict[str, Any], arrays: dict[str, Any]) -> bool:
    """Whether every shape, type and index fits: the kernel reads memory by them unchecked."""
    labels, marks, table, slots = (
        head.get("labels"), head.get("marks"), arrays["table"], arrays["slots"],
    )  # fmt: skip
    if not (
        all(arrays[name].dtype == kind for name, kind in ARRAYS.items())
        and isinstance(labels, list) and labels and all(isinstance(one, str) for one in labels)
        and isinstance(marks, list) and all(isinstance(one, int) for one in marks)
        and marks == sorted(set(marks)) and all(0 < one < kernel.LONGEST for one in marks)
        and isinstance(head.get("about"), dict)
    ):  # fmt: skip
        return False
    buckets = slots.size // kernel.BUCKET
    count = len(labels)
    return bool(
        table.ndim == 3 and table.shape[0] == len(marks) + 1 and table.shape[1] >= 1
        and table.shape[2] == -(-count // 8) * 8 and table.flags.c_contiguous
        and not table[:, 0].any()
        and arrays["scales"].shape == (table.shape[2],)
        and all(arrays[name].shape == (count,) for name in ("biases", "slopes", "offsets"))
        and all(np.isfinite(arrays[n]).all() for n in ("scales", "biases", "slopes", "offsets"))
        and arrays["single"].shape == (65536,)
        and arrays["single"].min() >= 0 and arrays["single"].max() < table.shape[1]
        and slots.shape == (buckets * kernel.BUCKET,) and buckets >= 2
        and buckets & (buckets - 1) == 0
        and int((slots & kernel.ROWS).max()) < table.shape[1]
    )  # fmt: skip
