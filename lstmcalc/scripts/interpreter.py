"""The syntax tree of a script, followed as Python would follow it, as far as it builds models.

Nothing is run: each kind of expression and statement has its meaning here, over values that are bounded in size, in a
bounded number of steps. What only a run would know is an UnknownValue, and is carried as far as it does not matter.
"""

import ast
import operator
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from lstmcalc.errors import ModelError, Place, Problem, Source
from lstmcalc.limits import SCRIPT_DEPTH, SCRIPT_ITEMS, SCRIPT_LOOP, SCRIPT_LOOP_STEPS, SCRIPT_STEPS
from lstmcalc.scripts.keras_calls import KerasCalls
from lstmcalc.scripts.library import LIBRARY, Library, method_of
from lstmcalc.scripts.recording import LayerRecord, ModelRecord, Recording, TensorValue
from lstmcalc.scripts.values import (
    NOTHING,
    ArrayValue,
    ClassValue,
    DottedValue,
    ForeignValue,
    FunctionValue,
    InstanceValue,
    MethodValue,
    ScopeOfNames,
    UnknownValue,
)

LARGEST = 10**100  # of whole numbers that are computed
ReadModule = Callable[[str], Source | None]
# What is looked up by its text among what is given.
TEXTS = (ast.Attribute, ast.Subscript, ast.Call, ast.Compare, ast.BoolOp, ast.BinOp)
NEVER = ("locals", "globals", "vars", "eval", "exec", "__import__", "compile")
BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}
# Methods that change what they are called on.
CHANGES = ("add", "append", "extend", "insert", "pop", "update", "remove", "setdefault", "clear", "discard")
COMPARE: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: lambda a, b: a is b or (isinstance(a, (int, str)) and type(a) is type(b) and a == b),
    ast.IsNot: lambda a, b: not (a is b or (isinstance(a, (int, str)) and type(a) is type(b) and a == b)),
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
KERAS_ROOTS = ("tensorflow.python.keras", "tensorflow.compat.v1.keras", "tensorflow.keras", "tf_keras", "keras.api")


class Returned(Exception):
    """A `return`, with its value."""

    def __init__(self, value: Any) -> None:
        self.value = value


class LoopEnds(Exception):
    """A `break`."""


class LoopGoesOn(Exception):
    """A `continue`."""


class LoopTooLong(Exception):
    """A loop of more steps than are followed: what it changes is unknown."""


class Stopped(Exception):
    """`sys.exit()` or `raise`: what comes after is not reached."""


class Interpreter:
    """One script while it is read."""

    def __init__(
        self,
        source: Source,
        recording: Recording,
        given: Mapping[str, Any],
        read_module: Callable[[str], Source | None],
    ) -> None:
        self.source = source
        self.recording = recording
        self.given = given
        self.asked: set[str] = set()  # of those that are given, which were
        self.read_module = read_module
        self.modules: dict[str, ScopeOfNames] = {}
        self.steps = self.steps_before = 0
        self.loops = 0
        self.depth = 0
        self.keras = KerasCalls(self)
        self.functions: list[FunctionValue] = []
        self.classes: list[ClassValue] = []
        self.doubted: dict[str, UnknownValue] = {}
        self.called: set[int] = set()

    # Places and bounds.

    def place(self, node: ast.AST) -> Place:
        """Where a node stands."""
        line = getattr(node, "lineno", 1)
        column = getattr(node, "col_offset", 0)
        source: Source = getattr(node, "source", self.source)
        text = source.line(line).encode("utf-8")[:column].decode("utf-8", "replace")
        return Place(source, line, len(text) + 1)

    def step(self, node: ast.AST) -> None:
        """One more step. Raises ModelError when there are too many."""
        self.steps += 1
        if self.loops and self.steps - self.steps_before > SCRIPT_LOOP_STEPS:
            raise LoopTooLong
        if self.steps > SCRIPT_STEPS:
            message = f"the script takes more than {SCRIPT_STEPS:,} steps up to here"
            raise ModelError(Problem(message, self.place(node), help="give what its loops depend on with --set"))

    def unknown(self, node: ast.AST, text: str | None = None) -> UnknownValue:
        """What only a run would know, as the script writes it."""
        return UnknownValue(text or _unparsed(node), self.place(node))

    # Statements.

    def run(self, body: list[ast.stmt], scope: ScopeOfNames) -> None:
        """Statements in their order."""
        for each in body:
            self.step(each)
            method = getattr(self, f"_do_{type(each).__name__.lower()}", None)
            if method is not None:
                method(each, scope)

    def _do_expr(self, node: ast.Expr, scope: ScopeOfNames) -> None:
        self.value(node.value, scope)

    def _do_assign(self, node: ast.Assign, scope: ScopeOfNames) -> None:
        value = self.value(node.value, scope)
        for target in node.targets:
            self.assign(target, value, scope)

    def _do_annassign(self, node: ast.AnnAssign, scope: ScopeOfNames) -> None:
        if node.value is not None:
            self.assign(node.target, self.value(node.value, scope), scope)

    def _do_augassign(self, node: ast.AugAssign, scope: ScopeOfNames) -> None:
        current = self.value(ast.copy_location(_as_loaded(node.target), node.target), scope)
        value = self.value(node.value, scope)
        if isinstance(current, list) and isinstance(node.op, ast.Add) and isinstance(value, (list, tuple)):
            current.extend(value)
            return
        self.assign(node.target, self.binary(node, node.op, current, value), scope)

    def assign(self, target: ast.expr, value: Any, scope: ScopeOfNames) -> None:
        """Give a target a value; what is given with --set stands in for it."""
        if isinstance(target, ast.Starred):
            target = target.value
        if isinstance(target, ast.Name):
            if target.id in self.given:
                self.asked.add(target.id)
                value = self.given[target.id]
            elif isinstance(value, UnknownValue) and not (value.text.isidentifier() or value.is_named):
                value = value.called(target.id)
            if isinstance(value, ModelRecord) and not value.title:
                value.title = target.id
            scope.set(target.id, value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for each, part in zip(target.elts, self.unpacked(target, value), strict=False):
                self.assign(each, part, scope)
        elif isinstance(target, ast.Attribute):
            self.set_attribute(self.value(target.value, scope), target.attr, value, target)
        elif isinstance(target, ast.Subscript):
            of, key = self.value(target.value, scope), self.value(target.slice, scope)
            if (isinstance(of, dict) and _is_hashable(key)) or (
                isinstance(of, list) and isinstance(key, int) and -len(of) <= key < len(of)
            ):
                of[key] = value

    def unpacked(self, target: "ast.Tuple | ast.List", value: Any) -> list[Any]:
        """The parts of a value for the names that stand on the left."""
        count = len(target.elts)
        star = next((i for i, each in enumerate(target.elts) if isinstance(each, ast.Starred)), None)
        if isinstance(value, TensorValue):
            value = self.keras.outputs_of(value)
        if isinstance(value, ArrayValue) and isinstance(value.items, list):
            value = value.items
        if isinstance(value, dict):
            value = list(value)
        if isinstance(value, (list, tuple, str, range)):
            items = list(value)
            if star is None:
                return items if len(items) == count else [self.unknown(each) for each in target.elts]
            after = count - star - 1
            return [*items[:star], items[star : len(items) - after], *items[len(items) - after :]]
        return [self.unknown(each) for each in target.elts]

    def set_attribute(self, of: Any, name: str, value: Any, node: ast.AST) -> None:
        """`of.name = value`."""
        if isinstance(of, InstanceValue):
            text = _unparsed(node)
            if text in self.given:
                self.asked.add(text)
                value = self.given[text]
            if isinstance(value, ModelRecord):
                value.title = value.title or name
                value.is_held |= "__name__" in of.attributes
            of.attributes[name] = value
        elif name == "trainable" and isinstance(of, (LayerRecord, ModelRecord)) and isinstance(value, bool):
            self.keras.set_trainable(of, value)
        elif name == "_name" and isinstance(of, (LayerRecord, ModelRecord)) and isinstance(value, str):
            of.name = value

    def _do_functiondef(self, node: ast.FunctionDef, scope: ScopeOfNames) -> None:
        value: Any = self.function(node, scope)
        for decorator in node.decorator_list:
            name = _unparsed(decorator)
            if name in ("property", "staticmethod", "classmethod"):
                value = MethodValue(name, "decorated", value)
        scope.set(node.name, value)
        if scope.above is None:
            self.functions.append(value if isinstance(value, FunctionValue) else value.function)

    _do_asyncfunctiondef = _do_functiondef

    def function(self, node: Any, scope: ScopeOfNames) -> FunctionValue:
        """A function with the defaults of its parameters."""
        arguments = node.args
        defaults: dict[str, Any] = {}
        named = [*arguments.posonlyargs, *arguments.args]
        for each, default in zip(reversed(named), reversed(arguments.defaults), strict=False):
            defaults[each.arg] = self.value(default, scope)
        for each, keyword_default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if keyword_default is not None:
                defaults[each.arg] = self.value(keyword_default, scope)
        return FunctionValue(node, scope, defaults)

    def _do_classdef(self, node: ast.ClassDef, scope: ScopeOfNames) -> None:
        bases = [self.value(each, scope) for each in node.bases]
        inner = ScopeOfNames(scope)
        fields: list[tuple[str, Any]] = []
        for each in node.body:
            if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
                fields.append((each.target.id, NOTHING if each.value is None else self.value(each.value, inner)))
        self.run(node.body, inner)
        inner.above = scope
        decorators = [_unparsed(each).partition("(")[0] for each in node.decorator_list]
        is_record = any(each.endswith(("dataclass", "attr.s", "define")) for each in decorators)
        is_record = is_record or any(isinstance(b, DottedValue) and b.path.endswith("NamedTuple") for b in bases)
        made = ClassValue(node.name, bases, inner, fields if is_record else [])
        self.classes.append(made)
        scope.set(node.name, made)

    def _do_return(self, node: ast.Return, scope: ScopeOfNames) -> None:
        raise Returned(None if node.value is None else self.value(node.value, scope))

    def _do_break(self, node: ast.Break, scope: ScopeOfNames) -> None:
        raise LoopEnds

    def _do_continue(self, node: ast.Continue, scope: ScopeOfNames) -> None:
        raise LoopGoesOn

    def _do_raise(self, node: ast.Raise, scope: ScopeOfNames) -> None:
        raise Stopped

    def _do_global(self, node: "ast.Global | ast.Nonlocal", scope: ScopeOfNames) -> None:
        for name in node.names:
            target = scope.top
            above = scope.above
            while isinstance(node, ast.Nonlocal) and above is not None:
                if name in above.names:
                    target = above
                    break
                above = above.above
            scope.elsewhere[name] = target

    _do_nonlocal = _do_global

    def _do_with(self, node: "ast.With | ast.AsyncWith", scope: ScopeOfNames) -> None:
        for item in node.items:
            value = self.value(item.context_expr, scope)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, value, scope)
        self.run(node.body, scope)

    _do_asyncwith = _do_with

    def _do_try(self, node: ast.Try, scope: ScopeOfNames) -> None:
        try:
            self.run(node.body, scope)
            self.run(node.orelse, scope)
        except Stopped:
            for handler in node.handlers[:1]:
                self.run(handler.body, scope)
        finally:
            self.run(node.finalbody, scope)

    _do_trystar = _do_try

    def _do_delete(self, node: ast.Delete, scope: ScopeOfNames) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                scope.names.pop(target.id, None)

    def _do_match(self, node: ast.Match, scope: ScopeOfNames) -> None:
        subject = self.value(node.subject, scope)
        for case in node.cases:
            pattern = case.pattern
            if isinstance(pattern, ast.MatchAs) and pattern.pattern is None:
                self.run(case.body, scope)
                return
            options = pattern.patterns if isinstance(pattern, ast.MatchOr) else [pattern]
            values = [self.value(each.value, scope) for each in options if isinstance(each, ast.MatchValue)]
            if isinstance(subject, UnknownValue):
                self.doubt(subject, [each.body for each in node.cases], scope)
                return
            if subject in values:
                self.run(case.body, scope)
                return

    def _do_if(self, node: ast.If, scope: ScopeOfNames) -> None:
        test = self.truth(self.value(node.test, scope), node.test)
        if isinstance(test, UnknownValue):
            self.doubt(test, [node.body, node.orelse], scope)
        else:
            self.run(node.body if test else node.orelse, scope)

    def doubt(self, test: UnknownValue, branches: list[list[ast.stmt]], scope: ScopeOfNames) -> None:
        """Neither branch is taken where nobody knows which: what they would change is unknown."""
        if any(self.keras.is_named_in(each) for body in branches for each in body):
            self.doubted.setdefault(test.text, test)
        for body in branches:
            for each in body:
                names_it = self.keras.is_named_in(each)
                for node in ast.walk(each):
                    if isinstance(node, ast.Return):
                        raise Returned(UnknownValue(test.text, test.place))
                    self._make_doubtful(node, test, scope, names_it)

    def _make_doubtful(self, node: ast.AST, test: UnknownValue, scope: ScopeOfNames, names_it: bool) -> None:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            self._forget(node, scope)
            if names_it and node.id not in self.given:  # a layer or a model, for which no value can be given
                scope.set(node.id, UnknownValue(test.text, test.place, is_named=True))
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
            self._forget(node.value, scope)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
            self._doubt_change(node.func, test, scope)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            of = self.value(node.value, scope)
            if isinstance(of, InstanceValue):
                of.attributes[node.attr] = UnknownValue(test.text, test.place)

    def _forget(self, node: ast.Name, scope: ScopeOfNames) -> None:
        """A name that may have been given another value, by which it can be set."""
        if node.id in self.given:
            self.asked.add(node.id)
            scope.set(node.id, self.given[node.id])
        else:
            scope.set(node.id, self.unknown(node))

    def _doubt_change(self, node: ast.Attribute, test: UnknownValue, scope: ScopeOfNames) -> None:
        try:
            of = self.value(node.value, scope)
        except (ModelError, Stopped):
            return
        if isinstance(of, ModelRecord):
            of.doubts.append(test)
        elif isinstance(of, (list, dict)) and isinstance(node.value, ast.Name):
            self._forget(node.value, scope)

    def _do_for(self, node: "ast.For | ast.AsyncFor", scope: ScopeOfNames) -> None:
        items = self.items(self.value(node.iter, scope))
        if items is None:
            self.doubt(self.unknown(node.iter), [[*node.body]], scope)
            for each in ast.walk(node.target):
                if isinstance(each, ast.Name):
                    scope.set(each.id, self.unknown(each))
            return
        with self.loop():
            try:
                for number, each in enumerate(items):
                    if number >= SCRIPT_LOOP:
                        raise LoopTooLong
                    self.assign(node.target, each, scope)
                    try:
                        self.run(node.body, scope)
                    except LoopEnds:
                        return
                    except LoopGoesOn:
                        continue
            except LoopTooLong:
                if self.loops > 1:
                    raise
                self.steps = self.steps_before
                self.doubt(self.unknown(node.iter), [[*node.body]], scope)
        self.run(node.orelse, scope)

    _do_asyncfor = _do_for

    def _do_while(self, node: ast.While, scope: ScopeOfNames) -> None:
        with self.loop():
            try:
                for _ in range(SCRIPT_LOOP):
                    test = self.truth(self.value(node.test, scope), node.test)
                    if isinstance(test, UnknownValue):
                        self.doubt(test, [node.body], scope)
                        return
                    if not test:
                        self.run(node.orelse, scope)
                        return
                    try:
                        self.run(node.body, scope)
                    except LoopEnds:
                        return
                    except LoopGoesOn:
                        continue
                raise LoopTooLong
            except LoopTooLong:
                if self.loops > 1:
                    raise
                self.steps = self.steps_before
                self.doubt(self.unknown(node.test), [node.body], scope)

    @contextmanager
    def loop(self) -> Iterator[None]:
        """A loop, which with all that is in it may take so many steps."""
        if not self.loops:
            self.steps_before = self.steps
        self.loops += 1
        try:
            yield
        finally:
            self.loops -= 1

    # Imports.

    def _do_import(self, node: ast.Import, scope: ScopeOfNames) -> None:
        for alias in node.names:
            self.keras.note_import(alias.name)
            if alias.asname is not None:
                scope.set(alias.asname, self.imported(alias.name, scope))
            else:
                first = alias.name.partition(".")[0]
                scope.set(first, self.imported(first, scope))

    def _do_importfrom(self, node: ast.ImportFrom, scope: ScopeOfNames) -> None:
        module = "." * node.level + (node.module or "")
        self.keras.note_import(module)
        inside = self.module(module.lstrip("."), scope) if not _is_library(module) else None
        for alias in node.names:
            name = alias.asname or alias.name
            if alias.name == "*":
                if inside is not None:
                    for each, value in inside.names.items():
                        scope.set(each, value)
                else:
                    scope.stars.insert(0, _normal(module))
            elif inside is not None:
                scope.set(name, inside.names.get(alias.name, DottedValue(f"{module}.{alias.name}")))
            else:
                own = self.module(f"{module.lstrip('.')}.{alias.name}".lstrip("."), scope) if node.level else None
                path = f"{module}.{alias.name}".lstrip(".")
                value = DottedValue(_normal(path)) if own is None else InstanceValue(None, own.names)
                self.keras.note_import(path)
                if name in self.given:
                    self.asked.add(name)
                    value = self.given[name]
                scope.set(name, value)

    def imported(self, name: str, scope: ScopeOfNames) -> Any:
        """A module: one beside the script, which is read as data, or a library's."""
        inside = self.module(name, scope) if not _is_library(name) else None
        return DottedValue(_normal(name)) if inside is None else InstanceValue(None, inside.names)

    def module(self, name: str, scope: ScopeOfNames) -> ScopeOfNames | None:
        """The names of a module that stands beside the script; None where there is none."""
        if not name:
            return None
        if name in self.modules:
            return self.modules[name]
        source = self.read_module(name)
        if source is None:
            return None
        inside = self.modules[name] = ScopeOfNames()
        with suppress(Stopped, Returned):
            self.run(parsed(source).body, inside)
        return inside

    # Expressions.

    def value(self, node: ast.expr, scope: ScopeOfNames) -> Any:
        """What an expression stands for."""
        self.step(node)
        if self.given and isinstance(
            node, (ast.Attribute, ast.Subscript, ast.Call, ast.Compare, ast.BoolOp, ast.BinOp)
        ):
            text = _unparsed(node)
            if text in self.given:
                self.asked.add(text)
                return self.given[text]
        method = getattr(self, f"_of_{type(node).__name__.lower()}", None)
        self.depth += 1
        try:
            if self.depth > SCRIPT_DEPTH:
                raise ModelError(Problem(f"it goes more than {SCRIPT_DEPTH} levels deep here", self.place(node)))
            return self.unknown(node) if method is None else method(node, scope)
        finally:
            self.depth -= 1

    def _of_constant(self, node: ast.Constant, scope: ScopeOfNames) -> Any:
        return node.value

    def _of_name(self, node: ast.Name, scope: ScopeOfNames) -> Any:
        try:
            return scope.find(node.id)
        except KeyError:
            pass
        if node.id in self.given:
            self.asked.add(node.id)
            return self.given[node.id]
        for star in scope.stars:
            if self.keras.knows(f"{star}.{node.id}"):
                return DottedValue(f"{star}.{node.id}")
        if node.id in LIBRARY:
            return DottedValue(node.id)
        if self.keras.is_imported and node.id[:1].isupper() and self.keras.knows(f"keras.layers.{node.id}"):
            return DottedValue(f"keras.layers.{node.id}")  # from a module that is not there
        return self.unknown(node)

    def _of_tuple(self, node: ast.Tuple, scope: ScopeOfNames) -> Any:
        return tuple(self._elements(node.elts, scope))

    def _of_list(self, node: ast.List, scope: ScopeOfNames) -> Any:
        return list(self._elements(node.elts, scope))

    def _of_set(self, node: ast.Set, scope: ScopeOfNames) -> Any:
        return list(self._elements(node.elts, scope))

    def _elements(self, nodes: list[ast.expr], scope: ScopeOfNames) -> Iterator[Any]:
        for each in nodes:
            if isinstance(each, ast.Starred):
                value = self.value(each.value, scope)
                items = self.keras.outputs_of(value) if isinstance(value, TensorValue) else self.items(value)
                yield from [self.unknown(each.value)] if items is None else items
            else:
                yield self.value(each, scope)

    def _of_dict(self, node: ast.Dict, scope: ScopeOfNames) -> Any:
        found: dict[Any, Any] = {}
        for key, each in zip(node.keys, node.values, strict=True):
            value = self.value(each, scope)
            if key is None:
                found |= value if isinstance(value, dict) else {}
                continue
            name = self.value(key, scope)
            if _is_hashable(name):
                found[name] = value
        return found

    def _of_joinedstr(self, node: ast.JoinedStr, scope: ScopeOfNames) -> Any:
        parts = []
        for each in node.values:
            if isinstance(each, ast.Constant):
                parts.append(str(each.value))
                continue
            assert isinstance(each, ast.FormattedValue)
            value = self.value(each.value, scope)
            if not isinstance(value, (str, int, float)):
                return self.unknown(node)
            form = "" if each.format_spec is None else self.value(each.format_spec, scope)
            try:
                parts.append(format(value, form if isinstance(form, str) and len(form) < 10 else ""))
            except (ValueError, TypeError):
                return self.unknown(node)
        return "".join(parts)[:SCRIPT_ITEMS]

    def _of_ifexp(self, node: ast.IfExp, scope: ScopeOfNames) -> Any:
        test = self.truth(self.value(node.test, scope), node.test)
        if isinstance(test, UnknownValue):
            first, second = self.value(node.body, scope), self.value(node.orelse, scope)
            is_same = type(first) is type(second) and isinstance(first, (int, str, float)) and first == second
            return first if is_same else test
        return self.value(node.body if test else node.orelse, scope)

    def _of_boolop(self, node: ast.BoolOp, scope: ScopeOfNames) -> Any:
        is_and = isinstance(node.op, ast.And)
        value: Any = is_and
        doubtful: UnknownValue | None = None
        for each in node.values:
            value = self.value(each, scope)
            test = self.truth(value, each)
            if isinstance(test, UnknownValue):
                doubtful = doubtful or test
            elif bool(test) is not is_and:
                return value
        return doubtful if doubtful is not None else value

    def _of_unaryop(self, node: ast.UnaryOp, scope: ScopeOfNames) -> Any:
        value = self.value(node.operand, scope)
        if isinstance(node.op, ast.Not):
            test = self.truth(value, node.operand)
            return self.unknown(node) if isinstance(test, UnknownValue) else not test
        if isinstance(value, TensorValue) and isinstance(node.op, ast.USub):
            return self.keras.operation("Negative", [value], {}, node)
        if isinstance(value, (int, float)):
            return -value if isinstance(node.op, ast.USub) else +value if isinstance(node.op, ast.UAdd) else ~int(value)
        return self.unknown(node)

    def _of_binop(self, node: ast.BinOp, scope: ScopeOfNames) -> Any:
        return self.binary(node, node.op, self.value(node.left, scope), self.value(node.right, scope))

    def binary(self, node: ast.AST, op: ast.operator, left: Any, right: Any) -> Any:
        """`left op right`."""
        if isinstance(left, TensorValue) or isinstance(right, TensorValue):
            return self.keras.arithmetic(op, left, right, node)
        if isinstance(left, ArrayValue) or isinstance(right, ArrayValue):
            return left if isinstance(left, ArrayValue) else right
        if isinstance(left, str) and isinstance(op, ast.Mod):
            values = right if isinstance(right, (tuple, dict)) else (right,)
            plain = values.values() if isinstance(values, dict) else values
            if not all(isinstance(each, (str, int, float)) for each in plain) or len(left) > 10_000 or "*" in left:
                return self.unknown(node)
        elif not all(isinstance(each, (int, float, str, list, tuple, bool, dict)) for each in (left, right)):
            return self.unknown(node)
        if not _is_small(op, left, right):
            return self.unknown(node)
        try:
            found = BINARY[type(op)](left, right)
        except (KeyError, TypeError, ValueError, ArithmeticError):
            return self.unknown(node)
        if isinstance(found, int) and abs(found) > LARGEST:
            return self.unknown(node)
        return found

    def _of_compare(self, node: ast.Compare, scope: ScopeOfNames) -> Any:
        left = self.value(node.left, scope)
        for op, each in zip(node.ops, node.comparators, strict=True):
            right = self.value(each, scope)
            if isinstance(op, (ast.Is, ast.IsNot)) and (left is None or right is None):
                if isinstance(left, UnknownValue) or isinstance(right, UnknownValue):
                    return self.unknown(node)
                test = (left is right) is isinstance(op, ast.Is)
            elif _holds_unknown(left) or _holds_unknown(right):
                return self.unknown(node)
            else:
                try:
                    test = bool(COMPARE[type(op)](left, right))
                except (TypeError, ValueError):
                    return self.unknown(node)
            if not test:
                return False
            left = right
        return True

    def truth(self, value: Any, node: ast.AST) -> "bool | UnknownValue":
        """Whether a value counts as true."""
        if value is None or isinstance(value, (bool, int, float, str, list, tuple, dict, range)):
            return bool(value)
        if isinstance(value, UnknownValue):
            text = _unparsed(node)
            return value if len(text) > 80 else UnknownValue(text, value.place)
        if isinstance(value, (DottedValue, ArrayValue)):
            return self.unknown(node)
        return True

    def _of_lambda(self, node: ast.Lambda, scope: ScopeOfNames) -> Any:
        return self.function(node, scope)

    def _of_namedexpr(self, node: ast.NamedExpr, scope: ScopeOfNames) -> Any:
        value = self.value(node.value, scope)
        self.assign(node.target, value, scope)
        return value

    def _of_starred(self, node: ast.Starred, scope: ScopeOfNames) -> Any:
        return self.value(node.value, scope)

    def _of_await(self, node: ast.Await, scope: ScopeOfNames) -> Any:
        return self.value(node.value, scope)

    def _of_slice(self, node: ast.Slice, scope: ScopeOfNames) -> Any:
        bounds = [None if each is None else self.value(each, scope) for each in (node.lower, node.upper, node.step)]
        if any(_holds_unknown(each) for each in bounds):
            return self.unknown(node)
        return slice(*bounds) if all(each is None or isinstance(each, int) for each in bounds) else self.unknown(node)

    def _of_listcomp(self, node: ast.ListComp, scope: ScopeOfNames) -> Any:
        found: list[Any] = []

        def add(inner: ScopeOfNames) -> None:
            found.append(self.value(node.elt, inner))

        return found if self._goes_through(node.generators, scope, add) else self.unknown(node)

    _of_generatorexp = _of_listcomp
    _of_setcomp = _of_listcomp

    def _of_dictcomp(self, node: ast.DictComp, scope: ScopeOfNames) -> Any:
        found: dict[Any, Any] = {}

        def add(inner: ScopeOfNames) -> None:
            key = self.value(node.key, inner)
            if _is_hashable(key):
                found[key] = self.value(node.value, inner)

        return found if self._goes_through(node.generators, scope, add) else self.unknown(node)

    def _goes_through(
        self, generators: list[ast.comprehension], scope: ScopeOfNames, add: Callable[[ScopeOfNames], None]
    ) -> bool:
        """Whether a comprehension is gone through to its end."""
        with self.loop():
            try:
                return self._comprehension(generators, ScopeOfNames(scope), add)
            except LoopTooLong:
                if self.loops > 1:
                    raise
                self.steps = self.steps_before
                return False

    def _comprehension(
        self, generators: list[ast.comprehension], scope: ScopeOfNames, add: Callable[[ScopeOfNames], None]
    ) -> bool:
        """Go through the generators of a comprehension; whether all of them are known."""
        if not generators:
            add(scope)
            return True
        first, *others = generators
        items = self.items(self.value(first.iter, scope))
        if items is None:
            return False
        for number, each in enumerate(items):
            if number >= SCRIPT_LOOP:
                return False
            self.assign(first.target, each, scope)
            tests = [self.truth(self.value(test, scope), test) for test in first.ifs]
            if any(isinstance(test, UnknownValue) for test in tests):
                return False
            if all(tests) and not self._comprehension(others, scope, add):
                return False
        return True

    def items(self, value: Any) -> "list[Any] | range | None":
        """What a loop goes through; None for what nobody knows."""
        if isinstance(value, range):
            return value
        if isinstance(value, (list, tuple, str, dict)):
            return list(value)
        if isinstance(value, ArrayValue) and isinstance(value.items, list):
            return value.items
        return None

    # Attributes, brackets, calls.

    def _of_attribute(self, node: ast.Attribute, scope: ScopeOfNames) -> Any:
        return self.attribute(self.value(node.value, scope), node.attr, node)

    def attribute(self, of: Any, name: str, node: ast.AST) -> Any:
        """`of.name`."""
        if isinstance(of, DottedValue):
            return DottedValue(_normal(f"{of.path}.{name}"))
        if isinstance(of, InstanceValue):
            return self._attribute_of_instance(of, name, node)
        if isinstance(of, ClassValue):
            try:
                found = of.find(name)
            except KeyError:
                return self.unknown(node)
            return found.function if isinstance(found, MethodValue) and found.name == "decorated" else found
        if isinstance(of, UnknownValue):
            if of.is_named:
                return of
            return UnknownValue(f"{of.text}.{name}" if of.text.isidentifier() else _unparsed(node), self.place(node))
        if isinstance(of, (ModelRecord, LayerRecord, TensorValue)):
            found = self.keras.attribute(of, name, node)
            return MethodValue(of, name) if found is NOTHING else found
        if isinstance(of, ArrayValue):
            return of.shape if name == "shape" else len(of.shape) if name == "ndim" else MethodValue(of, name)
        if isinstance(of, MethodValue) and of.name == "super":
            return self._attribute_of_super(of, name)
        return MethodValue(of, name)

    def _attribute_of_instance(self, of: InstanceValue, name: str, node: ast.AST) -> Any:
        if name in of.attributes:
            return of.attributes[name]
        if name == "__dict__":
            return of.attributes
        if of.of is not None:
            try:
                found = of.of.find(name)
            except KeyError:
                return MethodValue(of, name) if of.of.paths() else self.unknown(node)
            if isinstance(found, MethodValue) and found.name == "decorated":
                assert found.function is not None
                if found.of == "property":
                    return self.call_function(found.function, [of], {}, node)
                return found.function if found.of == "staticmethod" else MethodValue(of, name, found.function)
            return MethodValue(of, name, found) if isinstance(found, FunctionValue) else found
        return MethodValue(of, name) if "__options__" in of.attributes else self.unknown(node)

    def _attribute_of_super(self, of: MethodValue, name: str) -> Any:
        """What a class above has; of a library's class, what does nothing."""
        instance = of.of
        for base in instance.of.bases if isinstance(instance, InstanceValue) and instance.of else []:
            if isinstance(base, ClassValue):
                try:
                    found = base.find(name)
                except KeyError:
                    continue
                return MethodValue(instance, name, found) if isinstance(found, FunctionValue) else found
        return MethodValue(instance, f"super.{name}")

    def _of_subscript(self, node: ast.Subscript, scope: ScopeOfNames) -> Any:
        of, key = self.value(node.value, scope), self.value(node.slice, scope)
        return self.item(of, key, node)

    def item(self, of: Any, key: Any, node: ast.AST) -> Any:
        """`of[key]`."""
        if isinstance(of, TensorValue):
            return self.keras.part(of, key, node)
        if isinstance(of, ArrayValue):
            return self._part_of_array(of, key, node)
        if isinstance(of, (list, tuple, str, range)) and isinstance(key, (int, slice)):
            try:
                return of[key]
            except IndexError:
                return self.unknown(node)
        if isinstance(of, dict) and _is_hashable(key):
            return of.get(key, self.unknown(node)) if key in of else self.unknown(node)
        if isinstance(of, UnknownValue) and of.text.isidentifier() and not isinstance(node, ast.Call):
            return UnknownValue(_unparsed(node), self.place(node))
        return self.unknown(node)

    def _part_of_array(self, of: ArrayValue, key: Any, node: ast.AST) -> Any:
        keys = key if isinstance(key, tuple) else (key,)
        if isinstance(of.items, list) and len(keys) == 1 and isinstance(key, (int, slice)):
            try:
                found = of.items[key]
            except IndexError:
                return self.unknown(node)
            return Library.array(found) if isinstance(found, list) else found
        shape = list(of.shape)
        left: list[Any] = []
        for each in keys:
            if each is None:
                left.append(1)
            elif not shape:
                return self.unknown(node)
            elif isinstance(each, slice):
                size = shape.pop(0)
                known = isinstance(size, int) and size >= 0 and each.step != 0
                left.append(len(range(*each.indices(size))) if known else self.unknown(node))
            elif isinstance(each, int):
                shape.pop(0)
            else:
                return self.unknown(node)
        return ArrayValue((*left, *shape))

    def _of_call(self, node: ast.Call, scope: ScopeOfNames) -> Any:
        if isinstance(node.func, ast.Name) and node.func.id == "super":
            instance = next(iter(scope.names.values()), None)
            return MethodValue(instance, "super")
        if isinstance(node.func, ast.Name) and node.func.id in (
            "locals",
            "globals",
            "vars",
            "eval",
            "exec",
            "__import__",
        ):
            return self.unknown(node)
        function = self.value(node.func, scope)
        args = list(self._elements(node.args, scope))
        kwargs: dict[str, Any] = {}
        places: dict[str, Place] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value, scope)
            if keyword.arg is None:
                kwargs |= {str(k): v for k, v in value.items()} if isinstance(value, dict) else {}
            else:
                kwargs[keyword.arg] = value
                places[keyword.arg] = self.place(keyword)
        return self.call(function, args, kwargs, node, places)

    def call(
        self, function: Any, args: list[Any], kwargs: dict[str, Any], node: ast.AST, places: Mapping[str, Place] = {}
    ) -> Any:
        """What a call gives."""
        if isinstance(function, FunctionValue):
            return self.call_function(function, args, kwargs, node)
        if isinstance(function, ClassValue):
            return self.make_instance(function, args, kwargs, node)
        if isinstance(function, MethodValue):
            if function.function is not None:
                return self.call_function(function.function, [function.of, *args], kwargs, node)
            return self._call_method(function, args, kwargs, node)
        if isinstance(function, (LayerRecord, ModelRecord)):
            return self.keras.call_layer(function, args, kwargs, node)
        if isinstance(function, InstanceValue):
            return self.keras.call_instance(function, args, kwargs, node)
        if isinstance(function, DottedValue):
            found = self.keras.call_path(function.path, args, kwargs, node, places)
            if found is not NOTHING:
                return found
            known = LIBRARY.get(function.path)
            if known is not None:
                try:
                    found = known(self, args, kwargs, node)
                except (TypeError, ValueError, IndexError, KeyError, AttributeError, ArithmeticError):
                    found = NOTHING
                if found is not NOTHING:
                    return found
            name = function.path.rpartition(".")[2]
            if name in ("exit", "_exit", "quit"):
                raise Stopped
            if name[:1].isupper() and self.keras.is_imported:
                return ForeignValue(_unparsed(node), self.place(node), name, kwargs)
        if isinstance(function, ForeignValue):
            return self.keras.call_foreign(function, args, kwargs, node)
        if isinstance(function, UnknownValue) and function.is_named:
            return function
        return self.unknown(node)

    def _call_method(self, method: MethodValue, args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
        of, name = method.of, method.name
        if isinstance(of, (ModelRecord, LayerRecord, TensorValue, InstanceValue)):
            return self.keras.call_method(of, name, args, kwargs, node)
        try:
            found = method_of(of, name, args, kwargs)
        except (TypeError, ValueError, IndexError, KeyError, AttributeError, ArithmeticError):
            found = NOTHING
        return self.unknown(node) if found is NOTHING else found

    def call_function(self, function: FunctionValue, args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
        """A function of the script, followed with these arguments."""
        self.called.add(id(function.node))
        scope = ScopeOfNames(function.scope)
        self._bind(function, args, kwargs, scope, node)
        self.depth += 1
        try:
            if self.depth > SCRIPT_DEPTH:
                raise ModelError(Problem(f"calls go more than {SCRIPT_DEPTH} levels deep here", self.place(node)))
            if isinstance(function.node, ast.Lambda):
                return self.value(function.node.body, scope)
            try:
                self.run(function.node.body, scope)
            except Returned as returned:
                return returned.value
            return None
        finally:
            self.depth -= 1

    def _bind(
        self, function: FunctionValue, args: list[Any], kwargs: dict[str, Any], scope: ScopeOfNames, node: ast.AST
    ) -> None:
        arguments = function.node.args
        named = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
        only = [each.arg for each in arguments.kwonlyargs]
        values = {name: function.defaults.get(name, NOTHING) for name in (*named, *only)}
        values |= dict(zip(named, args, strict=False))
        values |= {name: value for name, value in kwargs.items() if name in values}
        for name, value in values.items():
            if name in self.given:
                self.asked.add(name)
                value = self.given[name]
            elif value is NOTHING:
                value = UnknownValue(name, self.place(function.node))
            scope.names[name] = value
        if arguments.vararg is not None:
            scope.names[arguments.vararg.arg] = tuple(args[len(named) :])
        if arguments.kwarg is not None:
            scope.names[arguments.kwarg.arg] = {key: value for key, value in kwargs.items() if key not in values}

    def make_instance(self, of: ClassValue, args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
        """An object of a class of the script."""
        instance = InstanceValue(of)
        self.keras.note_instance(instance, kwargs, node)
        if of.fields:
            names = [name for name, _ in of.fields]
            given = dict(zip(names, args, strict=False)) | kwargs
            for name, default in of.fields:
                value = given.get(name, default)
                instance.attributes[name] = UnknownValue(name, self.place(node)) if value is NOTHING else value
            return instance
        try:
            function = of.find("__init__")
        except KeyError:
            return instance
        if isinstance(function, FunctionValue):
            self.call_function(function, [instance, *args], kwargs, node)
        return instance


def parsed(source: Source) -> ast.Module:
    """The syntax tree of a script, of Python 2 too. Raises ModelError."""
    try:
        tree = _tree_of(source.text)
    except SyntaxError as error:
        place = Place(source, error.lineno or 1, max(1, error.offset or 1))
        tree = _tree_of_python_2(source.text, ModelError(Problem(f"is no Python that can be read: {error.msg}", place)))
    except (ValueError, RecursionError, MemoryError):
        raise ModelError(Problem("is no Python that can be read", Place(source))) from None
    for node in ast.walk(tree):
        setattr(node, "source", source)  # noqa: B010  # a node has no field for the text that it stands in
    return tree


def _tree_of(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # which are the script's own
        return ast.parse(text)


def _tree_of_python_2(text: str, refusal: ModelError) -> ast.Module:
    """The syntax tree of what may be Python 2. Raises the refusal where it is none."""
    from lstmcalc.scripts.python2 import FEW, in_python_3, without_line

    current: str | None = in_python_3(text)
    for _ in range(FEW):
        if current is None:
            break
        try:
            return _tree_of(current)
        except SyntaxError as error:
            current = without_line(current, error.lineno or 0)
        except (ValueError, RecursionError, MemoryError):
            break
    raise refusal from None


def _unparsed(node: ast.AST) -> str:
    try:
        return ast.unparse(node)[:200]
    except (ValueError, RecursionError):
        return "it"


def _as_loaded(node: ast.expr) -> ast.expr:
    """A target as it is read."""
    if isinstance(node, ast.Name):
        return ast.Name(node.id, ast.Load())
    if isinstance(node, ast.Attribute):
        return ast.Attribute(node.value, node.attr, ast.Load())
    assert isinstance(node, ast.Subscript)
    return ast.Subscript(node.value, node.slice, ast.Load())


def _is_hashable(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_hashable, value))
    return value is None or isinstance(value, (str, int, float, bool))


def _holds_unknown(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_holds_unknown, value))
    return not (value is None or isinstance(value, (str, int, float, bool, dict, range, slice, DottedValue)))


def _is_small(op: ast.operator, left: Any, right: Any) -> bool:
    """Whether the result of an operation is of a size that is computed."""
    if isinstance(op, ast.Pow):
        are_numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
        return are_numbers and abs(right) <= 400 and abs(left) < 1e10
    if isinstance(op, ast.LShift):
        return isinstance(right, int) and right < 300
    if isinstance(op, ast.Mult):
        for one, other in ((left, right), (right, left)):
            if isinstance(one, (str, list, tuple)):
                return isinstance(other, int) and len(one) * max(other, 0) <= SCRIPT_ITEMS
    if isinstance(op, ast.Add) and isinstance(left, (str, list, tuple)) and isinstance(right, (str, list, tuple)):
        return len(left) + len(right) <= SCRIPT_ITEMS
    return True


def _normal(path: str) -> str:
    """The path of a library's name, Keras's by whatever module it was imported."""
    path = path.lstrip(".")
    for root in ("six.moves.", "builtins.", "past.builtins."):
        path = path.removeprefix(root)
    for root in KERAS_ROOTS:
        if path == root or path.startswith(f"{root}."):
            return f"keras{path[len(root) :]}"
    return path


def _is_library(module: str) -> bool:
    return module.lstrip(".").partition(".")[0] in ("keras", "tensorflow", "numpy", "tf_keras", "math", "os", "sys")
