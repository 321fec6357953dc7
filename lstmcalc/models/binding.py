"""The values of a definition bound to the arguments of its class, as Python binds a call."""

import re
from typing import Any

from lstmcalc.errors import ModelError, Place, Problem, Problems, Refusal, closest, did_you_mean, shown
from lstmcalc.formats.spec import Definition
from lstmcalc.formats.values import Mapping, Scalar, Sequence, Value, kind_of, plain
from lstmcalc.layers.arguments import BOOLEAN, NAME, POLICY, REGULARIZER, Rule
from lstmcalc.layers.base import CELL, CELLS, LAYER, Argument, Layer, arguments_of
from lstmcalc.layers.catalogue import KNOWN, OLDER_CLASSES, OPERATION, find
from lstmcalc.layers.constructors import object_arguments
from lstmcalc.layers.history import FIRST_SHAPES, refuse_older, takes_older
from lstmcalc.reference.keys import DIALECTS

Arguments = dict[str, Argument]

WRAPPED = (LAYER, CELL, CELLS)
COMMON_RULES = {
    "name": NAME.or_none(),
    "trainable": BOOLEAN,
    "dtype": POLICY.or_none(),
    "autocast": BOOLEAN,
    "activity_regularizer": REGULARIZER,
}


def bind(layer: type[Layer], definition: Definition, arguments: Arguments) -> tuple[dict[str, Value], Problems]:
    """The values by argument, in the order in which they were written; problems of the call itself are kept."""
    problems = Problems()
    args = definition.args
    wrapped = _capitalised_argument(definition, arguments)
    if wrapped is not None:
        problems.found.append(_unknown_argument(layer, str(wrapped.value), wrapped.place, arguments))
        args = ()
    given: dict[str, Value] = dict(zip(arguments, args, strict=False))
    if len(args) > len(arguments):
        count = len(arguments)
        takes = f"{count} argument{'s' if count != 1 else ''}" if count else "no arguments"
        problems.add(f"{layer.__name__} takes {takes}, but has {len(args)}", args[count].place)
    for key, value in definition.kwargs:
        name = str(key.value)
        if name in given:
            problems.add(f"{layer.__name__} has the argument {shown(name)} twice", key.place)
        elif _takes(layer, name, arguments):
            given[name] = value
        else:
            problems.found.append(_unknown_argument(layer, name, key.place, arguments))
        if problems.are_enough:
            break
    return given, problems


def _takes(layer: type[Layer], name: str, arguments: Arguments) -> bool:
    if name in arguments or name in FIRST_SHAPES or name in layer.common:
        return True
    if name in layer.keywords or name in layer.call_arguments:
        return True
    return takes_older(layer, name)


def has_older_words(definition: Definition, dialect: str | None) -> bool:
    """Whether a definition may mean something else than Keras 3 would take it for; of most it is told at once."""
    if dialect not in (None, DIALECTS[-1]) or definition.class_name in OLDER_CLASSES:
        return True
    layer = find(definition.class_name)
    if layer is None:
        return False
    arguments = arguments_of(layer)
    # Sizes of a kernel that stand one after the other, `Convolution2D(32, 3, 3)`.
    has_sizes = len(definition.args) > 2 and "kernel_size" in arguments
    return has_sizes or not all(_takes(layer, str(key.value), arguments) for key, _ in definition.kwargs)


def takes(layer: type[Layer], name: str) -> bool:
    """Whether an argument of that name may stand there."""
    return _takes(layer, name, arguments_of(layer))


def read_argument(
    layer: type[Layer], name: str, value: Value, arguments: Arguments, definition: Definition
) -> dict[str, Any]:
    """The value of an argument by its field; nothing for an older one without an effect. Raises ModelError."""
    older, is_saved = definition.older, definition.saved is not None
    what = f"{layer.__name__}: {name}" + (f" ({older[name]})" if name in older else "")
    if name in arguments:
        return {arguments[name].field: read_value(arguments[name].rule, value, what, is_saved)}
    for rules in (layer.keywords, layer.call_arguments, COMMON_RULES):
        if name in rules:
            return {name: read_value(rules[name], value, what, is_saved)}
    if is_saved:
        return {}
    try:
        if refuse_older(layer, name, plain(value)):
            return {}
    except Refusal as refusal:
        raise ModelError(Problem(f"{layer.__name__}: {refusal.message}", value.place, help=refusal.help)) from None
    raise ModelError(Problem(f"{what} cannot be {kind_of(value)}", value.place))


def read_value(rule: Rule, value: Value, what: str, is_saved: bool = False) -> Any:
    """A value as a rule takes it; `what` it is the value of. Raises ModelError.

    What was saved may have any form that a Keras ever wrote.
    """
    try:
        if is_saved:
            from lstmcalc.models.saved_values import read_leniently

            return read_leniently(rule, value)
        return rule.read(plain(value, object_arguments))
    except Refusal as refusal:
        where = "".join(f"[{step}]" if isinstance(step, int) else f" {step}" for step in refusal.inside)
        place = _inside(value, refusal.inside).place
        raise ModelError(Problem(f"{what}{where} {refusal.message}", place, help=refusal.help)) from None


def read_name(value: Value) -> str:
    """A layer's name. Raises ModelError."""
    try:
        return str(NAME.read(plain(value)))
    except Refusal as refusal:
        raise ModelError(Problem(f"a name {refusal.message}", value.place, help=refusal.help)) from None


def _inside(value: Value, steps: tuple[int | str, ...]) -> Value:
    """The part of a value that a Refusal is about."""
    for step in steps:
        if isinstance(step, int) and isinstance(value, Sequence):
            value = value.items[step]
        elif isinstance(value, Mapping):
            value = next((item for key, item in value.entries if str(key.value) == step), value)
    return value


def refuse_missing(
    layer: type[Layer], definition: Definition, given: dict[str, Value], arguments: Arguments, problems: Problems
) -> None:
    """Keep a problem for each required argument that is not given; say it when a list stands for several arguments."""
    if problems.found and _is_list_of_arguments(definition, arguments):
        first, help = problems.found[0], _mapping_help(definition, arguments)
        raise ModelError(Problem(first.message, first.place, first.layer, help))
    helps = {problem.help for problem in problems.found}
    for argument in arguments.values():
        is_misspelled = any(help and help.endswith(f"'{argument.name}'?") for help in helps)
        if argument.required and argument.name not in given and not is_misspelled:
            message = f"{layer.__name__} needs '{argument.name}', {argument.rule.takes}"
            problems.add(message, definition.place, help=_first_argument_help(layer, arguments))


def is_refused(class_name: str) -> bool:
    """Whether a class is known and not taken."""
    from lstmcalc.layers.refused import REFUSED

    return class_name in REFUSED


def unknown_class(definition: Definition, held: int | None = None) -> ModelError:
    """What is wrong with a class that the catalogue does not have; `held` are the params that its file has of it."""
    from lstmcalc.layers.refused import REFUSED

    name = definition.class_name
    if REFUSED.get(name):
        return ModelError(Problem(f"the layer {shown(name)} is not taken: {REFUSED[name]}", definition.place))
    if definition.saved is not None:
        is_operation = name.startswith((OPERATION, "tf."))
        of = (
            "what the operation {} gives is not known here"
            if is_operation
            else "the layer {} is of a class of the author's own"
        )
        written = _written_name(definition) if is_operation else name
        params = ", PARAMS" if held is None else ""
        help = f'declare it: --custom {written}=identity, or --custom "{written}=(None, 64){params}", samples first'
        if held:
            help += f"; its {held:,} params stand in the file"
        return ModelError(Problem(of.format(shown(name)), definition.place, help=help))
    return ModelError(Problem(f"the layer {shown(name)} is not known", definition.place, help=_class_help(name)))


def _written_name(definition: Definition) -> str:
    """The name that a saved layer has."""
    return str(definition.name.value) if isinstance(definition.name, Scalar) else definition.class_name


def _unknown_argument(layer: type[Layer], name: str, place: Place, arguments: dict[str, Argument]) -> Problem:
    help = _meant_argument(layer, name, (*arguments, *layer.common, *layer.keywords, *layer.call_arguments))
    if not help and 0 < len(arguments) <= 8:
        help = f"it takes {', '.join(arguments)}"
    elif not help:
        help = f"'lstmcalc layers {layer.__name__}' lists what it takes" if arguments else "it takes no arguments"
    return Problem(f"{layer.__name__} has no argument {shown(name)}", place, help=help)


def _meant_argument(layer: type[Layer], name: str, known: tuple[str, ...]) -> str | None:
    """A help line with the argument that is meant, by its name or by the one that Keras 1 had for it."""
    from lstmcalc.layers.dialects import words_of

    words = words_of(layer.__name__)
    older = {} if words is None else words.arguments
    found = closest(name, (*known, *older))
    meant = older.get(found or "", "").partition("[")[0].partition("+")[0]
    if found is None or found in known or not meant:
        return did_you_mean(name, known)
    return f"did you mean {shown(found)}, which is {shown(meant)}?"


def _capitalised_argument(definition: Definition, arguments: dict[str, Argument]) -> Scalar | None:
    """The key that was read as a wrapped layer, of a class that wraps none: `LSTM: {Units: 5}`."""
    first = next(iter(arguments.values()), None)
    if len(definition.args) != 1 or not isinstance(definition.args[0], Mapping) or (first and first.rule in WRAPPED):
        return None
    keys = [key for key, _ in definition.args[0].entries]
    return keys[0] if len(keys) == 1 and str(keys[0].value)[:1].isupper() else None


# What others call it.
WORDS = {
    "BiLSTM": "Bidirectional: {LSTM: ...}",
    "BLSTM": "Bidirectional: {LSTM: ...}",
    "BiGRU": "Bidirectional: {GRU: ...}",
    "BGRU": "Bidirectional: {GRU: ...}",
    "Linear": "Dense",
    "FullyConnected": "Dense",
    "TimeDistributedConvolution1D": "TimeDistributed: {Conv1D: ...}",
    "TimeDistributedConvolution2D": "TimeDistributed: {Conv2D: ...}",
}


def _class_help(name: str) -> str:
    word, rest = re.fullmatch(r"(\w*)(.*)", name, re.DOTALL).groups()  # type: ignore[union-attr]
    if word in KNOWN and rest.startswith(":"):
        return f"a space stands after the colon: '{word}: ...'"
    if word in KNOWN and rest.startswith(" "):
        return f"a colon stands after the class: '{word}: ...'"
    inner = word.removeprefix("TimeDistributed")
    if not rest and word in WORDS:
        return f"did you mean '{WORDS[word]}'?"
    if not rest and inner != word and inner in KNOWN:
        return f"did you mean 'TimeDistributed: {{{inner}: ...}}'?"
    found = closest(name, KNOWN)
    if not name.isidentifier():
        return f"did you mean '{found}'?" if found else "a layer is a class of Keras's, as in 'LSTM: 5'"
    stated = f"a layer of your own is stated: 'Custom: {{class: {name}, output_shape: [...], weights: {{...}}}}'"
    is_own = found is None or (found.lower() in name.lower() and len(name) > len(found) + 1)
    return f"did you mean '{found}'? {stated}" if found and is_own else stated if is_own else f"did you mean '{found}'?"


def _is_list_of_arguments(definition: Definition, arguments: dict[str, Argument]) -> bool:
    """Whether several arguments stand in a list, `Embedding: [3, 4]`, where one was expected."""
    listed = definition.args[0] if len(definition.args) == 1 and not definition.kwargs else None
    return isinstance(listed, Sequence) and 1 < len(listed.items) <= len(arguments)


def _mapping_help(definition: Definition, arguments: dict[str, Argument]) -> str:
    values = plain(definition.args[0])
    assert isinstance(values, list)
    named = ", ".join(f"{name}: {shown(value)}" for name, value in zip(arguments, values, strict=False))
    return f"several arguments stand in a mapping: {{{named}}}"


def _first_argument_help(layer: type[Layer], arguments: dict[str, Argument]) -> str | None:
    first = next(iter(arguments.values()))
    return layer_help(layer) if first.rule in WRAPPED else None


def layer_help(layer: type[Layer]) -> str:
    """How a layer is written that holds another."""
    name, units = layer.inner_example
    inner = f"{{{name}: {units}}}"
    is_list = next(iter(arguments_of(layer).values())).rule is CELLS
    return f"write '{layer.__name__}: {f'[{inner}]' if is_list else inner}'"
