"""Records the tables and the outputs of random models in live Keras, for where Keras is not installed.

    PYTHONPATH=tests/parity:tests:tests/views python tests/data/record_models.py

Writes keras_models.json beside itself. Models are drawn by the strategies of tests/parity/, always the same ones. Of
each: its spec; the cells of Keras's table with the layers inside and what is trained, and its totals; or that Keras
refuses it. Of others, all in float32: some numbers that they give on the arrays of tests/waves.py.
"""

import json
import warnings
from pathlib import Path
from typing import Any

import conftest  # noqa: F401 - live Keras on its NumPy backend, as the parity tests have it
import keras
import numpy as np
from descriptions import Model
from drawn import cells_of, totals_of
from live import Build
from models import any_model, functional_models, wrong_models
from record_layers import drawn_from
from refusals import is_deliberate, is_fault
from tables import has_two_shapes, keras_table, takes_a_name_for_markup
from test_forward_graphs import contradicts_itself, in_float32, masks_kept
from waves import indices, sequences, some, weights
from written import spec_of

import lstmcalc
from lstmcalc.arrays.samples import index_limits

FILE = Path(__file__).with_name("keras_models.json")
TABLES, WRONG, RUNS = 120, 60, 120  # how many models are drawn for each
WIDE = 1000  # no cell folds
SIZE, SAMPLES = 4, 3  # of axes that are left open
SCALE = 0.5  # of the weights: what nothing grows by from layer to layer


def table_of(description: Model) -> dict[str, Any] | None:
    """What Keras says of a model; None where the table departs from Keras's or the model is refused on purpose."""
    live = Build(description)
    entry: dict[str, Any] = {"spec": spec_of(description, live.names)}
    if live.error is not None:
        return None if is_fault(live.error) else entry | {"refused": True}
    if takes_a_name_for_markup(live.model) or has_two_shapes(live.model) or is_refused_on_purpose(description, entry):
        return None
    table = keras_table(live.model, WIDE, expand_nested=True, show_trainable=True)
    return entry | {"cells": cells_of(table), "totals": totals_of(table)}


def is_refused_on_purpose(description: Model, entry: dict[str, Any]) -> bool:
    """Whether it is one of those that tests/parity/refusals.py lists with their reasons."""
    try:
        lstmcalc.from_dict(entry["spec"])
    except lstmcalc.ModelError as error:
        return is_deliberate(error, description)
    return False


def run_of(drawn: Model) -> dict[str, Any] | None:
    """What a model gives; None where it does not run."""
    description = in_float32(drawn)
    live = Build(description)
    entry: dict[str, Any] = {"spec": spec_of(description, live.names)}
    if live.error is not None or contradicts_itself(live.model) or is_refused_on_purpose(description, entry):
        return None
    model = lstmcalc.from_dict(entry["spec"])
    samples, *others = {tensor.shape[0] for tensor in model.inputs if tensor.shape[0]} or {SAMPLES}
    if others:
        return None  # a model of two numbers of samples can be built, and never run
    shapes = [(samples, *(axis or SIZE for axis in tensor.shape[1:])) for tensor in model.inputs]
    limits = index_limits(model)
    if any(limit is None and tensor.dtype != "float32" for tensor, limit in zip(model.inputs, limits, strict=True)):
        return None  # integers that are no indices: each backend has its own
    x = [
        indices(shape, limit, place) if limit else sequences(shape, place)
        for place, (shape, limit) in enumerate(zip(shapes, limits, strict=True))
    ]
    try:
        for layer in live.model.layers:
            layer.set_weights(weights([(each.name, each.shape) for each in layer.weights], SCALE))
        with masks_kept():
            outputs = keras.tree.flatten(live.model(x if len(x) > 1 else x[0], training=False))
    except Exception:  # whatever its NumPy backend raises
        return None
    if not all(np.isfinite(each).all() and np.size(each) for each in outputs):
        return None
    return entry | {"shapes": shapes, "limits": limits, "numbers": [some(each) for each in outputs]}


def main() -> None:
    """Write the file, one entry a line."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        tables = [table_of(each) for each in drawn_from(any_model, TABLES) + drawn_from(wrong_models, WRONG)]
        runs = [run_of(each) for each in drawn_from(functional_models(), RUNS)]
    found = {"tables": tables, "runs": runs}
    parts = [
        f'"{name}": [\n' + ",\n".join(json.dumps(each) for each in entries if each is not None) + "\n]"
        for name, entries in found.items()
    ]
    versions = json.dumps({"keras": keras.__version__})
    FILE.write_text(f'{{"versions": {versions},\n' + ",\n".join(parts) + "}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
