"""What live Keras says of layers and computes by them, recorded: shapes, weights, refusals and numbers of each class.

`python tests/data/record_layers.py`, where Keras is installed, writes the answers again.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from waves import Array, hold, indices, sequences, waves, weights

import lstmcalc
from lstmcalc import cli
from lstmcalc.layers.catalogue import FAMILIES, MODULES
from lstmcalc.layers.refused import REFUSED

DATA = Path(__file__).parents[1] / "data"
RECORDED = json.loads((DATA / "keras_layers.json").read_text(encoding="utf-8"))
SIGNATURES = RECORDED["signatures"]
LAYERS = [(name, number) for name, entries in RECORDED["layers"].items() for number in range(len(entries))]
LISTED = ("Attention", "AdditiveAttention", *FAMILIES["merging"])  # they take one input as a list too
# Those that Keras 3 has, and its NumPy backend can run.
RECORDED_CLASSES = 121


def model_of(class_name: str, entry: dict[str, Any]) -> Any:
    """A model of that layer alone."""
    names = [f"input {number}" for number in range(len(entry["inputs"]))]
    dtype = "int32" if entry.get("limit") else "float32"
    shapes = zip(names, entry["inputs"], strict=True)
    inputs = {name: {"shape": axes, "batch": samples, "dtype": dtype} for name, (samples, *axes) in shapes}
    sources = names if len(names) > 1 or class_name in LISTED else names[0]
    return lstmcalc.from_dict({"inputs": inputs, "layers": [{class_name: entry["arguments"], "from": sources}]})


@pytest.mark.parametrize(("class_name", "number"), LAYERS)
def test_a_layer_is_what_keras_says_and_gives_what_keras_computes(class_name: str, number: int) -> None:
    entry = RECORDED["layers"][class_name][number]
    if "refused" in entry:
        with pytest.raises(lstmcalc.ModelError):
            model_of(class_name, entry)
        return
    model = model_of(class_name, entry)
    (layer,) = model.to_dict()["layers"]
    found = [[each["name"], each["shape"], each["trainable"], each["dtype"]] for each in layer["weights"]]
    assert (layer["output_shapes"], found) == (entry["outputs"], entry["weights"])
    assert [each.dtype for each in model.outputs] == entry.get("dtypes", [each.dtype for each in model.outputs])
    if "numbers" in entry:
        x = [
            indices(shape, entry["limit"], place) if entry["limit"] else waves(shape, place)
            for place, shape in enumerate(entry["inputs"])
        ]
        arrays = weights([(name, shape) for name, shape, *_ in entry["weights"]])
        hold(model.predict(x, weights={layer["name"]: arrays} if arrays else {}), entry["numbers"])


def test_what_keras_refuses_is_refused_in_words_that_were_reviewed(compare_golden: Callable[[str, Path], None]) -> None:
    """`pytest --rewrite` writes them anew; read what changed."""
    lines = []
    for class_name, number in LAYERS:
        entry = RECORDED["layers"][class_name][number]
        if "refused" in entry:
            arguments = ", ".join(f"{name}={value!r}" for name, value in entry["arguments"].items())
            shapes = ", ".join(str(tuple(shape)) for shape in entry["inputs"])
            with pytest.raises(lstmcalc.ModelError) as refused:
                model_of(class_name, entry)
            lines.append(f"{class_name}({arguments}) on {shapes}")
            for problem in refused.value.problems:
                lines += [f"    {problem.message}", *([f"    help: {problem.help}"] if problem.help else [])]
    compare_golden("\n".join([*lines, ""]), DATA / "refused.txt")


# They are read wherever they stand among the keywords; of salt the value would decide, and it is refused.
LEFT_OUT = {"name", "dtype", "salt"}


@pytest.mark.parametrize("class_name", [name for name in MODULES if name in SIGNATURES and name != "Lambda"])
def test_a_layer_has_the_arguments_of_keras_in_their_order_with_their_defaults(
    class_name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["layers", class_name, "--format", "json"]) == 0
    ours = {
        each["name"]: [] if each["required"] else [each["default"]]
        for each in json.loads(capsys.readouterr().out)["arguments"]
    }
    theirs = {name: default for name, default in SIGNATURES[class_name] if name not in LEFT_OUT}
    assert [name for name in ours if name in theirs] == list(theirs)
    for name, default in theirs.items():
        assert one_for_all(ours[name]) == one_for_all(default), name


@pytest.mark.parametrize("name", RECORDED["names"])
def test_a_name_of_keras_means_what_it_means_there_or_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    if name in REFUSED:
        assert cli.run(["layers", name]) == 2
        return
    assert cli.run(["layers", name, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == RECORDED["names"][name].removesuffix("Layer")  # InputLayer


def one_for_all(value: Any) -> Any:
    """[2, 2] as 2: one number stands for all axes."""
    while isinstance(value, list) and value and all(each == value[0] for each in value):
        (value, *_) = value
    return value


@pytest.mark.parametrize("number", range(len(RECORDED["chains"])))
def test_a_chain_of_recurrent_layers_gives_what_it_does_in_keras(number: int) -> None:
    entry = RECORDED["chains"][number]
    model, states = lstmcalc.from_dict(entry["spec"]), None
    layers = model.to_dict()["layers"]
    every = iter(weights([(each["name"], each["shape"]) for layer in layers for each in layer["weights"]], 0.4))
    given = {layer["name"]: [next(every) for _ in layer["weights"]] for layer in layers if layer["weights"]}
    shapes = [(each["batch"], *each["shape"]) for each in entry["spec"]["inputs"].values()]
    for place, numbers in enumerate(entry["runs"]):
        x: Array = indices(shapes[0], entry["limit"], place) if entry["limit"] else sequences(shapes[0], place)
        run = model.run([x, *(waves(each, 10 + i) for i, each in enumerate(shapes[1:]))], weights=given, states=states)
        states = run.states
        hold(run.outputs, numbers)


def test_most_classes_are_recorded_and_most_entries_have_numbers() -> None:
    entries = [entry for entries in RECORDED["layers"].values() for entry in entries]
    assert len(RECORDED["layers"]) >= RECORDED_CLASSES
    assert sum("numbers" in entry for entry in entries) > len(entries) / 3
    assert len(RECORDED["chains"]) > 100
