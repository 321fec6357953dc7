"""What Python's own functions and NumPy's give, as far as a model can depend on it: numbers, lists and shapes."""

import ast
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from lstmcalc.limits import SCRIPT_ITEMS
from lstmcalc.scripts.values import (
    NOTHING,
    ArrayValue,
    ClassValue,
    DottedValue,
    InstanceValue,
    ScopeOfNames,
    UnknownValue,
)

if TYPE_CHECKING:
    from lstmcalc.scripts.interpreter import Interpreter

Function = Callable[["Interpreter", list[Any], dict[str, Any], ast.AST], Any]
LIBRARY: dict[str, Function] = {}


def _knows(*names: str) -> Callable[[Function], Function]:
    """Put a function under the names that it has."""

    def put(function: Function) -> Function:
        LIBRARY.update(dict.fromkeys(names, function))
        return function

    return put


def is_plain(value: Any) -> bool:
    """Whether a value is one of Python's own, all through."""
    if isinstance(value, (list, tuple)):
        return all(map(is_plain, value))
    if isinstance(value, dict):
        return all(map(is_plain, value.values()))
    return value is None or isinstance(value, (bool, int, float, str, range))


class Library:
    """What several functions share."""

    @staticmethod
    def array(items: Any) -> Any:
        """Nested lists as an array; NOTHING for what is no such."""
        shape: list[int] = []
        level: Any = items
        while isinstance(level, (list, tuple, range)):
            shape.append(len(level))
            level = level[0] if len(level) else None
        return ArrayValue(tuple(shape), list(items) if isinstance(items, (list, tuple, range)) else None)


def _plain_function(function: Callable[..., Any], *, keywords: bool = False) -> Function:
    def call(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
        if not all(map(is_plain, args)) or not all(map(is_plain, kwargs.values())) or (kwargs and not keywords):
            return NOTHING
        found = function(*args, **kwargs)
        return NOTHING if isinstance(found, int) and abs(found) > 10**100 else found

    return call


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "round": round,
    "divmod": divmod,
    "bool": bool,
    "ord": ord,
    "chr": chr,
    **{f"math.{name}": getattr(math, name) for name in ("ceil", "floor", "sqrt", "log", "log2", "log10", "exp", "pow")},
    **{f"math.{name}": getattr(math, name) for name in ("gcd", "prod", "fabs", "trunc")},
    **{f"numpy.{name}": getattr(math, name) for name in ("ceil", "floor", "sqrt", "log", "log2", "log10", "exp")},
    "numpy.prod": math.prod,
    "numpy.int32": int,
    "numpy.int64": int,
    "numpy.round": round,
}
_WITH_KEYWORDS: dict[str, Callable[..., Any]] = {
    "int": int,
    "float": float,
    "sum": sum,
    "sorted": sorted,
    "any": any,
    "all": all,
}
LIBRARY.update({_name: _plain_function(_function) for _name, _function in _FUNCTIONS.items()})
LIBRARY.update({_name: _plain_function(_function, keywords=True) for _name, _function in _WITH_KEYWORDS.items()})


@_knows("min", "numpy.minimum")
def _least(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    return min(*args) if all(map(is_plain, args)) and not kwargs else NOTHING


@_knows("max", "numpy.maximum")
def _most(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    return max(*args) if all(map(is_plain, args)) and not kwargs else NOTHING


@_knows("len")
def _length(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    (of,) = args
    if isinstance(of, ArrayValue):
        return of.shape[0] if of.shape else NOTHING
    return len(of) if isinstance(of, (list, tuple, dict, str, range)) else NOTHING


@_knows("range")
def _range(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    return range(*args) if all(type(each) is int for each in args) else NOTHING


@_knows("str", "repr")
def _text(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    return str(args[0]) if args and is_plain(args[0]) and not isinstance(args[0], (list, dict)) else NOTHING


@_knows("list", "tuple", "set", "frozenset", "iter", "reversed", "collections.OrderedDict")
def _list(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    if not args:
        return []
    items = reading.items(args[0])
    if items is None or len(items) > SCRIPT_ITEMS:
        return NOTHING
    name = getattr(getattr(node, "func", None), "id", "")
    found = list(items)
    if name == "reversed":
        found.reverse()
    if name in ("set", "frozenset") and all(map(is_plain, found)):
        found = list(dict.fromkeys(found))
    return tuple(found) if name == "tuple" else found


@_knows("dict")
def _dict(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    pairs = reading.items(args[0]) if args and not isinstance(args[0], dict) else None
    first = args[0] if args and isinstance(args[0], dict) else dict([*pairs]) if pairs is not None else {}
    return NOTHING if args and not isinstance(args[0], dict) and pairs is None else {**first, **kwargs}


@_knows("enumerate")
def _enumerate(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    items = reading.items(args[0])
    start = args[1] if len(args) > 1 else kwargs.get("start", 0)
    return NOTHING if items is None or len(items) > SCRIPT_ITEMS else [*enumerate(items, start)]


@_knows("zip")
def _zip(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    lists = [reading.items(each) for each in args]
    if any(each is None or len(each) > SCRIPT_ITEMS for each in lists):
        return NOTHING
    return [*zip(*(each for each in lists if each is not None), strict=False)]


@_knows("map")
def _map(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    items = reading.items(args[1])
    return (
        NOTHING if items is None or len(items) > 10_000 else [reading.call(args[0], [each], {}, node) for each in items]
    )


@_knows("isinstance", "callable", "hasattr")
def _is(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    name = getattr(getattr(node, "func", None), "id", "")
    if name == "hasattr" and isinstance(args[0], InstanceValue):
        return args[1] in args[0].attributes
    if name == "isinstance" and len(args) == 2 and is_plain(args[0]):
        wanted = args[1] if isinstance(args[1], tuple) else (args[1],)
        names = [each.path for each in wanted if isinstance(each, DottedValue)]
        kinds = {"int": int, "str": str, "float": float, "list": list, "tuple": tuple, "dict": dict, "bool": bool}
        return any(each in kinds and isinstance(args[0], kinds[each]) for each in names)
    return NOTHING


@_knows("getattr")
def _getattr(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    of, name, *default = args
    if not isinstance(name, str):
        return NOTHING
    if isinstance(of, InstanceValue) and name not in of.attributes and default and of.of is None:
        return default[0]
    return reading.attribute(of, name, node)


@_knows("setattr")
def _setattr(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    of, name, value = args
    if isinstance(name, str):
        reading.set_attribute(of, name, value, node)


@_knows("print", "os.makedirs", "os.mkdir", "numpy.random.seed", "random.seed")
def _nothing(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    return None


@_knows("os.environ.get", "os.getenv")
def _environment(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    return args[1] if len(args) > 1 else kwargs.get("default", NOTHING)


@_knows("functools.partial")
def _partial(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    return InstanceValue(None, {"__partial__": (args[0], args[1:], kwargs)})


# NumPy: shapes.


def _shape(value: Any) -> "tuple[Any, ...] | None":
    if isinstance(value, (list, tuple)):
        return tuple(value)
    return (value,) if isinstance(value, (int, UnknownValue)) else None


@_knows(*(f"numpy.{name}" for name in ("zeros", "ones", "empty", "full", "random.random", "random.random_sample")))
def _filled(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    shape = _shape(args[0] if args else kwargs.get("shape", kwargs.get("size")))
    return NOTHING if shape is None else ArrayValue(shape)


@_knows("numpy.random.rand", "numpy.random.randn")
def _random(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    return ArrayValue(tuple(args))


@_knows(*(f"numpy.random.{name}" for name in ("randint", "normal", "uniform", "choice", "standard_normal")))
def _sized(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    size = kwargs.get("size", args[2] if len(args) > 2 else None)
    shape = _shape(size)
    return NOTHING if shape is None else ArrayValue(shape)


@_knows("numpy.array", "numpy.asarray")
def _array(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    (items, *_) = args
    if isinstance(items, ArrayValue):
        return items
    return Library.array(items) if isinstance(items, (list, tuple, range)) and _is_even(items) else NOTHING


def _is_even(items: Any) -> bool:
    """Whether lists hold numbers or lists, and nothing that is unknown."""
    if isinstance(items, (list, tuple, range)):
        return len(items) <= SCRIPT_ITEMS and all(map(_is_even, items))
    return isinstance(items, (int, float, str, bool))


@_knows("numpy.arange")
def _arange(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    numbers = [*args, kwargs["step"]] if "step" in kwargs and len(args) == 2 else args
    if not all(isinstance(each, (int, float)) for each in numbers):
        return NOTHING
    start, stop, step = (0, numbers[0], 1) if len(numbers) == 1 else (*numbers, 1)[:3]
    return ArrayValue((max(0, math.ceil((stop - start) / step)),))


@_knows("numpy.linspace")
def _linspace(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    count = kwargs.get("num", args[2] if len(args) > 2 else 50)
    return ArrayValue((count,))


@_knows("numpy.reshape")
def _reshape(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    return method_of(args[0], "reshape", args[1:], kwargs)


@_knows("numpy.expand_dims")
def _expanded(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    axis = kwargs.get("axis", args[1] if len(args) > 1 else 0)
    if not isinstance(args[0], ArrayValue) or not isinstance(axis, int):
        return NOTHING
    shape = list(args[0].shape)
    shape.insert(axis if axis >= 0 else len(shape) + 1 + axis, 1)
    return ArrayValue(tuple(shape))


# The data that comes with Keras, and what is done with it: its shapes are known.
DATASETS = {
    "mnist": ((60_000, 28, 28), (10_000, 28, 28), ()),
    "fashion_mnist": ((60_000, 28, 28), (10_000, 28, 28), ()),
    "cifar10": ((50_000, 32, 32, 3), (10_000, 32, 32, 3), (1,)),
    "cifar100": ((50_000, 32, 32, 3), (10_000, 32, 32, 3), (1,)),
    "imdb": ((25_000,), (25_000,), ()),
    "reuters": ((8_982,), (2_246,), ()),
    "boston_housing": ((404, 13), (102, 13), ()),
}


def _dataset(name: str) -> Function:
    train, test, label = DATASETS[name]

    def load(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
        return tuple((ArrayValue(shape), ArrayValue((shape[0], *label))) for shape in (train, test))

    return load


for _name in DATASETS:
    LIBRARY[f"keras.datasets.{_name}.load_data"] = _dataset(_name)


@_knows(*(f"keras.{name}.pad_sequences" for name in ("preprocessing.sequence", "utils", "utils.data_utils")))
def _padded(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    count = args[0].shape[0] if isinstance(args[0], ArrayValue) else reading.unknown(node)
    length = kwargs.get("maxlen", args[1] if len(args) > 1 else None)
    return ArrayValue((count, reading.unknown(node) if length is None else length))


@_knows(*(f"keras.utils.{name}to_categorical" for name in ("", "np_utils.")))
def _categorical(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    classes = next(
        (kwargs[key] for key in ("num_classes", "nb_classes") if key in kwargs), args[1] if len(args) > 1 else None
    )
    count = args[0].shape[0] if isinstance(args[0], ArrayValue) else reading.unknown(node)
    return ArrayValue((count, reading.unknown(node) if classes is None else classes))


# The command line of the script: its defaults.


@_knows("argparse.ArgumentParser")
def _parser(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    return InstanceValue(None, {"__options__": {}})


@_knows("argparse.Namespace", "types.SimpleNamespace", "easydict.EasyDict")
def _namespace(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    return InstanceValue(None, dict(kwargs))


@_knows("collections.namedtuple")
def _namedtuple(reading: "Interpreter", args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
    name, names = args[:2]
    listed = names.replace(",", " ").split() if isinstance(names, str) else list(names)
    defaults = kwargs.get("defaults") or ()
    values = [NOTHING] * (len(listed) - len(defaults)) + list(defaults)
    return ClassValue(str(name), [], ScopeOfNames(), [*zip(listed, values, strict=True)])


def option_of(parser: InstanceValue, args: list[Any], kwargs: Mapping[str, Any]) -> None:
    """Note an option of a parser with its default."""
    options: dict[str, Any] = parser.attributes["__options__"]
    names = [each for each in args if isinstance(each, str)]
    longest = next((each for each in names if each.startswith("--")), names[0] if names else "")
    name = kwargs.get("dest") or longest.lstrip("-").replace("-", "_")
    action = kwargs.get("action")
    default = {"store_true": False, "store_false": True}.get(action) if isinstance(action, str) else NOTHING
    if isinstance(name, str):
        options[name] = kwargs.get("default", NOTHING if default is None else default)


def options_of(parser: InstanceValue, called: str, reading: "Interpreter", node: ast.AST) -> InstanceValue:
    """The options as the script has them where none is given; those without a default are unknown."""
    found = {
        name: reading.unknown(node, f"args.{name}") if value is NOTHING else value
        for name, value in parser.attributes["__options__"].items()
    }
    for name in found:
        for text in (f"args.{name}", name):
            if text in reading.given:
                reading.asked.add(text)
                found[name] = reading.given[text]
    return InstanceValue(None, found)


# Methods.


def method_of(of: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """What a method of a list, a text, a dictionary or an array gives; NOTHING for what is not known."""
    if isinstance(of, list):
        return _method_of_list(of, name, args, kwargs)
    if isinstance(of, dict):
        return _method_of_dict(of, name, args)
    if isinstance(of, str):
        return _method_of_text(of, name, args)
    if isinstance(of, ArrayValue):
        return _method_of_array(of, name, args)
    if isinstance(of, tuple) and name in ("index", "count") and is_plain(of):
        return getattr(of, name)(*args)
    return NOTHING


def _method_of_list(of: list[Any], name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if name in ("append", "extend", "insert", "pop", "reverse", "clear", "copy", "remove"):
        if len(of) > SCRIPT_ITEMS or (name == "extend" and not isinstance(args[0], (list, tuple, range))):
            return NOTHING
        return getattr(of, name)(*args)
    if name in ("index", "count") and is_plain(of):
        return getattr(of, name)(*args)
    return NOTHING


def _method_of_dict(of: dict[Any, Any], name: str, args: list[Any]) -> Any:
    if name in ("items", "keys", "values"):
        return list(getattr(of, name)())
    if name == "update" and args and isinstance(args[0], dict):
        of.update(args[0])
        return None
    if name in ("get", "pop", "setdefault") and args and isinstance(args[0], (str, int)):
        return getattr(of, name)(*args) if name != "get" or len(args) > 1 or args[0] in of else None
    return dict(of) if name == "copy" else NOTHING


def _method_of_text(of: str, name: str, args: list[Any]) -> Any:
    known = (
        "lower",
        "upper",
        "strip",
        "split",
        "replace",
        "startswith",
        "endswith",
        "join",
        "title",
        "lstrip",
        "rstrip",
    )
    if name == "format" and all(isinstance(each, (str, int, float)) for each in args) and len(of) < 1000:
        return of.format(*args) if ":" not in of else NOTHING
    if name == "join":
        items = args[0]
        return (
            of.join(items) if isinstance(items, (list, tuple)) and all(isinstance(i, str) for i in items) else NOTHING
        )
    return getattr(of, name)(*args) if name in known and all(map(is_plain, args)) else NOTHING


def _method_of_array(of: ArrayValue, name: str, args: list[Any]) -> Any:
    if name in ("astype", "copy", "round", "clip"):
        return of
    if name == "tolist" and of.items is not None:
        return of.items
    if name in ("flatten", "ravel"):
        return ArrayValue((math.prod(of.shape),)) if all(isinstance(n, int) for n in of.shape) else NOTHING
    if name != "reshape":
        return NOTHING
    wanted = list(args[0]) if len(args) == 1 and isinstance(args[0], (list, tuple)) else list(args)
    if all(isinstance(n, int) for n in (*of.shape, *wanted)) and -1 in wanted:
        rest = math.prod(n for n in wanted if n != -1)
        wanted[wanted.index(-1)] = math.prod(of.shape) // rest if rest else 0
    return ArrayValue(tuple(wanted))
