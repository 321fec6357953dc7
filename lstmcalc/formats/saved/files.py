"""The config in each kind of file that Keras wrote but HDF5: `.keras`, TensorFlow.js, text."""

import re
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from lstmcalc.errors import ModelError, Problem, Source
from lstmcalc.formats.saved.config import Config, decode_json
from lstmcalc.formats.saved.members import CONFIG, METADATA, WEIGHTS
from lstmcalc.formats.saved.model import spec_of_saved
from lstmcalc.formats.spec import Spec
from lstmcalc.limits import CONFIG_BYTES

if TYPE_CHECKING:
    from lstmcalc.containers.archives import Archive

METADATA_BYTES = 2**16
# How a config in JSON begins: with a quoted key that no spec has.
BEGINS = re.compile(
    r'\{\s*"(class_name|config|module|registered_name|keras_version|backend|build_config|format|modelTopology)"'
)


def holds_arrays_alone(path: str, file: BinaryIO) -> bool:
    """Whether a zip file is one of NumPy's, .npz. Raises ModelError."""
    from lstmcalc.containers.archives import open_archive  # zipfile is imported where there is a zip file

    with open_archive(path, file) as archive:
        return bool(archive.names) and all(name.endswith(".npy") for name in archive.names)


def spec_of_keras_archive(path: str, file: BinaryIO) -> Spec:
    """The model of a `.keras` file. Raises ModelError."""
    from lstmcalc.containers.archives import open_archive  # zipfile is imported where there is a zip file

    with open_archive(path, file) as archive:
        if CONFIG not in archive.names:
            raise _other_archive(path, archive)
        text = _text(path, archive, CONFIG, CONFIG_BYTES)
        version, has_weights = _version(path, archive), WEIGHTS in archive.names
    spec = spec_of_saved(Config(path, text, inside=CONFIG).value(), version)
    return msgspec.structs.replace(spec, holds_weights=has_weights)


def _version(path: str, archive: "Archive") -> str | None:
    """The Keras that wrote it; None where the file does not say it."""
    if METADATA not in archive.names:
        return None
    found = decode_json(Config(path, _text(path, archive, METADATA, METADATA_BYTES), inside=METADATA))
    version = found.get("keras_version") if isinstance(found, dict) else None
    return version if isinstance(version, str) else None


def _text(path: str, archive: "Archive", member: str, most: int) -> str:
    try:
        return archive.read(member, most).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ModelError(Problem(f"{member} in it is not in UTF-8", file=path)) from None


def _other_archive(path: str, archive: "Archive") -> ModelError:
    """What is wrong with a zip file that is no `.keras` file."""
    names = archive.names
    if any(name.endswith("/data.pkl") or name == "data.pkl" for name in names):
        return _of_pytorch(path)
    if any(name.endswith(("saved_model.pb", "keras_metadata.pb")) for name in names):
        return ModelError(
            Problem("is a zip file of a SavedModel folder", file=path, help="unzip it, and name the folder")
        )
    message = f"is a zip file without {CONFIG}, which a .keras file has"
    return ModelError(Problem(message, file=path, help=_members(names)))


def _of_pytorch(path: str) -> ModelError:
    """The error of what PyTorch saved."""
    help = "its weights are pickled, and pickles are code: write the model as a spec"
    return ModelError(Problem("is a file of PyTorch's, which is not read", file=path, help=help))


def _members(names: tuple[str, ...]) -> str:
    listed = ", ".join(names[:5])
    return f"it holds {listed}{', ...' if len(names) > 5 else ''}" if names else "it is empty"


# Text.


def config_in(source: Source) -> Config | None:
    """The config in a JSON text: Keras's, TensorFlow.js's, or one that is written as a text in JSON; None for others.

    Raises ModelError for what begins as a config does and is no JSON.
    """
    text = source.text.lstrip("\ufeff \t\r\n")
    if not text.startswith(("{", '"')):
        return None
    config = Config(source.name, source.text)
    try:
        tree = config.tree
    except ModelError:
        if BEGINS.match(text):
            raise
        return None  # of YAML, which has braces and quotes too
    if isinstance(tree, str):
        config = Config(source.name, tree, inside="the JSON text in it")
        tree = config.tree
    steps = _steps(tree)
    if steps is None and _is_of_keras_0(tree):
        message = "is a config of a Keras before 1.0, which is not read"
        help = "load it with that Keras and save it with Keras 1 or 2, or write the model as a spec"
        raise ModelError(Problem(message, file=source.name, help=help))
    return None if steps is None else Config(source.name, config.text, inside=config.inside, root=steps)


def _is_of_keras_0(tree: Any) -> bool:
    """Whether a document is what `to_json` of Keras 0.1 to 0.3 gave: layers beside the name of the model's class."""
    if not isinstance(tree, dict) or tree.get("name", tree.get("class_name")) not in ("Sequential", "Graph"):
        return False
    return not tree.keys().isdisjoint(("layers", "nodes")) and not tree.keys().isdisjoint(("loss", "optimizer"))


def _steps(tree: Any) -> tuple[str, ...] | None:
    """The keys that lead to the model in a document."""
    if not isinstance(tree, dict):
        return None
    if isinstance(tree.get("class_name"), str) and "config" in tree:
        return ()
    topology = tree.get("modelTopology")
    if not isinstance(topology, dict):
        return None
    if isinstance(topology.get("model_config"), dict):
        return ("modelTopology", "model_config")
    return ("modelTopology",) if isinstance(topology.get("class_name"), str) else None


def version_beside(config: Config) -> str | None:
    """The version of Keras that a TensorFlow.js model says beside its config."""
    tree = config.tree.get("modelTopology") if config.root and isinstance(config.tree, dict) else None
    version = tree.get("keras_version") if isinstance(tree, dict) else None
    return version if isinstance(version, str) else None


def spec_of_config(config: Config) -> Spec:
    """The model of a config in JSON. Raises ModelError."""
    return spec_of_saved(config.value(), version_beside(config))
