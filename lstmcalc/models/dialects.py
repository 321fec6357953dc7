"""From the words of Keras 1 and 2 to those of Keras 3: class, arguments, their order, and what is left out."""

from collections.abc import Iterator

import msgspec

from lstmcalc.errors import ModelError, Problem, Problems, shown
from lstmcalc.formats.spec import Definition
from lstmcalc.formats.values import Mapping, Scalar, Sequence, Value, plain
from lstmcalc.layers.base import Layer, arguments_of
from lstmcalc.layers.catalogue import OLDER_CLASSES, find
from lstmcalc.layers.dialects import (
    DEFAULTS,
    KERAS1,
    KERAS2,
    KERAS3,
    OLDER_FUNCTIONS,
    ORDERS_OF_KERAS2,
    TAKE_FUNCTIONS,
    VALUES,
    WHY_NOT,
    WITHOUT_EFFECT,
    Words,
    words_of,
)

SAY_SO = "or say 'dialect: keras1' at the top of the spec (of an expression --dialect keras1)"
# The sides of a picture that Keras 1's dictionaries of paddings name.
SIDES = {
    "ZeroPadding1D": (("left_pad", "right_pad"),),
    "ZeroPadding2D": (("top_pad", "bottom_pad"), ("left_pad", "right_pad")),
}


class Translated(msgspec.Struct, frozen=True, eq=False):
    """A definition in today's words, and what is to be noted of those that it had: a message and a help."""

    definition: Definition
    note: tuple[str, str | None] | None = None


def translate(definition: Definition, dialect: str) -> Translated:
    """The definition as Keras 3 would be told it. Raises ModelError for what has no meaning in today's words.

    A word that only one Keras has means what it meant there, whatever the dialect.
    """
    words = words_of(definition.class_name)
    if definition.class_name in OLDER_CLASSES:
        dialect = KERAS1
    layer = find(words.meant if words is not None else definition.class_name)
    if layer is None:
        return Translated(definition)
    return _Translation(definition, dialect, words, layer).translated()


class _Translation:
    """One definition while it is translated."""

    def __init__(self, definition: Definition, dialect: str, words: Words | None, layer: type[Layer]) -> None:
        self.definition = definition
        self.dialect = dialect
        self.words = words
        self.layer = layer
        self.own = {*arguments_of(layer), *layer.keywords, *layer.common}
        self.problems = Problems()
        self.given: dict[str, tuple[Scalar, Value]] = {}  # by today's name: the key as it was written, and its value
        self.older: dict[str, str] = {}
        self.sizes: dict[int, tuple[Scalar, Value]] = {}
        self.used: list[str] = []
        self.by_place: list[str] = []
        self.changed: str | None = None  # what a saved value meant that is run otherwise

    def translated(self) -> Translated:
        """The translation. Raises ModelError."""
        args, named = self._positional()
        self.by_place = list(arguments_of(self.layer))[: len(args)]
        for key, value in named:
            self._add(key, value)
        self._join_sizes()
        self.problems.raise_found()
        note = self._note() if self.dialect == KERAS3 else None
        if self.dialect != KERAS3:
            args = self._with_functions(args)
            self._add_defaults()
        class_name = self.words.meant if self.words is not None else self.definition.class_name
        kwargs = tuple((Scalar(name, key.place, name), value) for name, (key, value) in self.given.items())
        changed = msgspec.structs.replace(
            self.definition, class_name=class_name, args=args, kwargs=kwargs, older=self.older
        )
        return Translated(changed, (self.changed, None) if self.changed is not None else note)

    # Arguments by their place in the order.

    def _positional(self) -> tuple[tuple[Value, ...], Iterator[tuple[Scalar, Value]]]:
        """The arguments that keep their places, and those that are named, in the order of the dialect too."""
        args, order = self.definition.args, self._order()
        if self.dialect == KERAS2 and self._has_sizes():
            assert self.words is not None
            last = 1 + self.words.sizes
            args = (args[0], Sequence(args[1:last], args[1].place), *args[last:])
        if order is None:
            return args, iter(self.definition.kwargs)
        if len(args) > len(order):
            name, most = self.definition.class_name, len(order)
            keras = "Keras 1" if self.dialect == KERAS1 else "Keras 2"
            message = f"{name} takes {most} argument{'s' if most > 1 else ''} in {keras}, but has {len(args)}"
            raise ModelError(Problem(message, args[most].place))
        placed = [(Scalar(name, value.place, name), value) for name, value in zip(order, args, strict=False)]
        return (), iter([*placed, *self.definition.kwargs])

    def _order(self) -> tuple[str, ...] | None:
        """The order of the dialect's arguments, None where it is that of Keras 3."""
        if not self.definition.args or _is_layer(self.definition.args[0]):
            return None
        if self.dialect == KERAS1 and self.words is not None:
            return tuple(self.words.arguments)
        if self.dialect == KERAS2 and not self._has_sizes():
            return ORDERS_OF_KERAS2.get(self.layer.__name__)
        return None

    def _has_sizes(self) -> bool:
        """Whether the sizes of a kernel stand one after the other, `Convolution2D(32, 3, 3)`."""
        if self.words is None or not self.words.sizes:
            return False
        sizes = self.definition.args[1 : 1 + self.words.sizes]
        return len(sizes) == self.words.sizes and all(
            isinstance(size, Scalar) and type(size.value) is int for size in sizes
        )

    # Arguments by their names.

    def _add(self, key: Scalar, value: Value) -> None:
        """One argument under the names that it has today."""
        old = str(key.value)
        meant = self._meant(old)
        if meant is None:
            self._give(old, key, value)
            return
        if meant != old:
            self.used.append(old)
        with self.problems.caught():
            value = self._value(old, value)
            if not meant or (old == "weights" and _is_null(value)):
                return
            if meant.startswith("kernel_size["):
                self.sizes[int(meant[-2])] = key, value
                return
            for name in meant.split("+"):
                self._give(name, key, value)

    def _meant(self, old: str) -> str | None:
        """What an older word means; None for one of today's."""
        if self.words is None:
            return None
        if old in self.words.arguments or old in self.words.by_name:
            meant = self.words.arguments.get(old, self.words.by_name.get(old))
            return None if old in self.own and meant != old else meant
        return None

    def _value(self, old: str, value: Value) -> Value:
        """A value as it is written today. Raises ModelError."""
        found = value.value if isinstance(value, Scalar) else None
        what = f"{self.definition.class_name}: {old}"
        if old in VALUES:
            if not isinstance(found, str) or found not in VALUES[old]:
                taken = ", ".join(VALUES[old])
                raise ModelError(Problem(f"{what} must be one of {taken}, but is {shown(plain(value))}", value.place))
            today = VALUES[old][found]
            return Scalar(today, value.place, str(today))
        if old in WITHOUT_EFFECT and found not in WITHOUT_EFFECT[old]:
            why = WHY_NOT.get(old)
            taken = ", ".join(map(str, WITHOUT_EFFECT[old]))
            it = shown(plain(value))
            message = f"{what} {it} {why}" if why else f"{what} must be one of {taken}, but is {it}"
            if why and self.definition.saved is not None:
                self.changed = f"{message}: it is counted, and would be run with {old} {taken}"
                return value
            raise ModelError(Problem(message, value.place, help=f"{old}: {taken} is taken" if why else None))
        return _as_pairs(self.layer.__name__, value) if old == "padding" else value

    def _give(self, name: str, key: Scalar, value: Value) -> None:
        is_placed = name in self.by_place and name != key.value
        if name in self.given or is_placed:
            first, second = name if is_placed else str(self.given[name][0].value), str(key.value)
            if first == second:
                message = f"{self.definition.class_name} has the argument {shown(name)} twice"
            else:
                message = f"{self.definition.class_name} has {shown(first)} and {shown(second)}, which are one argument"
            self.problems.add(message, key.place)
            return
        self.given[name] = key, value
        if str(key.value) != name:
            self.older[name] = str(key.value)

    def _join_sizes(self) -> None:
        """One kernel_size of the sizes that stood one by one."""
        if not self.sizes:
            return
        assert self.words is not None
        names = [old for old, meant in self.words.arguments.items() if meant.startswith("kernel_size[")]
        key, value = self.sizes[min(self.sizes)]
        for number, name in enumerate(names):
            if number not in self.sizes:
                message = f"{self.definition.class_name} needs {shown(name)} beside {shown(str(key.value))}"
                self.problems.add(message, key.place)
        sizes = tuple(size for _, (_, size) in sorted(self.sizes.items()))
        self._give("kernel_size", Scalar(", ".join(names), key.place), Sequence(sizes, value.place))

    # What the dialect means.

    def _with_functions(self, args: tuple[Value, ...]) -> tuple[Value, ...]:
        """Have each function be the one that the dialect called so."""
        for name in TAKE_FUNCTIONS:
            if name in self.given:
                key, value = self.given[name]
                self.given[name] = key, _older_function(value)
        names = (*arguments_of(self.layer), *("",) * len(args))
        return tuple(
            _older_function(value) if name in TAKE_FUNCTIONS else value
            for name, value in zip(names, args, strict=False)
        )

    def _add_defaults(self) -> None:
        """State what the dialect meant by leaving an argument out, where Keras 3 means something else."""
        place = self.definition.place
        for name in self._left_out():
            default = DEFAULTS[self.layer.__name__][name]
            value = _older_function(Scalar(default, place, str(default)))
            self.given[name] = Scalar(name, place, name), value

    def _left_out(self) -> list[str]:
        listed = DEFAULTS.get(self.layer.__name__, {})
        return [name for name in listed if name not in self.given and name not in self.by_place]

    # What is noted of older words in a model of Keras 3's.

    def _note(self) -> tuple[str, str] | None:
        name = self.definition.class_name
        if self.words is not None and self._has_sizes():
            sizes = [
                str(size.value) for size in self.definition.args[1 : 1 + self.words.sizes] if isinstance(size, Scalar)
            ]
            written = ", ".join(sizes)
            return (
                f"{name} has a kernel of {sizes[0]} and strides of {sizes[1]} here, as in Keras 3: "
                f"in Keras 1 and 2 its kernel is {'x'.join(sizes)}",
                f"write kernel_size=({written}), or strides={sizes[1]} by its name, {SAY_SO}",
            )
        if not self.used:
            return None
        left_out = self._left_out()
        word = f"{shown(self.used[0])} is a word of Keras 1"
        if "reset_after" in left_out:
            return (
                f"{name}: {word}, whose {name} had no reset_after: here it is true, as in Keras 3, "
                "and each gate has a second bias",
                f"write reset_after: false, {SAY_SO}",
            )
        function = self.given.get("recurrent_activation", self.given.get("activation"))
        if function is not None and _is_older_function(function[1]):
            return (
                f"{name}: {word}, whose hard_sigmoid was 0.2 * x + 0.5: here it is that of Keras 3, x / 6 + 0.5, "
                "with the same count",
                f"write hard_sigmoid_of_keras_1, {SAY_SO}",
            )
        if "recurrent_activation" in left_out:
            return (
                f"{name}: {word}, whose recurrent_activation was hard_sigmoid: here it is sigmoid, as in Keras 3, "
                "with the same count",
                f"state recurrent_activation, {SAY_SO}",
            )
        return None


def _older_function(value: Value) -> Value:
    """A function by the name that it has today."""
    if _is_older_function(value):
        assert isinstance(value, Scalar)
        name = OLDER_FUNCTIONS[str(value.value)]
        return Scalar(name, value.place, name)
    return value


def _is_older_function(value: Value) -> bool:
    return isinstance(value, Scalar) and value.value in OLDER_FUNCTIONS


def _is_layer(value: Value) -> bool:
    """Whether a value is a layer that another holds: a mapping of a class."""
    return isinstance(value, Mapping) and any(str(key.value)[:1].isupper() for key, _ in value.entries)


def _is_null(value: Value) -> bool:
    return isinstance(value, Scalar) and value.value is None


def _as_pairs(class_name: str, value: Value) -> Value:
    """The padding of each axis before and after, of Keras 1's dictionary or its list of four."""
    sides = SIDES.get(class_name, ())
    if isinstance(value, Mapping) and sides:
        zero = Scalar(0, value.place, "0")
        pairs = [Sequence(tuple(value.get(side) or zero for side in pair), value.place) for pair in sides]
        return pairs[0] if len(pairs) == 1 else Sequence(tuple(pairs), value.place)
    if isinstance(value, Sequence) and len(value.items) == 4 and len(sides) == 2:
        return Sequence(tuple(Sequence(value.items[n : n + 2], value.place) for n in (0, 2)), value.place)
    return value
