"""The top level of a spec: a YAML document, a dictionary, or the stages of an expression, made into a `Spec`."""

import os

from lstmcalc.errors import ModelError, Place, Problem, Problems, Source, did_you_mean, is_name, shown
from lstmcalc.formats.items import ITEM_HELP, Items, read_items
from lstmcalc.formats.spec import Input, Spec
from lstmcalc.formats.text import check_length
from lstmcalc.formats.values import Mapping, Scalar, Sequence, Value, kind_of
from lstmcalc.formats.variables import Scope, Variables, read_variables, variable_value
from lstmcalc.limits import LAYERS
from lstmcalc.reference.keys import DIALECTS, INPUTS, INSIDE, TOP_LEVEL


def spec_of_expression(source: Source, given: Variables) -> Spec:
    """The Spec of a one-line expression; its variables are those given with `--set`. Raises ModelError."""
    return spec_of_stages(source, stages_of(source), given)


def stages_of(source: Source) -> tuple[Value, ...]:
    """The layers of a one-line expression as they were written. Raises ModelError."""
    from lstmcalc.formats.expression import read_expression

    return tuple(read_expression(check_length(source).text, source.place))


def spec_of_stages(source: Source, stages: tuple[Value, ...], given: Variables) -> Spec:
    """The Spec of the layers of an expression, with the values of its variables. Raises ModelError."""
    problems = Problems()
    faulty: dict[str, ModelError] = {}
    for name, value in given.items():
        try:
            variable_value(value)
        except ModelError as error:
            faulty[name] = error
            problems.found.extend(error.problems)
    scope = Scope(given, faulty)
    definitions, calls = read_items(stages, scope, len(problems.found))
    for definition in definitions[1:]:
        if definition.class_name in INPUTS:
            problems.add("an Input stands before every layer, not after one", definition.place)
    _refuse_unused(given, scope.used, Place(source), problems)
    return Spec(Place(source), definitions, calls, scope=scope, problems=tuple(problems.found))


def spec_of_document(root: Value, given: Variables, directory: str = "", scope: Scope | None = None) -> Spec:
    """The Spec of a YAML document, of `from_dict`'s dictionary, or of a model inside a model, which sees `scope`.

    Raises ModelError for what is no mapping; other mistakes are kept in the Spec, so that
    those of its layers can be found too.
    """
    if not isinstance(root, Mapping):
        message = f"a spec is a mapping with 'input' and 'layers', not {kind_of(root)}"
        is_expression = isinstance(root, Scalar) and "(" in root.text
        help = "an expression stands on the command line itself, in quotes" if is_expression else None
        raise ModelError(Problem(message, root.place, help=help))
    problems = Problems()
    if scope is None:
        scope = read_variables(root.get("vars"), given, problems)
        _refuse_unused(given, (*scope.known, *scope.faulty), root.place, problems)
        _refuse_keys(root, TOP_LEVEL, problems)
    else:
        _refuse_keys(root, INSIDE, problems)
    return _Document(root, scope, problems, directory).spec()


def without_variables(spec: Spec, given: Variables) -> Spec:
    """A Spec that has no variables. Raises ModelError for values of some."""
    problems = Problems()
    _refuse_unused(given, (), spec.place, problems)
    problems.raise_found()
    return spec


def _refuse_keys(root: Mapping, taken: tuple[str, ...], problems: Problems) -> None:
    for key, _ in root.entries:
        if problems.are_enough:
            break
        if key.value in taken:
            continue
        if key.value in TOP_LEVEL:
            message = f"{shown(key.value)} stands at the top of a file, not in a model inside another"
            problems.add(message, key.place)
            continue
        name = key.text if key.value is None else str(key.value)
        help = did_you_mean(name, taken) or f"taken are: {', '.join(taken)}"
        problems.add(f"a spec has no key {shown(name)}", key.place, help=help)


def _refuse_unused(given: Variables, known: "tuple[str, ...] | set[str]", place: Place, problems: Problems) -> None:
    for name, value in given.items():
        if name not in known:
            option = value.place.source.name.partition(" ")[0]  # --set, or --var of a search
            names = ", ".join(sorted(known)[:20]) or "none"
            message = f"{option} gives {shown(name)}, which is no variable of this model (it has: {names})"
            file = place.source.name if place.source.is_file else None
            problems.found.append(Problem(message, help=did_you_mean(name, known), file=file))


class _Document:
    """The top level of a spec, key by key."""

    def __init__(self, root: Mapping, scope: Scope, problems: Problems, directory: str) -> None:
        self.root, self.scope, self.problems, self.directory = root, scope, problems, directory

    def spec(self) -> Spec:
        inputs, (definitions, calls) = self._inputs(), self._items()
        name, kind = self._text("name"), self._choice("kind", ("sequential", "functional"))
        outputs, budget, dtype = self._value("outputs"), self._value("budget"), self._value("dtype")
        return Spec(
            self.root.place,
            definitions,
            calls,
            inputs,
            name,
            kind,
            self.root.get("inputs") is not None,
            outputs,
            budget,
            dtype,
            self._choice("dialect", DIALECTS),
            self.directory,
            self.scope,
            tuple(self.problems.found),
        )

    def _value(self, key: str) -> Value | None:
        value = self.root.get(key)
        if value is None:
            return None
        with self.problems.caught():
            return self.scope.replace(value)
        return None

    def _text(self, key: str) -> str | None:
        value = self._value(key)
        if value is None or (isinstance(value, Scalar) and value.value is None):
            return None
        if isinstance(value, Scalar) and isinstance(value.value, str) and is_name(value.value):
            return value.value
        help = "put it in quotes" if isinstance(value, Scalar) and not isinstance(value.value, str) else None
        self.problems.add(f"'{key}' must be a name without '/', not {kind_of(value)}", value.place, help=help)
        return None

    def _choice(self, key: str, choices: tuple[str, ...]) -> str | None:
        """One of so many words, in small letters or capitals."""
        word, value = self._text(key), self.root.get(key)
        if word is None or value is None:
            return None
        if word.lower() not in choices:
            *first, last = choices
            message = f"'{key}' must be {', '.join(first)} or {last}, not {shown(word)}"
            self.problems.add(message, value.place, help=did_you_mean(word, choices))
            return None
        return word.lower()

    def _inputs(self) -> tuple[Input, ...]:
        single, several = self._value("input"), self._value("inputs")
        if single is not None and several is not None:
            help = "state one input in 'input', several in 'inputs'"
            self.problems.add("'input' and 'inputs' cannot stand together", several.place, help=help)
        if several is not None:
            if not isinstance(several, Mapping) or not several.entries:
                message = f"'inputs' must be a mapping from names to inputs, not {kind_of(several)}"
                help = "write 'inputs: {a: [5, 1], b: [3]}'; one input without a name is 'input: [5, 1]'"
                self.problems.add(message, several.place, help=help)
                return ()
            return tuple(Input(key, value) for key, value in several.entries)
        return () if single is None else (Input(None, single),)

    def _items(self) -> Items:
        layers = self.root.get("layers")
        if layers is None or (isinstance(layers, Scalar) and layers.value is None):
            if not any("'layers'" in str(problem.help) for problem in self.problems.found):  # did you mean 'layers'?
                help = f"write 'layers:' and below it {ITEM_HELP.removeprefix('write ')}"
                place = self.root.place if layers is None else layers.place
                self.problems.add("a spec needs 'layers', the list of its layers", place, help=help)
            return (), ()
        if not isinstance(layers, Sequence):
            message = f"'layers' must be a list, one item a layer, not {kind_of(layers)}"
            self.problems.add(message, layers.place, help="begin each layer with '- '")
            return (), ()
        if not layers.items:
            self.problems.add("'layers' is empty: a model has at least one layer", layers.place, help=ITEM_HELP)
        if len(layers.items) > LAYERS:
            message = f"a model has at most {LAYERS:,} layers, but this has {len(layers.items):,}"
            self.problems.add(message, layers.place)
            return (), ()
        return read_items(layers.items, self.scope, len(self.problems.found))


def stem(path: str) -> str:
    """A file's name without folder and suffix."""
    return os.path.splitext(os.path.basename(path))[0]
