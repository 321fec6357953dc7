"""The one-line form of a model: Python call syntax, literals and variables, parsed and never evaluated."""

import re
from collections.abc import Callable

from lstmcalc.errors import ModelError, Place, Problem, shown
from lstmcalc.limits import DIGITS, NESTING
from lstmcalc.spec.values import Call, Mapping, Scalar, Sequence, Sum, Value

TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][-+]?\d+)?)
  | (?P<name>[^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*)
  | (?P<string>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
  | (?P<operator>//|\*\*|[-+*/%(){}\[\],:=|$])
  | (?P<end>\Z)
  | (?P<other>.)
)""",
    re.VERBOSE,
)
INTEGER = re.compile(r"(0(_?0)*|[1-9](_?\d)*)\Z")
ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", "'": "'", '"': '"'}
CONSTANTS = {"None": None, "null": None, "True": True, "true": True, "False": False, "false": False}
CLOSING = {"(": ")", "[": "]", "{": "}"}


def read_expression(text: str, place: Place) -> tuple[Call | Scalar, ...]:
    """The layers of `Input(5, 1) | LSTM(5)`, left to right; a class without parentheses is a Scalar.

    Raises ModelError with the place of what could not be read.
    """
    parser = _Parser(text, place)
    stages = [parser.stage()]
    while parser.accept("|"):
        stages.append(parser.stage())
    parser.finish("'|' or the end of the expression")
    return tuple(stages)


def read_arithmetic(text: str, place: Place) -> Value:
    """The integer arithmetic of `(units // 2)`, its variables still to be replaced."""
    parser = _Parser(text, place)
    value = parser.value()
    parser.finish("the end of the arithmetic")
    return value


class _Parser:
    """Recursive descent over the tokens of one expression, with a bound on its depth."""

    def __init__(self, text: str, place: Place) -> None:
        self.text = text
        self.start = place
        self.position = 0
        self.depth = 0
        self._advance()

    def _advance(self) -> None:
        found = TOKEN.match(self.text, self.position)
        assert found is not None and found.lastgroup is not None  # the pattern takes any character
        self.kind, self.token = found.lastgroup, found[found.lastgroup]
        self.at, self.position = found.start(found.lastgroup), found.end()

    def place(self, at: int | None = None) -> Place:
        at = self.at if at is None else at
        before = self.text[:at]
        line = before.count("\n")
        if line == 0:
            return self.start.later(at)
        return Place(self.start.source, self.start.line + line, at - before.rfind("\n"))

    def error(self, message: str, at: int | None = None, help: str | None = None) -> ModelError:
        return ModelError(Problem(message, self.place(at), help=help))

    def unexpected(self, wanted: str) -> ModelError:
        found = "the end" if self.kind == "end" else shown(self.token)
        return self.error(f"{wanted} was expected here, but {found} stands here")

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

    def stage(self) -> Call | Scalar:
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
        operations = 0
        while self.kind == "operator" and self.token in ("+", "-"):
            left = self._operation(left, self._product)
            operations += 1
            if operations > NESTING:
                raise self.error(f"more than {NESTING} terms in one sum")
        self.depth -= 1
        return left

    def _product(self) -> Value:
        left = self._signed()
        operations = 0
        while self.kind == "operator" and self.token in ("*", "//", "%", "/", "**"):
            operations += 1
            if operations > NESTING:
                raise self.error(f"more than {NESTING} factors in one product")
            if self.token in ("/", "**"):
                raise self.error(f"arithmetic takes + - * // % and parentheses, not '{self.token}'")
            left = self._operation(left, self._signed)
        return left

    def _operation(self, left: Value, operand: Callable[[], Value]) -> Sum:
        operator, place = self.token, self.place()
        self._advance()
        return Sum(operator, left, operand(), place)

    def _signed(self) -> Value:
        place, negative = self.place(), False
        while self.kind == "operator" and self.token in ("-", "+"):
            negative ^= self.token == "-"
            self._advance()
        value = self._atom()
        if not negative:
            return value
        if isinstance(value, Scalar) and isinstance(value.value, int | float) and not isinstance(value.value, bool):
            return Scalar(-value.value, place, f"-{value.text}")
        return Sum("-", Scalar(0, place, "0"), value, place)

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
            return self._atom()
        raise self.unexpected("a value")

    def _number(self) -> Scalar:
        place, token, at = self.place(), self.token, self.at
        self._advance()
        if len(token) > DIGITS:
            raise self.error(f"a number of {len(token)} characters is too long: at most {DIGITS} are taken", at)
        if token.strip("0123456789_"):
            return Scalar(float(token), place, token)
        if not INTEGER.match(token):
            raise self.error(f"the integer {token} has a leading zero or a stray underscore", at)
        return Scalar(int(token), place, token)

    def _string(self) -> Scalar:
        place, token, at = self.place(), self.token, self.at
        self._advance()

        def unescape(found: re.Match[str]) -> str:
            if found[1] not in ESCAPES:
                raise self.error(f"the escape '\\{found[1]}' is not taken in a string", at + 1 + found.start())
            return ESCAPES[found[1]]

        return Scalar(re.sub(r"\\(.)", unescape, token[1:-1]), place, token)

    def _name(self) -> Call | Scalar:
        """A constant, a variable, or a call; of `keras.layers.LSTM` the last word counts."""
        place, token = self.place(), self.token
        self._advance()
        if self.accept("("):
            return self._call(re.sub(r"\s", "", token).rsplit(".", 1)[-1], place)
        if token in CONSTANTS:
            return Scalar(CONSTANTS[token], place, token)
        if "." in token:  # keras.activations.relu: the name of a thing of Keras's
            return Scalar(token.rsplit(".", 1)[-1].strip(), place, token)
        return Scalar(f"${token}", place, f"${token}", variable=True)

    def _call(self, name: str, place: Place) -> Call:
        args: list[Value] = []
        kwargs: dict[str, tuple[Scalar, Value]] = {}
        while not self.accept(")"):
            at, keyword, key_place = self.at, self.token, self.place()
            is_keyword = self.kind == "name" and re.match(r"\s*=(?!=)", self.text[self.position :])
            if is_keyword:
                self._advance()
                self.expect("=")
                if keyword in kwargs:
                    raise self.error(f"the argument '{keyword}' stands twice", at)
                kwargs[keyword] = (Scalar(keyword, key_place, keyword), self.value())
            elif kwargs:
                raise self.error("an argument without a name stands after one with a name", at)
            else:
                args.append(self.value())
            if not self.accept(","):
                self.expect(")")
                break
        return Call(name, tuple(args), tuple(kwargs.values()), place)

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
        entries: list[tuple[Scalar, Value]] = []
        while not self.accept("}"):
            at = self.at
            key = self.value()
            if not isinstance(key, Scalar) or not isinstance(key.value, str) or key.variable:
                raise self.error("a key is a string in quotes", at)
            if any(key.value == other.value for other, _ in entries):
                raise self.error(f"the key '{key.value}' stands twice", at)
            self.expect(":")
            entries.append((key, self.value()))
            if not self.accept(","):
                self.expect("}")
                break
        return Mapping(tuple(entries), place)
