"""The items of `layers`: each in any of its forms is a definition and a call; what is repeated is written out."""

from collections.abc import Iterator

import msgspec

from lstmcalc.errors import ModelError, Place, Problem, Problems, closest, did_you_mean, shown
from lstmcalc.formats.spec import Call, Definition, Repeat
from lstmcalc.formats.values import Constructor, Mapping, Scalar, Sequence, Value, kind_of
from lstmcalc.formats.variables import Scope
from lstmcalc.limits import LAYERS, PROBLEMS
from lstmcalc.reference.keys import CALL_ARGUMENTS, NEVER_ARGUMENTS, OF_THE_LAYER, SIBLINGS

ITEM_HELP = "write '- Flatten', '- LSTM: 5', '- LSTM: {units: 5}' or '- \"LSTM(5)\"'"

Items = tuple[tuple[Definition, ...], tuple[Call, ...]]
Arguments = tuple[tuple[Value, ...], tuple[tuple[Scalar, Value], ...]]


class Item(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One item as it was written: a class with its arguments or `reuse`, and the keys beside it.

    It stands `times` times in a row, as the `repeat` at that place says.
    """

    class_name: str
    place: Place
    args: tuple[Value, ...] = ()
    kwargs: tuple[tuple[Scalar, Value], ...] = ()
    siblings: dict[str, Value] = {}
    reuse: Value | None = None
    problems: tuple[Problem, ...] = ()
    times: int = 1
    repeat: Place | None = None


class Rounds(msgspec.Struct, frozen=True, eq=False, gc=False):
    """Items that are repeated together: `times` rounds, as the `repeat` at `place` says."""

    items: tuple["Item | Rounds", ...]
    times: int
    place: Place
    inputs: Value | None = None
    trainable: Value | None = None


def read_items(values: tuple[Value, ...], scope: Scope, found: int = 0) -> Items:
    """The definitions and calls of a list of layers; one at fault holds its problems.

    Stops when there are enough problems, of which `found` were there before.
    """
    items = _read_all(values, scope, found)
    made = 0
    for number, item in enumerate(items):
        made += _copies(item)
        if made > LAYERS:
            items = (*items[:number], _too_many(item, made))
            break
    unrolling = _Unrolling()
    for item in items:
        unrolling.write(item)
    return tuple(unrolling.definitions), tuple(unrolling.calls)


def _read_all(values: tuple[Value, ...], scope: Scope, found: int = 0) -> "tuple[Item | Rounds, ...]":
    items: list[Item | Rounds] = []
    for value in values:
        item = _read_or_faulty(value, scope)
        items.append(item)
        found += len(item.problems) if isinstance(item, Item) else 0
        if found > PROBLEMS:
            break
    return tuple(items)


def _copies(item: "Item | Rounds") -> int:
    """How many items stand there when every repeat is written out."""
    return item.times * (sum(map(_copies, item.items)) if isinstance(item, Rounds) else 1)


def _too_many(item: "Item | Rounds", made: int) -> "Item | Rounds":
    """An item, or what stands for a group, that makes more layers than there may be."""
    count = f"{made:,}" if made < 10**15 else shown(made)
    message = f"a model has at most {LAYERS:,} layers, but this makes {count}"
    place = item.place if isinstance(item, Rounds) else item.repeat or item.place
    problem = Problem(message, place)
    if isinstance(item, Rounds):
        return Item("", item.place, problems=(problem,))
    return msgspec.structs.replace(item, times=1, problems=(*item.problems, problem))


class _Unrolling:
    """Writes items out: each copy a definition and a call, in the order in which Keras would be told."""

    def __init__(self) -> None:
        self.definitions: list[Definition] = []
        self.calls: list[Call] = []
        # How many copies of an item there are by now, and the number of the first, by the item's identity.
        self.copies: dict[int, tuple[int, int]] = {}

    def write(self, item: "Item | Rounds") -> None:
        """An item, or every round of a group."""
        if isinstance(item, Rounds):
            around = _Around(item.place, item.times, item.trainable)
            self._write_rounds(item, around, item.inputs)
        else:
            self._write(item, _Around(), None)

    def _write_rounds(self, group: Rounds, around: "_Around", inputs: Value | None) -> None:
        for number in range(group.times):
            for position, item in enumerate(group.items):
                # What the group takes, its first item does in the first round.
                taken = inputs if number == 0 and position == 0 else None
                if isinstance(item, Rounds):
                    inside = _Around(around.group, around.times * item.times, around.trainable or item.trainable)
                    self._write_rounds(item, inside, item.inputs or taken)
                else:
                    self._write(item, around, taken)

    def _write(self, item: Item, around: "_Around", inputs: Value | None) -> None:
        """The definition and the call of an item, or those that its `repeat` makes, each called on the one before."""
        first = len(self.definitions)
        inputs = item.siblings.get("from", inputs)
        if item.reuse is not None:
            self.calls.append(_call_again(item, first, inputs, self._repeat(item, around, len(self.calls))))
            return
        for number in range(item.times):
            repeat = self._repeat(item, around, first + number)
            self.definitions.append(_definition(item, repeat, around.trainable))
        arguments = {key: value for key, value in item.siblings.items() if key in CALL_ARGUMENTS}
        for number in range(item.times):
            repeat = self.definitions[first + number].repeat
            taken = inputs if number == 0 else None
            self.calls.append(Call(first + number, item.place, len(self.definitions), taken, arguments, repeat=repeat))

    def _repeat(self, item: Item, around: "_Around", made: int) -> Repeat | None:
        """Which copy of an item the next is; None of one that stands once."""
        if around.group is None and item.times == 1:
            return None
        number, first = self.copies.get(id(item), (0, made))
        self.copies[id(item)] = (number + 1, first)
        return Repeat(number, around.times * item.times, item.repeat or around.group or item.place, first, around.group)


class _Around(msgspec.Struct, frozen=True, eq=False):
    """What is around an item: the outermost group, how often all groups repeat it, and what freezes it."""

    group: Place | None = None
    times: int = 1
    trainable: Value | None = None


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


def _definition(item: Item, repeat: Repeat | None, frozen: Value | None = None) -> Definition:
    """The definition of an item; `frozen` is the `trainable: false` of a group around it."""
    name, trainable = item.siblings.get("name"), frozen or item.siblings.get("trainable")
    return Definition(item.class_name, item.place, item.args, item.kwargs, name, trainable, repeat, item.problems)


def _call_again(item: Item, made: int, inputs: Value | None, repeat: Repeat | None) -> Call:
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
    return Call(item.reuse, item.place, made, inputs, arguments, item.siblings.get("name"), repeat, found)


REUSE_REFUSES = {
    "repeat": "the one makes new layers, the other none",
    "trainable": "it stands where the layer is first",
}


def _read_or_faulty(value: Value, scope: Scope) -> "Item | Rounds":
    try:
        return _read_group(value, scope) if _is_group(value) else _repeated(read_item(scope.replace(value), scope))
    except ModelError as error:
        entries = value.entries if isinstance(value, Mapping) else ()
        siblings = {str(key.value): item for key, item in entries if key.value in SIBLINGS}
        class_name = next((str(key.value) for key, _ in entries if key.value not in SIBLINGS), "")
        reuse = value.get("reuse") if isinstance(value, Mapping) else None
        return Item(class_name, value.place, siblings=siblings, reuse=reuse, problems=error.problems)


def _repeated(item: Item) -> Item:
    """An item with how often it stands in a row. Raises ModelError."""
    value = item.siblings.get("repeat")
    if value is None or item.reuse is not None:
        return item
    return msgspec.structs.replace(item, times=_read_times(value), repeat=value.place)


def _read_times(value: Value) -> int:
    times = value.value if isinstance(value, Scalar) else None
    if isinstance(times, bool) or not isinstance(times, int) or times < 1:
        message = f"'repeat' must be a whole number of at least 1, not {kind_of(value)}"
        raise ModelError(Problem(message, value.place))
    return times


# Groups.

GROUP_HELP = "write '- repeat: 3' and below it, in line with 'repeat', 'layers:' with a list of items"
# Why a key cannot stand beside a group.
GROUP_REFUSES = {
    "name": "names stand beside the classes of its items",
    "reuse": "a group is items of its own, among which 'reuse' may stand",
    **dict.fromkeys(CALL_ARGUMENTS, "it stands beside the item whose call takes it"),
}


def _is_group(value: Value) -> bool:
    """Whether an item has `layers` where another has its class."""
    if not isinstance(value, Mapping) or value.get("layers") is None:
        return False
    return not any(_is_class(key) for key, _ in value.entries)


def _read_group(value: Value, scope: Scope) -> "Rounds | Item":
    """A group: how often its items are repeated, and what they are. Raises ModelError."""
    assert isinstance(value, Mapping)
    problems, layers = Problems(), value.get("layers")
    beside: dict[str, Value] = {}
    for key, item in value.entries:
        name = str(key.value)
        if name in GROUP_REFUSES:
            problems.add(f"'{name}' cannot stand beside a group: {GROUP_REFUSES[name]}", key.place)
        elif name not in ("repeat", "layers", "from", "trainable"):
            help = did_you_mean(name, ("repeat", "layers", "from", "trainable"))
            problems.add(f"a group has no key {shown(name)}", key.place, help=help or GROUP_HELP)
        elif name != "layers":  # whose variables are those of its items
            with problems.caught():
                beside[name] = scope.replace(item)
    times = 1
    items: tuple[Item | Rounds, ...] = ()
    repeat = value.get("repeat")
    if repeat is None:
        problems.add("a group needs 'repeat', how often its layers stand in a row", value.place, help=GROUP_HELP)
    else:
        with problems.caught():
            times = _read_times(beside.get("repeat", Scalar(1, repeat.place)))
    if not isinstance(layers, Sequence) or not layers.items:
        assert layers is not None
        found = "an empty list" if isinstance(layers, Sequence) else kind_of(layers)
        problems.add(f"'layers' of a group must be a list of items, not {found}", layers.place, help=GROUP_HELP)
    else:
        items = _read_all(layers.items, scope)
    frozen = _is_frozen(beside.get("trainable"), problems)
    if problems.found:
        problems.found.extend(_problems_in(items))
    problems.raise_found()
    assert repeat is not None
    return Rounds(items, times, repeat.place, beside.get("from"), frozen)


def _problems_in(items: "tuple[Item | Rounds, ...]") -> Iterator[Problem]:
    for item in items:
        yield from _problems_in(item.items) if isinstance(item, Rounds) else item.problems


def _is_frozen(value: Value | None, problems: Problems) -> Value | None:
    """The `trainable` beside a group where it is false, which freezes all of it."""
    if value is None:
        return None
    stated = value.value if isinstance(value, Scalar) else None
    if not isinstance(stated, bool):
        problems.add(f"'trainable' must be true or false, not {kind_of(value)}", value.place)
    return value if stated is False else None


# Items.


def read_item(value: Value, scope: Scope) -> Item:
    """One item in any of its four forms; a string that is an expression sees `scope`. Raises ModelError."""
    match value:
        case Constructor():
            _refuse_siblings(value.name, value.kwargs)
            return Item(value.name, value.place, value.args, value.kwargs)
        case Scalar(value=str()):
            return _short_item(value, scope)
        case Mapping():
            return _mapping_item(value, scope)
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


def _mapping_item(value: Mapping, scope: Scope) -> Item:
    classes = [(key, item) for key, item in value.entries if _is_class(key)]
    others = [(key, item) for key, item in value.entries if not _is_class(key) and key.value not in SIBLINGS]
    reuse = next((key for key, _ in others if key.value == "reuse"), None)
    if not classes and reuse is None and len(others) == 1:
        classes, others = others, []  # a class that nobody knows, in lower case
    problems = Problems()
    unknown = [key for key, _ in others if key is not reuse]
    if not classes and reuse is None:
        help = ITEM_HELP if value.get("repeat") is None else GROUP_HELP
        problems.add("an item has a class key, like 'LSTM', or 'reuse'", value.place, help=help)
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
    if "(" in str(first.value):
        return _call_item(first, classes[0][1], siblings, scope)
    args, kwargs = _class_arguments(str(first.value), classes[0][1])
    return Item(str(first.value), first.place, args, kwargs, siblings)


def _call_item(call: Scalar, value: Value, siblings: dict[str, Value], scope: Scope) -> Item:
    """A layer that is written as a call, with keys beside it: `- "LSTM(5)":` and below it `from: x`."""
    if not isinstance(value, Scalar) or value.value is not None:
        message = f"a call has its arguments in it, and here is {kind_of(value)} behind it"
        raise ModelError(
            Problem(message, value.place, help="what stands beside a call stands below it, in line with it")
        )
    return msgspec.structs.replace(_short_item(call, scope), siblings=siblings)


def _is_class(key: Scalar) -> bool:
    """Whether a key is a class: it begins with a capital, and is no argument of Keras 1's such as W_regularizer."""
    return isinstance(key.value, str) and key.value[:1].isupper() and key.value[1:2] != "_"


def _unknown_sibling(key: Scalar, beside: Scalar, problems: Problems) -> None:
    name, first = str(key.value), str(beside.value)
    help = did_you_mean(name, (*OF_THE_LAYER, *NEVER_ARGUMENTS[:-1]))
    # Arguments of classes are like those of calls, key_dim like key_mask: only what is surely misspelled is one.
    close = None if help else closest(name, CALL_ARGUMENTS, cutoff=0.85)
    help = f"did you mean '{close}'?" if close else help
    if name == "layers":
        help = "'layers' stands beside 'repeat', in place of a class"
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
