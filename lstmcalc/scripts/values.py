"""What names of a script stand for while it is read: numbers and texts as they are, and these for all else."""

import ast
from collections.abc import Mapping
from typing import Any

from lstmcalc.errors import Place


class UnknownValue:
    """What only a run would know: how the script calls it, and where it does first."""

    def __init__(self, text: str, place: Place, is_named: bool = False) -> None:
        self.text = text
        self.place = place
        self.is_named = is_named  # as it is asked for, whatever it is assigned to

    def called(self, name: str) -> "UnknownValue":
        """The same under the name that it is assigned to."""
        return UnknownValue(name, self.place)


class ForeignValue(UnknownValue):
    """What a class from elsewhere makes, which may be a layer: its name, and the arguments that it was given."""

    def __init__(self, text: str, place: Place, class_name: str, kwargs: Mapping[str, Any]) -> None:
        super().__init__(text, place)
        self.class_name = class_name
        self.kwargs = kwargs

    def called(self, name: str) -> UnknownValue:
        return ForeignValue(name, self.place, self.class_name, self.kwargs)


class ArrayValue:
    """An array of which the shape is known; its sizes may be unknown."""

    def __init__(self, shape: tuple[Any, ...], items: Any = None) -> None:
        self.shape = shape
        self.items = items


class DottedValue:
    """A module, a class or a function of a library, by its path: `keras.layers.LSTM`."""

    def __init__(self, path: str) -> None:
        self.path = path


class ObjectValue:
    """An initializer, a regularizer or a constraint of Keras, as a config has it."""

    def __init__(self, class_name: str, config: Mapping[str, Any]) -> None:
        self.class_name = class_name
        self.config = config


class ScopeOfNames:
    """The names of a module, a function or a class, and those around it."""

    def __init__(self, above: "ScopeOfNames | None" = None) -> None:
        self.names: dict[str, Any] = {}
        self.above = above
        self.elsewhere: dict[str, ScopeOfNames] = {}  # names that `global` and `nonlocal` say
        self.stars: list[str] = [] if above is None else above.stars
        self.top: ScopeOfNames = self if above is None else above.top

    def find(self, name: str) -> Any:
        """What a name stands for. Raises KeyError."""
        scope: ScopeOfNames | None = self.elsewhere.get(name, self)
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.above
        raise KeyError(name)

    def set(self, name: str, value: Any) -> None:
        """Give a name a value."""
        self.elsewhere.get(name, self).names[name] = value


class FunctionValue:
    """A function of the script: its syntax, the names around it, its defaults, and what it is bound to."""

    def __init__(
        self, node: "ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda", scope: ScopeOfNames, defaults: dict[str, Any]
    ) -> None:
        self.node = node
        self.scope = scope
        self.defaults = defaults

    @property
    def name(self) -> str:
        """Its name; that of a lambda is none."""
        return "" if isinstance(self.node, ast.Lambda) else self.node.name


class MethodValue:
    """A method with what it is called on; `function` of a class of the script, else a `name` of what it is."""

    def __init__(self, of: Any, name: str, function: FunctionValue | None = None) -> None:
        self.of = of
        self.name = name
        self.function = function


class ClassValue:
    """A class of the script: what it is derived from, and what stands in it."""

    def __init__(self, name: str, bases: list[Any], scope: ScopeOfNames, fields: list[tuple[str, Any]]) -> None:
        self.name = name
        self.bases = bases
        self.scope = scope
        self.fields = fields  # of a dataclass or a named tuple, in their order, with their defaults

    def find(self, name: str) -> Any:
        """What the class or one that it is derived from has by a name. Raises KeyError."""
        if name in self.scope.names:
            return self.scope.names[name]
        for base in self.bases:
            if isinstance(base, ClassValue):
                try:
                    return base.find(name)
                except KeyError:
                    continue
        raise KeyError(name)

    def paths(self) -> list[str]:
        """The library's classes that it is derived from."""
        found = [base.path for base in self.bases if isinstance(base, DottedValue)]
        return found + [path for base in self.bases if isinstance(base, ClassValue) for path in base.paths()]


class InstanceValue:
    """An object of a class of the script, or a namespace (no class), with its attributes."""

    def __init__(self, of: ClassValue | None, attributes: dict[str, Any] | None = None) -> None:
        self.of = of
        self.attributes = attributes if attributes is not None else {}


NOTHING = object()  # the value of what has none, where None is one
