"""A network as one .npz file: written whole or not at all, read without pickle."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from numeric._arguments import shown
from numeric._errors import NumericError
from numeric._layer import Array

if TYPE_CHECKING:
    from pathlib import Path

    from numeric._network import Network

__all__ = ["check_alike", "check_writable", "load_network", "read_npz", "save_network", "write_npz"]

_FORMAT = "numeric.Network 1"
# What a file says besides the parameters: the kind of its values, and how many axes it has.
_SETTINGS = {
    "format": ("U", 0), "sizes": ("i", 1), "activations": ("U", 1), "loss": ("U", 0), "l2": ("f", 0), "l1": ("f", 0),
    "label_smoothing": ("f", 0), "class_weights": ("f", 1), "init": ("U", 0), "dtype": ("U", 0),
}  # fmt: skip


def write_npz(path: str | Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays to path in one go: a crash leaves the old file, or none, but never half of the new one."""
    # Imported here: files are read and written once in a while, and these modules cost a fifth of NumPy's import.
    import os
    from pathlib import Path

    from numeric._part import open_part, part_of, remove_left_parts

    check_writable(path)
    target = Path(path)
    part = part_of(target)
    try:
        with os.fdopen(open_part(part), "wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
            file.flush()
            os.fsync(file.fileno())
            part.replace(target)
    except BaseException as error:
        part.unlink(missing_ok=True)
        ended = error.__context__
        if ended is not None and not isinstance(ended, Exception):
            raise ended from None  # Ctrl-C while an entry was closed: the archive complains of the open entry instead
        raise
    remove_left_parts(target)


def check_writable(path: Any) -> None:
    """Say at once what would only be found out when the file is written."""
    import os
    from pathlib import Path

    if not isinstance(path, (str, os.PathLike)):
        raise NumericError(f"The path is {shown(path)}; expected a file name.")
    target = Path(path)
    if "\0" in str(target):
        raise NumericError(f"The path is {shown(path)}; expected a file name, which holds no null byte.")
    if not target.parent.is_dir():
        raise NumericError(f"{target} cannot be written: there is no folder {target.parent}. Make it first.")
    if target.is_dir():
        raise NumericError(f"{target} is a folder; expected the name of a file.")


def read_npz(path: str | Path) -> dict[str, Array]:
    """Return all arrays of an .npz file; nothing in it is executed."""
    import os
    import zipfile
    import zlib
    from pathlib import Path

    if not isinstance(path, (str, os.PathLike)):
        raise NumericError(f"The path is {shown(path)}; expected a file name.")
    try:
        with Path(path).open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                raise NumericError(f"{path} holds one bare array; expected an .npz file.")
            if sum(member.file_size for member in loaded.zip.infolist()) > Path(path).stat().st_size:
                raise NumericError(
                    f"{path} is compressed, and may unpack into anything; expected plain arrays."
                )
            return {name: loaded[name] for name in loaded.files}
    except FileNotFoundError:
        raise
    except IsADirectoryError:
        raise NumericError(f"{path} is a folder; expected an .npz file.") from None
    # A spoilt file can claim any compression, encryption, size or length.
    except (
        ValueError, KeyError, EOFError, SyntaxError, RuntimeError, MemoryError, OverflowError, OSError,
        zipfile.BadZipFile, zlib.error,
    ) as error:  # fmt: skip
        raise NumericError(f"{path} is not an .npz file of plain arrays ({_said(error)}).") from error


def check_alike(path: str | Path, found: Mapping[str, Array], wanted: Mapping[str, Array]) -> None:
    """Refuse a file whose arrays are others than wanted, in their names, shapes or dtypes."""
    if set(found) != set(wanted):
        missing, unknown = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
        raise NumericError(
            f"{path} is spoilt: it"
            + (f" lacks {', '.join(missing)}" if missing else "")
            + (" and" if missing and unknown else "")
            + (f" holds {', '.join(unknown)}, which nobody wrote" if unknown else "")
            + ". Try another path, or remove the file."
        )
    for name, array in wanted.items():
        here, texts = found[name], array.dtype.kind == "U"
        same = here.dtype.kind == "U" if texts else here.dtype.newbyteorder("=") == array.dtype
        if here.shape != array.shape or not same:
            raise NumericError(
                f"{path} is spoilt: {name} has shape {here.shape} and dtype {here.dtype}; expected {array.shape} and "
                f"{array.dtype}. Try another path, or remove the file."
            )


def _said(error: Exception) -> str:
    """What NumPy says, without its advice to unpickle a file that may run anything."""
    return (
        "it is no archive, or holds pickles, which are never read" if "pickle" in str(error) else str(error)
    )


def save_network(network: Network, path: str | Path) -> None:
    """Write what `load_network` needs to build the same network again."""
    write_npz(path, _as_arrays(network))


def _as_arrays(network: Network) -> dict[str, Array]:
    return {
        "format": np.array(_FORMAT),
        "sizes": np.array(network.sizes),
        "activations": np.array(network.activations, dtype=np.str_),
        "loss": np.array(network.loss),
        "l2": np.array(network.objective.l2),
        "l1": np.array(network.objective.l1),
        "label_smoothing": np.array(network.objective.label_smoothing),
        "class_weights": np.array(network.objective.class_weights or ()),
        "init": np.array(network.init),
        "dtype": np.array(network.dtype.name),
        **network.parameters,
    }


def load_network(path: str | Path) -> Network:
    """Read a network that `Network.save` wrote.

    Parameters
    ----------
    path : str or Path
        The .npz file.

    Returns
    -------
    Network
        The same sizes, activations, loss, penalty, dtype and, bit for bit, the same parameters.

    Raises
    ------
    NumericError
        When the file is not such a file. Nothing in a file is ever executed: there is no pickle in it.
    FileNotFoundError
        When there is no file.

    Examples
    --------
    >>> import numeric, tempfile, pathlib
    >>> net = numeric.Network([2, 3, 1], loss="mse", rng=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "net.npz"
    ...     net.save(path)
    ...     again = numeric.load_network(path)
    >>> bool((again.parameters["W1"] == net.parameters["W1"]).all())
    True
    """
    from numeric._network import Network

    arrays = read_npz(path)
    if str(arrays.get("format")) != _FORMAT:
        raise NumericError(f"{path} was not written by Network.save: its format is {arrays.get('format')}.")
    for name, (kind, axes) in _SETTINGS.items():
        here = arrays.get(name)
        if here is None or here.ndim != axes or here.dtype.kind != kind:
            raise NumericError(
                f"{path} has no setting {name} such as Network.save writes; it was written by something else."
            )
    sizes = [int(n) for n in arrays["sizes"]]
    found = sum(array.size for name, array in arrays.items() if name not in _SETTINGS)
    if sum(n_out * (n_in + 1) for n_in, n_out in pairwise(sizes)) != found:  # before memory is asked for
        raise NumericError(
            f"{path} holds {found} parameters, which is not what a network of {sizes[:9]} has."
        )
    try:
        network = Network(
            sizes,
            activation=[str(name) for name in arrays["activations"]],
            loss=str(arrays["loss"]),
            l2=float(arrays["l2"]),
            l1=float(arrays["l1"]),
            label_smoothing=float(arrays["label_smoothing"]),
            class_weights=[float(c) for c in arrays["class_weights"]] or None,
            init=str(arrays["init"]),
            dtype=str(arrays["dtype"]),
        )
    except NumericError as error:
        raise NumericError(f"{path} was not written by Network.save: {error}") from error
    check_alike(path, arrays, _as_arrays(network))
    network.parameters = {name: array for name, array in arrays.items() if name not in _SETTINGS}
    return network
