"""Values of arguments in the forms that each Keras saved them in."""

from typing import Any

from lstmcalc.errors import Refusal
from lstmcalc.formats.values import Value, plain
from lstmcalc.layers.arguments import Rule
from lstmcalc.layers.base import snake_case

DTYPE_POLICIES = ("Policy", "DTypePolicy", "FloatDTypePolicy", "PolicyV1")


def read_leniently(rule: Rule, value: Value) -> Any:
    """A value as the rule takes it, also in forms that other Kerases wrote. Raises Refusal as the rule does."""
    found = plain(value)
    if rule.objects is not None and isinstance(found, dict):
        found = _object(found)
    try:
        return rule.read(found)
    except Refusal:
        for other in _other_forms(rule, found):
            try:
                return rule.read(other)
            except Refusal:
                continue
        if rule.objects is not None:
            return _unknown_object(rule, found)
        raise


def _object(value: dict[str, Any]) -> Any:
    """A saved object by its class and what its config says: not by its module, nor by what is null there."""
    name, config = value.get("class_name"), value.get("config")
    if not isinstance(name, str) or not isinstance(config, dict):
        return value
    return {"class_name": name, "config": {key: each for key, each in config.items() if each is not None}}


def _other_forms(rule: Rule, value: Any) -> list[Any]:
    """What else a value may have been written for."""
    if rule.objects is not None:
        return _object_forms(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return [int(value)]
    if isinstance(value, list):
        whole = [int(each) if isinstance(each, float) and each.is_integer() else each for each in value]
        return [whole, *whole[:1]] if len(whole) == 1 else [whole]
    if isinstance(value, dict):
        inner = value.get("config")
        if value.get("class_name") in DTYPE_POLICIES and isinstance(inner, dict):
            return [inner.get("name")]
        if value.get("class_name") in ("__tuple__", "TensorShape") and isinstance(value.get("items"), list):
            return [value["items"], *_other_forms(rule, value["items"])]
        return [value["value"]] if "value" in value else []
    if value in (0, 1) and not isinstance(value, bool):
        return [bool(value)]
    return []


def _object_forms(value: Any) -> list[Any]:
    """The forms of a function, an initializer, a regularizer or a constraint: by its name, or by name and arguments."""
    if not isinstance(value, dict):
        return [value.lower(), value.rsplit(">", 1)[-1]] if isinstance(value, str) else []
    name, config = value.get("class_name"), value.get("config")
    if name is None and isinstance(value.get("name"), str):  # Keras 1: {"name": "L1L2Regularizer", "l1": 0.01}
        name = value["name"].removesuffix("Regularizer") if value["name"] != "WeightRegularizer" else value["name"]
        config = {"max_value" if key == "m" else key: each for key, each in value.items() if key != "name"}
    if not isinstance(name, str):
        return []
    name = name.rsplit(">", 1)[-1]
    if isinstance(config, str):
        return [config, config.rsplit(">", 1)[-1]]
    config = config if isinstance(config, dict) else {}
    return [{"class_name": name, "config": config}, {"class_name": _words_of(name), "config": _of_layer(config)}]


def _words_of(name: str) -> str:
    return {"re_lu": "relu", "elu": "elu", "p_re_lu": "prelu"}.get(snake_case(name), snake_case(name))


def _of_layer(config: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a layer that stands for a function."""
    return {key: each for key, each in config.items() if key not in ("name", "dtype", "trainable") and each is not None}


def _unknown_object(rule: Rule, value: Any) -> Any:
    """What stands for an object that nobody knows here: of an activation its name, of others nothing."""
    if rule.objects != "an activation":
        return None
    name = value.get("config") if isinstance(value, dict) and isinstance(value.get("config"), str) else None
    if name is None and isinstance(value, dict):
        name = value.get("class_name") or value.get("name")
    name = value if isinstance(value, str) else name
    return {"class_name": str(name), "config": {}}
