"""The JSON Schema of a spec (draft 7), made from what the layers declare of themselves."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from lstmcalc.layers.arguments import BOOLEAN, DTYPE, NAME, Rule
from lstmcalc.layers.base import CELL, LAYER, OPTIONAL_LAYER, Layer, arguments_of
from lstmcalc.layers.catalogue import ALIASES, MODULES, find, operations
from lstmcalc.layers.dialects import OF_KERAS1
from lstmcalc.layers.history import FIRST_SHAPES, OLDER
from lstmcalc.limits import DIMENSION
from lstmcalc.reference.keys import CALL_FLAGS, CALL_TENSORS, DIALECTS, DTYPES, INPUTS, METRICS
from lstmcalc.reference.words import sentence_of

Schema = dict[str, Any]

VARIABLE: Schema = {"$ref": "#/definitions/variable"}
SIZE: Schema = {"anyOf": [{"type": ["integer", "null"], "minimum": 1, "maximum": DIMENSION}, VARIABLE]}
REFERENCE: Schema = {"type": "string", "minLength": 1}
REFERENCES: Schema = {"anyOf": [REFERENCE, {"type": "array", "items": REFERENCE, "minItems": 1}]}
CALL = r"^\s*[A-Za-z_][\w.]*\s*\("
TENSOR: Schema = {"anyOf": [REFERENCE, {"type": "null"}]}
TENSORS: Schema = {"anyOf": [TENSOR, {"type": "array", "items": TENSOR, "minItems": 1}]}


def spec_schema() -> Schema:
    """The schema that `# yaml-language-server: $schema=` takes."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "lstmcalc spec",
        "description": "A sequence model: its inputs and its layers.",
        **_model(required=("layers",)),
        "definitions": {
            "variable": {"type": "string", "pattern": r"^\$([A-Za-z_]\w*|\(.*\))$"},
            **{_slug(rule): _or_variable(rule.schema) for rule in _rules((*MODULES, *operations()))},
            "shape": {"type": "array", "items": SIZE},
            "input": _input(),
            "model": _model(required=("layers",), inside=True),
            "item": _item(is_inner=False),
            "layer": _item(is_inner=True),
            **{name: _arguments(layer) for name, layer in _layers()},
        },
    }


def _layers() -> list[tuple[str, type[Layer]]]:
    found = [(name, find(name)) for name in (*MODULES, *operations())]
    return [(name, layer) for name, layer in found if layer is not None]


def _model(required: Iterable[str], inside: bool = False) -> Schema:
    properties: Schema = {
        "name": {"type": ["string", "null"], "minLength": 1},
        "kind": {"enum": ["sequential", "functional", "Sequential", "Functional"]},
        "input": {"$ref": "#/definitions/input"},
        "inputs": {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/definitions/input"}},
        "layers": {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/item"}},
        "outputs": REFERENCES,
        "dtype": _or_variable(DTYPE.schema),
    }
    if not inside:
        properties["vars"] = {"type": ["object", "null"]}
        properties["budget"] = _budget()
        properties["dialect"] = {"enum": list(DIALECTS)}
    else:
        properties["trainable"] = {"type": "boolean"}
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        "additionalProperties": False,
        "not": {"required": ["input", "inputs"]},
    }


def _budget() -> Schema:
    """Limits of the model, and in `layers` those of layers by name or pattern."""
    limits: Schema = {metric: {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}]} for metric in METRICS}
    layer: Schema = {"type": "object", "properties": limits, "additionalProperties": False}
    layers: Schema = {"type": "object", "additionalProperties": layer}
    return {"type": ["object", "null"], "properties": {**limits, "layers": layers}, "additionalProperties": False}


def _input() -> Schema:
    stated = {
        "type": "object",
        "required": ["shape"],
        "properties": {"shape": {"$ref": "#/definitions/shape"}, "dtype": {"enum": list(DTYPES)}, "batch": SIZE},
        "additionalProperties": False,
    }
    return {"anyOf": [{"$ref": "#/definitions/shape"}, stated, VARIABLE]}


def _item(is_inner: bool) -> Schema:
    """A layer in any of its forms; inside another layer it has no place in the graph to speak of."""
    siblings: Schema = {"name": NAME.or_none().schema, "trainable": _or_variable(BOOLEAN.schema)}
    classes: Schema = {
        name: {"$ref": f"#/definitions/{ALIASES.get(name, name)}"} for name in (*MODULES, *ALIASES, *operations())
    }
    classes["Sequential"] = _sequential()
    classes["Model"] = {"anyOf": [{"type": "string"}, {"$ref": "#/definitions/model"}]}
    keys = list(classes)
    if not is_inner:
        siblings |= {
            "from": REFERENCES,
            **dict.fromkeys(CALL_TENSORS, TENSORS),
            **dict.fromkeys(CALL_FLAGS, _or_variable(BOOLEAN.schema)),
            "repeat": _or_variable({"type": "integer", "minimum": 1}),
        }
        classes |= {name: {} for name in INPUTS}
        classes["reuse"] = REFERENCE
        keys += [*INPUTS, "reuse"]
    bare = [name for name, layer in _layers() if not any(each.required for each in arguments_of(layer).values())]
    return {
        "anyOf": [
            {"enum": sorted({*bare, *(alias for alias, name in ALIASES.items() if name in bare)})},
            {"type": "string", "pattern": CALL},
            {
                "type": "object",
                "properties": siblings | classes,
                "additionalProperties": False,
                "oneOf": [{"required": [key]} for key in keys],
            },
            {  # a call, with what stands beside it below it
                "type": "object",
                "properties": siblings,
                "patternProperties": {CALL: {"type": "null"}},
                "additionalProperties": False,
            },
            *([] if is_inner else [_group(siblings)]),
        ]
    }


def _group(siblings: Schema) -> Schema:
    """Items that are repeated together."""
    beside = {key: siblings[key] for key in ("repeat", "from", "trainable")}
    layers = {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/item"}}
    return {
        "type": "object",
        "required": ["repeat", "layers"],
        "properties": {**beside, "layers": layers},
        "additionalProperties": False,
    }


def _sequential() -> Schema:
    layers = {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/item"}}
    properties = {
        "layers": layers,
        "input": {"$ref": "#/definitions/input"},
        "name": NAME.or_none().schema,
        "trainable": BOOLEAN.schema,
    }
    stated = {"type": "object", "required": ["layers"], "properties": properties, "additionalProperties": False}
    return {"anyOf": [layers, stated]}


def _arguments(layer: type[Layer]) -> Schema:
    """What may stand after a class key: nothing, the first argument, or the arguments by name."""
    arguments = arguments_of(layer)
    required = [each.name for each in arguments.values() if each.required]
    properties = {each.name: _value(each.rule) for each in arguments.values()}
    properties |= {name: _value(rule) for name, rule in (layer.keywords | layer.call_arguments).items()}
    older = _older_words(layer)
    properties |= {name: {} for name in (*layer.common, *FIRST_SHAPES, *OLDER, *older) if name not in properties}
    first = next(iter(arguments.values()), None)
    wraps = first is not None and first.rule in (CELL, LAYER, OPTIONAL_LAYER)
    stated: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if wraps:
        # The wrapped layer under its own class name, in place of `layer`.
        stated["patternProperties"] = {"^[A-Z]": {}}
        required = []
    if required:
        stated |= _required(required, older)
    forms = [stated]
    if first is not None and required in ([], [first.name]):
        forms.insert(0, _value(first.rule))
    if not required and not wraps:
        forms.insert(0, {"type": "null"})
    return {"description": _sentence(layer), "anyOf": forms}


def _older_words(layer: type[Layer]) -> dict[str, str]:
    """What Keras 1 called arguments of a layer, under any of its names; each with what is meant."""
    return {
        old: meant.partition("[")[0]
        for words in OF_KERAS1.values()
        if words.meant == layer.__name__
        for old, meant in (words.arguments | words.by_name).items()
    }


def _required(names: list[str], older: dict[str, str]) -> Schema:
    """That each of these arguments is there, by its name or by an older one."""
    ways = [[name, *(old for old, meant in older.items() if meant == name and old != name)] for name in names]
    if all(len(words) == 1 for words in ways):
        return {"required": names}
    return {"allOf": [{"anyOf": [{"required": [word]} for word in words]} for words in ways]}


def _sentence(layer: type[Layer]) -> str:
    """What the layer is, with its source: `The sum of its inputs (keras.layers.Add).`"""
    sentence = sentence_of(layer)
    return f"{sentence.removesuffix('.')} ({layer.source})." if layer.source else sentence


def _or_variable(schema: Schema) -> Schema:
    return {"anyOf": [schema, VARIABLE]} if schema else {}


def _value(rule: Rule) -> Schema:
    """What an argument of that rule takes, or a variable: stated once for all arguments that take the same."""
    return {"$ref": f"#/definitions/{_slug(rule)}"} if rule.schema else {}


def _slug(rule: Rule) -> str:
    """The name of a rule's definition: its words, and a number where other rules have the same words."""
    same = [each for each in _rules((*MODULES, *operations())) if each.takes == rule.takes]
    number = next((i for i, each in enumerate(same) if each.schema == rule.schema), 0)
    words = re.sub(r"\W+", "_", rule.takes.replace("-", "minus ")).strip("_")
    return f"{words}_{number + 1}" if number else words


@cache
def _rules(names: tuple[str, ...]) -> tuple[Rule, ...]:
    """Every rule of an argument of those layers, those of equal words and schema once."""
    found: list[Rule] = []
    for layer in filter(None, map(find, names)):
        for rule in (
            *(each.rule for each in arguments_of(layer).values()),
            *layer.keywords.values(),
            *layer.call_arguments.values(),
        ):
            if not any(each.takes == rule.takes and each.schema == rule.schema for each in found):
                found.append(rule)
    return tuple(found)
