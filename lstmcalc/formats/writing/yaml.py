"""An Outline as YAML that a person would have written: short forms, chains without `from`, repeated layers once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import yaml

from lstmcalc.errors import Refusal
from lstmcalc.formats.outline import CallOutline, InputOutline, KerasObject, LayerOutline, Outline, TensorRef
from lstmcalc.formats.scalars import resolve

WIDTH = 100  # characters of a line, as far as its values allow
MOST_IN_A_GROUP = 50  # items that are repeated together


class YamlItem(msgspec.Struct, frozen=True):
    """One item: its class with its value, None for one without, and what stands beside it; or several repeated.

    One that is `linked` names what it is called on, so that it stands where it stands.
    """

    key: str
    value: Any = None
    beside: tuple[tuple[str, Any], ...] = ()
    linked: bool = False
    times: int = 1
    items: "tuple[YamlItem, ...]" = ()


def write_yaml(outline: Outline, notes: Sequence[str] = ()) -> str:
    """The text of a spec."""
    lines = [f"# {note}" for note in notes]
    document = _document(outline, is_top=True)
    for key, value in document.items():
        if key == "layers":
            lines.append("layers:")
            for item in value:
                lines += [f"  {line}" for line in _item_lines(item)]
        else:
            lines += _entry(key, value)
    return "".join(f"{line}\n" for line in lines)


def _document(outline: Outline, is_top: bool) -> dict[str, Any]:
    """The keys of a model."""
    writing = _Items(outline)
    document: dict[str, Any] = {}
    if is_top:
        document["name"] = outline.name
    if is_top and outline.dtype != "float32":
        document["dtype"] = outline.dtype
    items = _folded(writing.items())
    (first, *others) = outline.inputs
    is_graph = writing.is_graph
    if not others and not first.is_named:
        document["input"] = _input(first)
    elif outline.kind == "Sequential":
        samples, *shape = first.shape
        more: dict[str, Any] = {} if first.dtype == "float32" else {"dtype": first.dtype}
        more |= {} if samples is None else {"batch_size": samples}
        items.insert(0, YamlItem("Input", {"shape": shape, **more}, (("name", first.name),)))
    else:
        document["inputs"] = {each.name: _input(each) for each in outline.inputs}
        is_graph = True
    outputs = writing.outputs()
    if outputs is not None:
        document["outputs"] = outputs
        is_graph = True
    kind = "functional" if is_graph else "sequential"
    if is_top and outline.kind.lower() != kind:
        document = {**document, "kind": outline.kind.lower()}
    written = ("name", "kind", "dtype", "input", "inputs", "layers", "outputs")
    document["layers"] = items
    return {key: document[key] for key in written if key in document}


def _input(each: InputOutline) -> Any:
    samples, *shape = each.shape
    if each.dtype == "float32" and samples is None:
        return shape
    more: dict[str, Any] = {} if each.dtype == "float32" else {"dtype": each.dtype}
    return {"shape": shape, **more, **({} if samples is None else {"batch": samples})}


class _Items:
    """The items of one model."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.names = [each.name for each in outline.inputs] + [self._name(call) for call in outline.calls]
        self.is_chain = outline.kind == "Sequential"
        self.is_graph = False
        self.named = {ref.node for ref in outline.outputs}
        for number, call in enumerate(outline.calls):
            beside = (each for masks in call.masks.values() for each in masks if each is not None)
            self.named |= {ref.node for ref in (*call.states, *beside)}
            self.named |= set() if self._follows(number, call) else {ref.node for ref in call.inputs}

    def _name(self, call: CallOutline) -> str:
        """What a call is referred to by: its layer, or the name that what it gives has."""
        if call.makes and not call.number:
            return call.layer.name
        taken = {each.name for each in self.outline.inputs} | {each.layer.name for each in self.outline.calls}
        name = f"{call.layer.name}_call_{call.number + 1}"
        while name in taken:
            name += "_"
        return name

    def _above(self, number: int) -> TensorRef | None:
        """What an item is called on that says nothing: what the item above gives, or the only input."""
        if number == 0:
            return TensorRef(0) if len(self.outline.inputs) == 1 else None
        above = self.outline.calls[number - 1]
        is_one = len(above.shapes) == 1 or above.suffixes[0] == ""
        return TensorRef(len(self.outline.inputs) + number - 1) if is_one else None

    def _follows(self, number: int, call: CallOutline) -> bool:
        """Whether it is called on what the item above gives, and need not say so."""
        return call.inputs == (self._above(number),)

    def items(self) -> list[YamlItem]:
        """The items in their order."""
        return [self._item(number, call) for number, call in enumerate(self.outline.calls)]

    def outputs(self) -> list[str] | None:
        """The references of `outputs`; None where they are those of the last item."""
        last = self.outline.calls[-1]
        number = len(self.outline.inputs) + len(self.outline.calls) - 1
        usual = tuple(TensorRef(number, output) for output in range(len(last.shapes)))
        if self.is_chain or self.outline.outputs == usual:
            self.is_graph |= not self.is_chain and len(usual) > 1
            return None
        return [self.reference(each) for each in self.outline.outputs]

    def reference(self, ref: TensorRef) -> str:
        """A tensor's name."""
        if ref.node < len(self.outline.inputs):
            return self.names[ref.node]
        call = self.outline.calls[ref.node - len(self.outline.inputs)]
        return f"{self.names[ref.node]}{call.suffixes[ref.output]}"

    def _item(self, number: int, call: CallOutline) -> YamlItem:
        node = len(self.outline.inputs) + number
        beside: list[tuple[str, Any]] = []
        if call.makes:
            key, value, beside = _layer(call.layer, call.arguments)
        else:
            self.is_graph = True
            key, value = "reuse", call.layer.name
            if node in self.named and not self.is_chain:
                beside.append(("name", self.names[node]))
        linked = node in self.named and number < len(self.outline.calls) - 1
        if not self.is_chain and not self._follows(number, call):
            references = [self.reference(each) for each in call.inputs]
            beside.append(("from", references[0] if len(references) == 1 else references))
            linked = self.is_graph = True
        if call.states:
            states = [self.reference(each) for each in call.states]
            beside.append(("initial_state", states[0] if len(states) == 1 else states))
            linked = self.is_graph = True
        for name, masks in call.masks.items():
            masked = [None if each is None else self.reference(each) for each in masks]
            beside.append((name, masked[0] if len(masked) == 1 else masked))
            linked = self.is_graph = True
        if call.makes:
            self.is_graph |= len(call.shapes) > 1
        else:
            beside += call.arguments.items()
        return YamlItem(key, value, tuple(beside), linked or not call.makes)


def _layer(layer: LayerOutline, of_call: Mapping[str, Any] = {}) -> tuple[str, Any, list[tuple[str, Any]]]:
    """A layer's key, its value, and what stands beside it."""
    beside: list[tuple[str, Any]] = [("name", layer.name)] if layer.is_named else []
    if layer.model is not None:
        return _model(layer, beside)
    arguments = dict(layer.arguments)
    if not layer.trainable and layer.is_frozen:
        beside.append(("trainable", False))
    elif not layer.trainable:
        arguments["trainable"] = False
    beside += of_call.items() if not layer.is_operation else ()
    if layer.is_operation:
        arguments |= of_call
    frozen = layer.is_frozen and not layer.trainable
    written: dict[str, Any] = {}
    for name, value in arguments.items():
        if isinstance(value, LayerOutline):
            key, inside, more = _layer(_thawed(value) if frozen else value)
            if name == layer.first == "layer" and not more and key not in arguments:
                written[key] = inside if inside is not None else {}
            else:
                written[name] = _nested(key, inside, more)
        elif isinstance(value, list) and value and isinstance(value[0], LayerOutline):
            written[name] = [_nested(*_layer(_thawed(each) if frozen else each)) for each in value]
        else:
            written[name] = _value(value)
    if not written:
        return layer.class_name, None, beside
    (first, value), *others = written.items()
    if first == layer.first and not others and value is not None and not isinstance(value, dict):
        return layer.class_name, value, beside
    return layer.class_name, written, beside


def _thawed(layer: LayerOutline) -> LayerOutline:
    """A layer inside one that is frozen, which need not say so."""
    return msgspec.structs.replace(layer, trainable=True, is_frozen=False)


def _nested(key: str, value: Any, beside: Sequence[tuple[str, Any]]) -> Any:
    """A layer that is an argument of another: its name stands among its own arguments."""
    if not beside:
        return key if value is None else {key: value}
    return {key: value, **dict(beside)}


def _model(layer: LayerOutline, beside: list[tuple[str, Any]]) -> tuple[str, Any, list[tuple[str, Any]]]:
    model = layer.model
    assert model is not None
    frozen = not layer.trainable and layer.is_frozen
    if frozen:
        beside.append(("trainable", False))
        model = _thawed_model(model)
    document = _document(model, is_top=False)
    if not layer.trainable and not layer.is_frozen:
        document["trainable"] = False
    if model.kind != "Sequential":
        return "Model", document, beside
    return "Sequential", {key: document[key] for key in ("input", "layers", "trainable") if key in document}, beside


def _thawed_model(model: Outline) -> Outline:
    calls = (msgspec.structs.replace(call, layer=_thawed(call.layer)) for call in model.calls)
    return msgspec.structs.replace(model, calls=tuple(calls))


def _value(value: Any) -> Any:
    """A plain value of an argument."""
    if isinstance(value, KerasObject):
        config = {key: _value(each) for key, each in value.config.items()}
        return {"class_name": value.class_name, "config": config} if config else value.short
    if isinstance(value, list):
        return [_value(each) for each in value]
    if isinstance(value, Mapping):
        return {key: _value(each) for key, each in value.items()}
    return value


# Repeated layers.


def _folded(items: list[YamlItem]) -> list[YamlItem]:
    """The items, those that stand again and again in a row written once."""
    found: list[YamlItem] = []
    place = 0
    while place < len(items):
        size, times = _run(items, place)
        if times == 1:
            found.append(items[place])
        elif size == 1:
            found.append(msgspec.structs.replace(items[place], times=times))
        else:
            found.append(YamlItem("", times=times, items=tuple(items[place : place + size])))
        place += size * times
    return found


def _run(items: list[YamlItem], place: int) -> tuple[int, int]:
    """How many items stand there again and again, and how often: those that leave the fewest to be written."""
    best = (1, 1)
    for size in range(1, min(MOST_IN_A_GROUP, (len(items) - place) // 2) + 1):
        block = items[place : place + size]
        if any(each.linked or _is_said(each) for each in block):
            break
        times = 1
        while items[place + size * times : place + size * (times + 1)] == block:
            times += 1
        saved = (size * (times - 1), -size)
        if times > 1 and (size == 1 or size * times >= 4) and saved > (best[0] * (best[1] - 1), -best[0]):
            best = (size, times)
    return best


def _is_said(item: YamlItem) -> bool:
    """Whether the names of an item, or of something inside it, are its own."""
    return any(key == "name" for key, _ in item.beside) or item.key in ("Sequential", "Model")


# Text.


def _item_lines(item: YamlItem) -> Iterator[str]:
    """An item's lines, the first with its dash."""
    if item.items:
        yield f"- repeat: {item.times}"
        yield "  layers:"
        for each in item.items:
            yield from (f"    {line}" for line in _item_lines(each))
        return
    beside = [*item.beside, *([("repeat", item.times)] if item.times > 1 else [])]
    if item.value is None and not beside:
        yield f"- {_scalar(item.key)}"
        return
    first = True
    for key, value in ((item.key, item.value), *beside):
        if key == item.key and value is None:
            lines = [f"{_scalar(key)}:"]
        elif isinstance(value, dict) and not value and key == item.key:
            lines = [f"{_scalar(key)}:"] if beside else [_scalar(key)]
        else:
            lines = _entry(key, value)
        for line in lines:
            yield f"{'- ' if first else '  '}{line}"
            first = False


def _entry(key: str, value: Any) -> list[str]:
    """A key with its value, in one line where that is short enough."""
    if not _holds_items(value):
        line = f"{_scalar(key)}: {_flow(value)}"
        if len(line) <= WIDTH or not isinstance(value, dict | list) or not value:
            return [line]
    lines = [f"{_scalar(key)}:"]
    if isinstance(value, dict):
        for name, each in value.items():
            lines += [f"  {line}" for line in _entry(name, each)]
    elif all(isinstance(each, YamlItem) for each in value):
        for each in value:
            lines += [f"  {line}" for line in _item_lines(each)]
    else:
        for each in value:
            if isinstance(each, dict) and each:
                inner = [line for name, inside in each.items() for line in _entry(name, inside)]
                lines += [f"  {'- ' if not number else '  '}{line}" for number, line in enumerate(inner)]
            else:
                lines.append(f"  - {_flow(each)}")
    return lines


def _holds_items(value: Any) -> bool:
    """Whether a model stands in a value, whose layers take a line each."""
    if isinstance(value, dict):
        return any(map(_holds_items, value.values()))
    if isinstance(value, list):
        return any(map(_holds_items, value))
    return isinstance(value, YamlItem)


def _flow(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key, True)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value, True)


def _scalar(value: Any, in_flow: bool = False) -> str:
    """A scalar as YAML has it, a string in quotes where it would be something else without."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        digits, exponent, power = repr(value).partition("e")
        point = ".0" if exponent and "." not in digits else ""  # without which YAML 1.1 has a string
        return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}.get(digits, f"{digits}{point}{exponent}{power}")
    if isinstance(value, int):
        return str(value)
    text = str(value)
    if text.startswith("$"):
        text = f"${text}"
    if _is_word(text):
        return text
    return _quoted(text)


def _is_word(text: str) -> bool:
    """Whether a string may stand without quotes in every reader of YAML."""
    if not text or text != text.strip() or not text.isprintable() or not (text[0].isalpha() or text[0] in "_./$"):
        return False
    if any(mark in text for mark in ":#,[]{}&*!|>'\"%@`") or text.lower() in ("yes", "no", "on", "off", "y", "n"):
        return False
    try:
        return resolve(text) == text
    except Refusal:
        return False


def _quoted(text: str) -> str:
    """A string in quotes."""
    dumped: str = yaml.dump(text, Dumper=yaml.SafeDumper, default_style='"', width=2**31, allow_unicode=True)
    return dumped.rstrip("\n")
