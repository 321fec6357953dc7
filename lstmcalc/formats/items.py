"""The items of `layers`: each in any of its four forms is a definition and a call, with `repeat` several of each."""

import msgspec

from lstmcalc.errors import ModelError, Place, Problem, Problems, closest, did_you_mean, shown
from lstmcalc.formats.spec import Call, Definition, Repeat
from lstmcalc.formats.values import Constructor, Mapping, Scalar, Value, kind_of
from lstmcalc.formats.variables import Scope
from lstmcalc.limits import LAYERS, PROBLEMS
from lstmcalc.reference.keys import CALL_ARGUMENTS, NEVER_ARGUMENTS, OF_THE_LAYER, SIBLINGS

ITEM_HELP = "write '- Flatten', '- LSTM: 5', '- LSTM: {units: 5}' or '- \"LSTM(5)\"'"

Items = tuple[tuple[Definition, ...], tuple[Call, ...]]
Arguments = tuple[tuple[Value, ...], tuple[tuple[Scalar, Value], ...]]


class Item(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One item as it was written: a class with its arguments or `reuse`, and the keys beside it."""

    class_name: str
    place: Place
    args: tuple[Value, ...] = ()
    kwargs: tuple[tuple[Scalar, Value], ...] = ()
    siblings: dict[str, Value] = {}
    reuse: Value | None = None
    problems: tuple[Problem, ...] = ()


def read_items(values: tuple[Value, ...], scope: Scope, found: int = 0) -> Items:
    """The definitions and calls of a list of layers; one at fault holds its problems.

    Stops when there are enough problems, of which `found` were there before.
    """
    definitions: list[Definition] = []
    calls: list[Call] = []
    for value in values:
        item = _read_or_faulty(value, scope)
        found += len(item.problems)
        if item.reuse is not None:
            calls.append(_call_again(item, len(definitions)))
        else:
            _add(item, definitions, calls)
        if found > PROBLEMS:
            break
    return tuple(definitions), tuple(calls)


def read_definition(value: Value, scope: Scope, around: str) -> Definition:
    """A layer that stands inside another, `around`: it has no call of its own. Raises ModelError."""
    item = read_item(value, scope)
    if item.reuse is not None:
        raise ModelError(Problem("'reuse' cannot stand inside another layer", item.place))
    for key, sibling in item.siblings.items():
        if key in (*NEVER_ARGUMENTS, *CALL_ARGUMENTS):
            message = f"'{key}' cannot stand inside {around}"
            raise ModelError(Problem(message, sibling.place, help=f"put it beside '{around}'"))
    return _definition(item, None)


def _add(item: Item, definitions: list[Definition], calls: list[Call]) -> None:
    """The definition and the call of an item, or the several that its `repeat` makes, each called on the one before."""
    times, item = _times(item, len(definitions))
    first = len(definitions)
    repeat = item.siblings.get("repeat")
    for number in range(times):
        again = None if times == 1 or repeat is None else Repeat(number, times, repeat.place)
        definitions.append(_definition(item, again))
    arguments = {key: value for key, value in item.siblings.items() if key in CALL_ARGUMENTS}
    for number in range(times):
        inputs = item.siblings.get("from") if number == 0 else None
        calls.append(Call(first + number, item.place, first + times, inputs, arguments))


def _definition(item: Item, repeat: Repeat | None) -> Definition:
    name, trainable = item.siblings.get("name"), item.siblings.get("trainable")
    return Definition(item.class_name, item.place, item.args, item.kwargs, name, trainable, repeat, item.problems)


def _call_again(item: Item, made: int) -> Call:
    """The call of a layer above."""
    assert item.reuse is not None
    arguments = {key: value for key, value in item.siblings.items() if key in CALL_ARGUMENTS}
    problems = Problems()
    if not item.problems:
        for key, reason in REUSE_REFUSES.items():
            if key in item.siblings:
                message = f"'{key}' and 'reuse' cannot stand together: {reason}"
                problems.add(message, item.siblings[key].place)
                break
    found = (*item.problems, *problems.found)
    siblings = item.siblings
    return Call(item.reuse, item.place, made, siblings.get("from"), arguments, siblings.get("name"), found)


REUSE_REFUSES = {
    "repeat": "the one makes new layers, the other none",
    "trainable": "it stands where the layer is first",
}


def _times(item: Item, made: int) -> tuple[int, Item]:
    """How many layers an item makes; one with its problem where `repeat` is at fault."""
    value = item.siblings.get("repeat")
    if value is None or item.problems:
        return 1, item
    times = value.value if isinstance(value, Scalar) else None
    help = None
    if isinstance(times, bool) or not isinstance(times, int) or times < 1:
        message = f"'repeat' must be a whole number of at least 1, not {kind_of(value)}"
    elif times > 1 and "initial_state" in item.siblings:
        message = "'repeat' and 'initial_state' cannot stand together: which of the layers takes the states?"
        help = "write the layers one by one"
    elif made + times > LAYERS:
        message = f"a model has at most {LAYERS:,} layers, but this makes {made + times:,}"
    else:
        return times, item
    return 1, msgspec.structs.replace(item, problems=(Problem(message, value.place, help=help),))


def _read_or_faulty(value: Value, scope: Scope) -> Item:
    try:
        return read_item(scope.replace(value), scope)
    except ModelError as error:
        entries = value.entries if isinstance(value, Mapping) else ()
        siblings = {str(key.value): item for key, item in entries if key.value in SIBLINGS}
        class_name = next((str(key.value) for key, _ in entries if key.value not in SIBLINGS), "")
        reuse = value.get("reuse") if isinstance(value, Mapping) else None
        return Item(class_name, value.place, siblings=siblings, reuse=reuse, problems=error.problems)


def read_item(value: Value, scope: Scope) -> Item:
    """One item in any of its four forms; a string that is an expression sees `scope`. Raises ModelError."""
    match value:
        case Constructor():
            _refuse_siblings(value.name, value.kwargs)
            return Item(value.name, value.place, value.args, value.kwargs)
        case Scalar(value=str()):
            return _short_item(value, scope)
        case Mapping():
            return _mapping_item(value)
    message = f"a layer must be a class name or a mapping with one, not {kind_of(value)}"
    raise ModelError(Problem(message, value.place, help=ITEM_HELP))


def _short_item(value: Scalar, scope: Scope) -> Item:
    text = str(value.value)
    if "(" not in text and "|" not in text:
        return Item(text, value.place)
    from lstmcalc.formats.expression import places_in, read_expression

    stages = read_expression(text, places_in(value))
    if len(stages) != 1:
        help = "begin each layer with '- '"
        raise ModelError(Problem("one item is one layer, but here is a second one", stages[1].place, help=help))
    stage = stages[0]
    if isinstance(stage, Scalar):
        return Item(str(stage.value), stage.place)
    return read_item(scope.replace(stage), scope)


def _mapping_item(value: Mapping) -> Item:
    classes = [(key, item) for key, item in value.entries if _is_class(key)]
    others = [(key, item) for key, item in value.entries if not _is_class(key) and key.value not in SIBLINGS]
    reuse = next((key for key, _ in others if key.value == "reuse"), None)
    if not classes and reuse is None and len(others) == 1:
        classes, others = others, []  # a class that nobody knows, in lower case
    problems = Problems()
    unknown = [key for key, _ in others if key is not reuse]
    if not classes and reuse is None:
        problems.add("an item has a class key, like 'LSTM', or 'reuse'", value.place, help=ITEM_HELP)
        problems.raise_found()
    first = classes[0][0] if classes else reuse
    assert first is not None
    for key in unknown[:10]:
        _unknown_sibling(key, first, problems)
    for second in [key for key, _ in classes[1:]] + ([reuse] if classes and reuse else []):
        message = f"an item is one layer, but {shown(second.value)} stands beside {shown(first.value)}"
        problems.add(message, second.place, help="begin each layer with '- '")
    problems.raise_found()
    siblings = {str(key.value): item for key, item in value.entries if key.value in SIBLINGS}
    if not classes:
        return Item("", first.place, siblings=siblings, reuse=value.get("reuse"))
    args, kwargs = _class_arguments(str(first.value), classes[0][1])
    return Item(str(first.value), first.place, args, kwargs, siblings)


def _is_class(key: Scalar) -> bool:
    return isinstance(key.value, str) and key.value[:1].isupper()


def _unknown_sibling(key: Scalar, beside: Scalar, problems: Problems) -> None:
    name, first = str(key.value), str(beside.value)
    help = did_you_mean(name, (*OF_THE_LAYER, *NEVER_ARGUMENTS[:-1]))
    # Arguments of classes are like those of calls, key_dim like key_mask: only what is surely misspelled is one.
    close = None if help else closest(name, CALL_ARGUMENTS, cutoff=0.85)
    help = f"did you mean '{close}'?" if close else help
    if first == "reuse":
        help = help or "'reuse' calls the layer above as it is: it takes no arguments"
    help = help or f"arguments of {first} stand inside it: '{first}: {{{name}: ...}}'"
    problems.add(f"a layer has no key {shown(name)} beside {shown(first)}", key.place, help=help)


def _class_arguments(name: str, value: Value) -> Arguments:
    """Positional and named arguments of the value after a class key; a capitalised key is the wrapped layer."""
    if isinstance(value, Scalar) and value.value is None:
        return (), ()
    if not isinstance(value, Mapping) or name == "Model":
        return (value,), ()
    wrapped = [(key, item) for key, item in value.entries if _is_class(key)]
    named = tuple((key, item) for key, item in value.entries if not _is_class(key))
    if len(wrapped) > 1:
        second = wrapped[1][0]
        raise ModelError(Problem(f"{name} takes one layer, but {shown(second.value)} is a second one", second.place))
    _refuse_siblings(name, named)
    return tuple(Mapping(((key, item),), key.place) for key, item in wrapped), named


def _refuse_siblings(name: str, kwargs: tuple[tuple[Scalar, Value], ...]) -> None:
    problems = Problems()
    for key, _ in kwargs:
        if key.value in NEVER_ARGUMENTS and name != "Model":
            message = f"'{key.value}' is no argument of {name}: it stands beside the class key"
            help = f"write '- {name}: ...' and below it, in line with '{name}', '{key.value}: ...'"
            problems.add(message, key.place, help=help)
    problems.raise_found()
