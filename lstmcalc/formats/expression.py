"""The one-line form of a model: Python call syntax, literals and variables, parsed and never evaluated."""

import re
from collections.abc import Callable

from lstmcalc.errors import ModelError, Place, Problem, shown
from lstmcalc.formats.values import Constructor, Mapping, Scalar, Sequence, Sum, Value
from lstmcalc.limits import DIGITS, EXPRESSION, NESTING

TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?)
  | (?P<name>[^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*)
  | (?P<string>'[^'\\\n]*(?:\\.[^'\\\n]*)*'|"[^"\\\n]*(?:\\.[^"\\\n]*)*")
  | (?P<operator>//|\*\*|[-+*/%(){}\[\],:=|$])
  | (?P<end>\Z)
  | (?P<other>.)
)""",
    re.VERBOSE,
)
KEYWORD = re.compile(r"\s*=(?!=)")
INTEGER = re.compile(r"(0(_?0)*|[1-9](_?\d)*)\Z", re.ASCII)
ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", "'": "'", '"': '"'}
CONSTANTS = {"None": None, "null": None, "True": True, "true": True, "False": False, "false": False}
CLOSING = {"(": ")", "[": "]", "{": "}"}


Locate = Callable[[int], Place]  # from an offset in the text to its place


def read_expression(text: str, locate: Locate) -> tuple[Constructor | Scalar, ...]:
    """The layers of `Input(5, 1) | LSTM(5)`, left to right; a class without parentheses is a Scalar.

    Raises ModelError with the place of what could not be read.
    """
    parser = _Parser(text, locate)
    stages = [parser.stage()]
    while parser.accept("|"):
        stages.append(parser.stage())
    parser.finish("'|' or the end")
    return tuple(stages)


def read_arithmetic(text: str, locate: Locate) -> Value:
    """The integer arithmetic of `(units // 2)`, its variables still to be replaced. Raises ModelError."""
    parser = _Parser(text, locate)
    value = parser.value()
    parser.finish("the end of the arithmetic")
    return value


def places_in(scalar: Scalar, skipped: int = 0) -> Locate:
    """The places of the characters of a string, its first `skipped` left out.

    They are exact where the string stands in the source as it is; where it does not (a
    variable's value, a folded text, a string with escapes) every one is the scalar's own.
    """
    source, text = scalar.place.source, str(scalar.value)
    start = source.offset(scalar.place)
    for quote in (0, 1):
        if text and source.text.startswith(text, start + quote) and "\n" not in text:
            return lambda offset: scalar.place.later(quote + skipped + offset)
    return lambda offset: scalar.place


class _Parser:
    """Recursive descent over the tokens of one expression, with a bound on its depth."""

    def __init__(self, text: str, locate: Locate) -> None:
        if len(text) > EXPRESSION:
            message = f"an expression has at most {EXPRESSION:,} characters, but this has {len(text):,}"
            raise ModelError(Problem(message, locate(0), help="write a spec in YAML"))
        self.text = text
        self.locate = locate
        self.position = 0
        self.depth = 0
        self._advance()

    def _advance(self) -> None:
        found = TOKEN.match(self.text, self.position)
        assert found is not None and found.lastgroup is not None  # the pattern takes any character
        self.kind, self.token = found.lastgroup, found[found.lastgroup]
        self.at, self.position = found.start(found.lastgroup), found.end()

    def place(self, at: int | None = None) -> Place:
        return self.locate(self.at if at is None else at)

    def error(self, message: str, at: int | None = None, help: str | None = None) -> ModelError:
        return ModelError(Problem(message, self.place(at), help=help))

    def unexpected(self, wanted: str) -> ModelError:
        if self.kind == "other" and self.token in "'\"":
            return self.error("the string that begins here has no end", help=f"close it with {self.token}")
        found = "is the end" if self.kind == "end" else f"stands {shown(self.token)}"
        return self.error(f"here {found}, where {wanted} was expected")

    def accept(self, operator: str) -> bool:
        if self.kind == "operator" and self.token == operator:
            self._advance()
            return True
        return False

    def expect(self, operator: str) -> None:
        if not self.accept(operator):
            raise self.unexpected(f"'{operator}'")

    def finish(self, wanted: str) -> None:
        if self.kind != "end":
            raise self.unexpected(wanted)

    def stage(self) -> Constructor | Scalar:
        if self.kind != "name":
            raise self.unexpected("a layer, like LSTM(5),")
        place, text = self.place(), self.token
        value = self._name()
        if isinstance(value, Scalar):
            return Scalar(text.rsplit(".", 1)[-1], place, text)
        return value

    def value(self) -> Value:
        """A sum of products of literals, variables and calls."""
        self.depth += 1
        if self.depth > NESTING:
            raise self.error(f"nested more than {NESTING} levels deep")
        left = self._product()
        while self.kind == "operator" and self.token in ("+", "-"):
            left = self._operation(left, self._product)
        self.depth -= 1
        return left

    def _product(self) -> Value:
        left = self._signed()
        while self.kind == "operator" and self.token in ("*", "//", "%", "/", "**"):
            if self.token in ("/", "**"):
                raise self.error(
                    f"arithmetic takes + - * // % and parentheses, not '{self.token}'",
                    help="whole numbers are divided by //: 64 // 2" if self.token == "/" else "write it out: 8 * 8",
                )
            left = self._operation(left, self._signed)
        return left

    def _operation(self, left: Value, operand: Callable[[], Value]) -> Sum:
        operator, at = self.token, self.at
        self._advance()
        right = operand()
        height = 1 + max(_height(left), _height(right))
        if height > NESTING:
            raise self.error(f"more than {NESTING} operations in one arithmetic", at)
        return Sum(operator, left, right, left.place, height)

    def _signed(self) -> Value:
        place, negative, signs = self.place(), False, 0
        while self.kind == "operator" and self.token in ("-", "+"):
            negative ^= self.token == "-"
            signs += 1
            if signs > NESTING:
                raise self.error(f"more than {NESTING} signs in a row")
            self._advance()
        value = self._atom()
        if not negative:
            return value
        if isinstance(value, Scalar) and isinstance(value.value, int | float) and not isinstance(value.value, bool):
            return Scalar(-value.value, place, f"-{value.text}")
        return Sum("-", Scalar(0, place, "0"), value, place, 1 + _height(value))

    def _atom(self) -> Value:
        if self.kind == "number":
            return self._number()
        if self.kind == "string":
            return self._string()
        if self.kind == "name":
            return self._name()
        if self.kind == "operator" and self.token in CLOSING:
            return self._brackets()
        if self.accept("$"):
            if self.kind == "name" or (self.kind == "operator" and self.token == "("):
                return self._atom()
            raise self.unexpected("a variable's name")
        raise self.unexpected("a value")

    def _number(self) -> Scalar:
        place, token, at = self.place(), self.token, self.at
        self._advance()
        if len(token) > DIGITS:
            raise self.error(f"a number of {len(token)} characters is too long: at most {DIGITS} are taken", at)
        is_integer = not token.strip("0123456789_")
        if is_integer and not INTEGER.match(token):
            raise self.error(f"the integer {token} has a leading zero, or an underscore too many", at)
        try:
            return Scalar(int(token) if is_integer else float(token), place, token)
        except ValueError:
            raise self.error(f"{token} is no number", at) from None

    def _string(self) -> Scalar:
        place, token, at = self.place(), self.token, self.at
        self._advance()

        def unescape(found: re.Match[str]) -> str:
            if found[1] not in ESCAPES:
                taken = " ".join(f"\\{letter}" for letter in ESCAPES)
                message = f"the escape \\{found[1]} is not taken in a string"
                raise self.error(message, at + 1 + found.start(), f"taken are {taken}")
            return ESCAPES[found[1]]

        return Scalar(re.sub(r"\\(.)", unescape, token[1:-1]), place, token)

    def _name(self) -> Constructor | Scalar:
        """A constant, a variable, or a call; of `keras.layers.LSTM` the last word counts."""
        place, token, at = self.place(), self.token, self.at
        self._advance()
        if self.accept("("):
            return self._call(_class_of(re.sub(r"\s", "", token)), place)
        if token in CONSTANTS:
            return Scalar(CONSTANTS[token], place, token)
        if token == "lambda":
            help = "a Lambda is stated by what it gives: Lambda(output_shape=(64,))"
            raise self.error("a function is not read, since nothing here is evaluated", at, help)
        if "." in token:  # keras.activations.relu: the name of a thing of Keras's
            return Scalar(token.rsplit(".", 1)[-1].strip(), place, token)
        return Scalar(f"${token}", place, token, is_variable=True)

    def _call(self, name: str, place: Place) -> Constructor:
        args: list[Value] = []
        kwargs: dict[str, tuple[Scalar, Value]] = {}
        while not self.accept(")"):
            at, keyword, key_place = self.at, self.token, self.place()
            if self.kind == "name" and KEYWORD.match(self.text, self.position):
                self._advance()
                self.expect("=")
                if keyword in kwargs:
                    raise self.error(f"{shown(name)} has the argument {shown(keyword)} twice", at)
                kwargs[keyword] = (Scalar(keyword, key_place, keyword), self.value())
            elif kwargs:
                raise self.error("an argument without a name stands after one with a name", at)
            else:
                args.append(self.value())
            if not self.accept(","):
                self.expect(")")
                break
        return Constructor(name, tuple(args), tuple(kwargs.values()), place)

    def _brackets(self) -> Value:
        place, opening = self.place(), self.token
        self._advance()
        if opening == "{":
            return self._mapping(place)
        items: list[Value] = []
        commas = 0
        while not self.accept(CLOSING[opening]):
            items.append(self.value())
            if not self.accept(","):
                self.expect(CLOSING[opening])
                break
            commas += 1
        if opening == "(" and len(items) == 1 and commas == 0:
            return items[0]
        return Sequence(tuple(items), place)

    def _mapping(self, place: Place) -> Mapping:
        entries: dict[str, tuple[Scalar, Value]] = {}
        while not self.accept("}"):
            at = self.at
            key = self.value()
            if not isinstance(key, Scalar) or not isinstance(key.value, str) or key.is_variable:
                raise self.error("a key must be a string in quotes", at)
            if key.value in entries:
                raise self.error(f"the key {shown(key.value)} stands twice", at)
            self.expect(":")
            entries[key.value] = (key, self.value())
            if not self.accept(","):
                self.expect("}")
                break
        return Mapping(tuple(entries.values()), place)


def _height(value: Value) -> int:
    return value.height if isinstance(value, Sum) else 0


def _class_of(dotted: str) -> str:
    """The class that a dotted name ends with: `keras.layers.LSTM` is LSTM, and an operation keeps its `ops.`."""
    *_, module, name = ("", *dotted.split("."))
    return f"{module}.{name}" if module == "ops" and name[:1].isupper() else name
