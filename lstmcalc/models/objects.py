"""Keras's initializers, regularizers and constraints: what each is called today, with its arguments and defaults."""

from typing import Any

from lstmcalc.formats.outline import KerasObject
from lstmcalc.layers.arguments import OLDER
from lstmcalc.layers.base import snake_case

_SEED = {"seed": None}
_SCALED = {**_SEED, "input_axes": None, "output_axes": None}
_NORMAL = {"mean": 0.0, "stddev": 0.05, **_SEED}
# By what a layer takes: where Keras has them, and each with its arguments and their defaults.
MODULES = {"an initializer": "initializers", "a regularizer": "regularizers", "a constraint": "constraints"}
OBJECTS: dict[str, dict[str, dict[str, Any]]] = {
    "initializers": {
        "Constant": {"value": 0.0},
        **dict.fromkeys(("GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform"), _SCALED),
        **dict.fromkeys(("LecunNormal", "LecunUniform"), _SCALED),
        "Identity": {"gain": 1.0},
        "Ones": {},
        "Orthogonal": {"gain": 1.0, **_SEED},
        "RandomNormal": _NORMAL,
        "RandomUniform": {"minval": -0.05, "maxval": 0.05, **_SEED},
        "STFT": {"side": "real", "window": "hann", "scaling": "density", "periodic": False},
        "TruncatedNormal": _NORMAL,
        "VarianceScaling": {"scale": 1.0, "mode": "fan_in", "distribution": "truncated_normal", **_SCALED},
        "Zeros": {},
    },
    "regularizers": {
        "L1": {"l1": 0.01},
        "L1L2": {"l1": 0.0, "l2": 0.0},
        "L2": {"l2": 0.01},
        "OrthogonalRegularizer": {"factor": 0.01, "mode": "rows"},
    },
    "constraints": {
        "MaxNorm": {"max_value": 2, "axis": 0},
        "MinMaxNorm": {"min_value": 0.0, "max_value": 1.0, "rate": 1.0, "axis": 0},
        "NonNeg": {},
        "UnitNorm": {"axis": 0},
    },
}
# What VarianceScaling is called where these are its scale, its mode and its distribution.
NAMED_SCALINGS = {
    (1.0, "fan_avg", "uniform"): "GlorotUniform",
    (1.0, "fan_avg", "truncated_normal"): "GlorotNormal",
    (2.0, "fan_in", "uniform"): "HeUniform",
    (2.0, "fan_in", "truncated_normal"): "HeNormal",
    (1.0, "fan_in", "uniform"): "LecunUniform",
    (1.0, "fan_in", "truncated_normal"): "LecunNormal",
}
_SHORT = {
    "normal": "RandomNormal",
    "uniform": "RandomUniform",
    "one": "Ones",
    "zero": "Zeros",
    "identity_initializer": "Identity",
    "orthogonal_initializer": "Orthogonal",
    "stft_initializer": "STFT",
    "l1_l2": "L1L2",
}
_NAMES = {snake_case(name): name for objects in OBJECTS.values() for name in objects}
SHORTEST = {"L1L2": "l1l2"}  # where the name in lower case is not that of the class
# Arguments that Keras 1 and 2 called otherwise.
_OLDER_ARGUMENTS = {
    "m": "max_value",
    "low": "min_value",
    "high": "max_value",
}


def keras_object(takes: str | None, value: Any) -> KerasObject | None:
    """What an argument's value is in Keras 3's words, by what the argument `takes`; None for what is no such object."""
    module = MODULES.get(takes or "")
    if module is None or value is None:
        return None
    said = str(value["class_name"] if isinstance(value, dict) else value)
    config: dict[str, Any] = value.get("config", {}) if isinstance(value, dict) else {}
    name = OLDER.get(said, said)
    plain = snake_case(name)
    class_name = _SHORT.get(name, _SHORT.get(plain, _NAMES.get(plain, "")))
    known = OBJECTS[module].get(class_name)
    if known is None:
        return None
    given = {_OLDER_ARGUMENTS.get(key, key): each for key, each in config.items()}
    if class_name == "VarianceScaling":
        given, named = _scaling(given)
        class_name = named or class_name
        known = OBJECTS[module][class_name]
    kept = {key: given[key] for key in known if key in given and given[key] != known[key]}
    short = SHORTEST.get(class_name, snake_case(class_name))
    return KerasObject(module, class_name, short, kept)


def _scaling(given: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    """The arguments of a VarianceScaling, without those that another name says, and that name."""
    defaults = OBJECTS["initializers"]["VarianceScaling"]
    how = tuple(given.get(key, defaults[key]) for key in ("scale", "mode", "distribution"))
    how = (how[0], how[1], "truncated_normal" if how[2] == "normal" else how[2])
    name = NAMED_SCALINGS.get(how) if all(isinstance(each, int | float | str) for each in how) else None
    if name is not None:
        return {key: value for key, value in given.items() if key in _SCALED}, name
    return {**given, "distribution": how[2]}, None
