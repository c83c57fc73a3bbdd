"""IDX files, as MNIST is published: pictures in one file, their labels in another beside it."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import Any

from backproof._datasets._dataset import LARGEST, Dataset, labelled
from backproof._errors import BackproofError

__all__ = ["read_idx"]


def read_idx(path: Path) -> Dataset:
    """Read pictures, of which a byte is a grey level from 0 to 255, and the labels beside them."""
    import numpy as np

    labels = path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))
    if not labels.is_file():
        raise BackproofError(f"{labels} is missing; expected the labels beside the images.")
    images, answers = _idx_array(path, 3), _idx_array(labels, 1)
    if len(images) != len(answers):
        raise BackproofError(
            f"{path} holds {len(images)} images and {labels} {len(answers)} labels; expected as many."
        )
    X = images.reshape(len(images), -1).T / np.float64(255)
    return labelled(path.name, X, [str(v) for v in answers], (1, *images.shape[1:]))


def _idx_array(path: Path, dimensions: int) -> Any:
    """IDX, as MNIST is published: two zero bytes, type 8 (unsigned byte), the number of dimensions, their sizes."""
    import numpy as np

    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            head = file.read(4 + 4 * dimensions)
            if len(head) < 4 + 4 * dimensions or head[:4] != bytes([0, 0, 8, dimensions]):
                raise BackproofError(f"{path} is no IDX file of unsigned bytes with {dimensions} dimensions.")
            shape = struct.unpack(f">{dimensions}I", head[4:])
            size = math.prod(shape)
            if size > LARGEST:
                raise BackproofError(
                    f"{path} declares shape {shape}, {size:,} bytes; the limit is {LARGEST:,}."
                )
            data = file.read(size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise BackproofError(f"{path} cannot be read: {error}") from error
    if len(data) != size:
        raise BackproofError(f"{path} holds {len(data)} bytes of data; expected {size} for shape {shape}.")
    return np.frombuffer(data, dtype=np.uint8).reshape(shape)
