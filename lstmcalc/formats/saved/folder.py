"""A SavedModel folder that tf.keras wrote: its Keras config stands as JSON beside or in its graph.

TensorFlow 2.5 and later keep it in `keras_metadata.pb` (SavedMetadata of
keras/protobuf/saved_metadata.proto), those before in `saved_model.pb` (SavedModel, MetaGraphDef and
SavedObjectGraph of tensorflow/core/protobuf). Weights beside it are not read.
"""

import os
from typing import Any

from lstmcalc.containers.files import open_file
from lstmcalc.containers.protobuf import Extent, Messages
from lstmcalc.errors import ModelError, Problem
from lstmcalc.formats.saved.config import Config, decode_json
from lstmcalc.formats.saved.model import spec_of_saved
from lstmcalc.formats.spec import Spec
from lstmcalc.limits import CONFIG_BYTES

METADATA, GRAPH = "keras_metadata.pb", "saved_model.pb"
# SavedMetadata: its nodes, and of each its identifier and its metadata.
NODES, IDENTIFIER_OF_NODE, METADATA_OF_NODE = 1, 4, 5
# SavedModel, MetaGraphDef, SavedObjectGraph, SavedObject, SavedUserObject.
GRAPHS, OBJECTS, OBJECT, USER_OBJECT, IDENTIFIER, METADATA_OF_OBJECT = 2, 7, 1, 4, 1, 3
# What Keras calls the objects that are models.
MODELS = (b"_tf_keras_model", b"_tf_keras_network", b"_tf_keras_sequential", b"_tf_keras_functional")
SAVE_IT = "load it with TensorFlow and save it with model.save('model.keras')"


def spec_of_folder(path: str) -> Spec:
    """The model of a SavedModel folder. Raises ModelError for a folder that is none, or was not written by Keras."""
    for name, find in ((METADATA, _in_metadata), (GRAPH, _in_graph)):
        file = os.path.join(path, name)
        if os.path.exists(file):
            text = find(file)
            if text is not None:
                return _spec(path, name, text)
    if os.path.exists(os.path.join(path, GRAPH)):
        raise ModelError(Problem("is a SavedModel without a Keras config", file=path, help=SAVE_IT))
    found = sorted(each for each in _listed(path) if each.endswith((".keras", ".h5", ".json", ".yaml")))
    help = f"a model in it is named by its path: {os.path.join(path, found[0])}" if found else None
    raise ModelError(Problem("cannot be read: is a directory", file=path, help=help))


def _listed(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError:
        return []


def _in_metadata(file: str) -> bytes | None:
    """The config in `keras_metadata.pb`: that of the first object that is a model."""
    with open_file(file) as opened:
        messages = Messages(file, opened)
        for node in messages.spans(messages.whole, NODES):
            found = _config_of(messages, node, IDENTIFIER_OF_NODE, METADATA_OF_NODE)
            if found is not None:
                return found
    return None


def _in_graph(file: str) -> bytes | None:
    """The config in `saved_model.pb`."""
    with open_file(file) as opened:
        messages = Messages(file, opened)
        for graph in messages.spans(messages.whole, GRAPHS):
            objects = messages.first(graph, OBJECTS)
            for each in () if objects is None else messages.spans(objects, OBJECT):
                user = messages.first(each, USER_OBJECT)
                found = None if user is None else _config_of(messages, user, IDENTIFIER, METADATA_OF_OBJECT)
                if found is not None:
                    return found
    return None


def _config_of(messages: Messages, node: Extent, identifier: int, metadata: int) -> bytes | None:
    named, text = messages.first(node, identifier), messages.first(node, metadata)
    if named is None or text is None or messages.bytes_of(named, 1000) not in MODELS:
        return None
    return messages.bytes_of(text, CONFIG_BYTES)


def _spec(path: str, name: str, data: bytes) -> Spec:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise ModelError(Problem(f"{name}: the config in it is not in UTF-8", file=path)) from None
    config = Config(path, text, inside=name)
    tree = decode_json(config)
    inner = tree.get("model_config") if isinstance(tree, dict) else None
    root = ("model_config",) if isinstance(inner, dict) and "class_name" in inner else ()
    return spec_of_saved(Config(path, text, inside=name, root=root).value(), _version(tree))


def _version(tree: Any) -> str | None:
    version = tree.get("keras_version") if isinstance(tree, dict) else None
    return version if isinstance(version, str) else "2"  # no other Keras wrote it
