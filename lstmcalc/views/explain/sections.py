"""A layer's facts in words that teach, in the order in which they are learned."""

from collections.abc import Iterator

import msgspec

from lstmcalc.questions.explain import LayerExplanation, NamedTensor
from lstmcalc.questions.gates import Convention, Recurrence, Timestep
from lstmcalc.reference.sizes import readable_bytes
from lstmcalc.shapes import format_shape
from lstmcalc.views.cells import visible

SHELF = 8  # rows of weights that are shown; more stand in JSON
AXIS_WORDS = {
    "samples": "how many are handled at once",
    "timesteps": "the steps of a sequence, one after the other",
    "steps": "the steps of the query, one after the other",
    "features": "how many numbers describe one {of}",
    "channels": "how many numbers describe one position",
    "filters": "one number of each filter",
    "units": "one number of each unit",
    "output_dim": "the numbers of the vector that was looked up",
    "values": "how many numbers describe one {of}",
    "keys": "how many numbers describe one {of}",
    "positions": "the places where the kernel stands, one after the other",
    "windows": "the places where the window stands, one after the other",
    **dict.fromkeys(("rows", "height"), "from top to bottom"),
    **dict.fromkeys(("columns", "width"), "from left to right"),
    **dict.fromkeys(("layers", "depth"), "one image after the other"),
}
NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
FROM_0_TO_1 = ("sigmoid", "hard_sigmoid")
MERGES = {
    "concat": "merge_mode is concat: the two outputs stand side by side in the last axis, as long as both.",
    "sum": "merge_mode is sum: the two outputs are added, so the last axis stays as long as that of one.",
    "mul": "merge_mode is mul: the two outputs are multiplied, so the last axis stays as long as that of one.",
    "ave": "merge_mode is ave: the mean of the two outputs is given, so the last axis stays as long as that of one.",
    None: "merge_mode is null: both outputs are given, each by itself.",
}
NO_PRODUCT = (
    "It makes no matrix product, and nothing else is counted: no lookup in a table, and nothing that is done to each "
    "number by itself."
)


class Paragraph(msgspec.Struct, frozen=True):
    """Words; a `lesson` is true of every layer of its kind and said once."""

    text: str
    is_lesson: bool = False


class Lines(msgspec.Struct, frozen=True):
    """Labels with arithmetic."""

    rows: tuple[tuple[str, str], ...]


class Table(msgspec.Struct, frozen=True):
    """Rows under headings; a text leaves the headings out."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Part = Paragraph | Lines | Table


class Section(msgspec.Struct, frozen=True):
    """A heading and what stands below it."""

    title: str
    parts: tuple[Part, ...]


def sections(layer: LayerExplanation) -> Iterator[Section]:
    """All that is said of a layer, in the order in which it is learned."""
    yield from _input(layer)
    if layer.recurrence is not None:
        yield from _gates(layer, layer.recurrence)
    if layer.timestep is not None:
        yield _list_of_gates(layer.timestep, layer.recurrence)
    yield _params(layer)
    if layer.weights:
        yield _storage(layer)
    yield _output(layer)
    yield from _timesteps(layer)
    if layer.macs.total != 0 or layer.params:
        yield _macs(layer)
    if layer.conventions:
        yield _elsewhere(layer)


def counted(number: int, noun: str) -> str:
    """`1 param`, `2 matrices`."""
    plural = noun if number == 1 else {"matrix": "matrices"}.get(noun, f"{noun}s")
    return f"{number:,} {plural}"


def _input(layer: LayerExplanation) -> Iterator[Section]:
    many = len(layer.inputs) > 1
    title = "Inputs" if many else f"Input: {format_shape(layer.inputs[0].shape)}" if layer.inputs else ""
    parts: list[Part] = []
    for number, tensor in enumerate(dict.fromkeys(layer.inputs)):
        if many:
            count = layer.inputs.count(tensor)
            again = f", {count} times" if count > 1 else ""
            parts.append(Paragraph(f"{number + 1}. {format_shape(tensor.shape)}{again}"))
        parts.append(_axes(tensor))
    if layer.calls > 1:
        parts.append(
            Paragraph(f"It is called {layer.calls} times, each time with the same weights; this is the first.")
        )
    if parts:
        yield Section(title, tuple(parts))


def _axes(tensor: NamedTensor) -> Table:
    names = [axis.name for axis in tensor.axes]
    one = "timestep" if "timesteps" in names or "steps" in names else "sample" if len(names) == 2 else "position"
    rows = []
    for axis in tensor.axes:
        words = AXIS_WORDS.get(axis.name, "").format(of=one)
        if axis.name == "samples" and axis.size is None:
            words += "; None is any number"
        if axis.size is None and axis.name != "samples":
            words = f"{words}; any number" if words else "any number"
        rows.append((axis.name, str(axis.size) if axis.size is None else f"{axis.size:,}", words))
    return Table(("axis", "size", "is"), tuple(rows))


def _gates(layer: LayerExplanation, found: Recurrence) -> Iterator[Section]:
    each = "Each gate" if len(found.gates) > 1 else "It"
    numbers, column = counted(found.units, "number"), "unit"
    saw = f"x, the timestep's {counted(found.features, 'feature')}"
    if found.window:
        size = " x ".join(map(str, found.window))
        numbers, column = f"{numbers} for each position", "filter"
        saw = f"x, {counted(found.features, 'channel')}; both in a window of {size} that moves over all positions"
    yield Section(
        "What each gate sees" if len(found.gates) > 1 else "What it sees",
        (
            Paragraph(layer.timestep.story if layer.timestep else "", True),
            Paragraph(f"{each} sees [h, x]: the layer's output h of the timestep before, {numbers}, and {saw}."),
            Lines(((_seen(found), str(found.sees)),)),
        ),
    )
    bias = {0: ".", 1: ", and adds a bias."}.get(found.biases, ", and adds two biases.")
    lines = [(f"matrix, {found.sees.value:,} rows of {found.units:,}", str(found.matrix))]
    if found.bias is not None:
        named = "bias" if found.biases == 1 else "two biases, one for h and one for x"
        lines += [(named, str(found.bias)), ("together", str(found.gate))]
    yield Section(
        "One gate" if len(found.gates) > 1 else "Its matrix",
        (
            Paragraph(f"It multiplies what it sees with a matrix, which has a column for each {column}{bias}"),
            Lines(tuple(lines)),
        ),
    )


def _seen(found: Recurrence) -> str:
    return "window * (filters + channels)" if found.window else "units + features"


def _list_of_gates(timestep: Timestep, found: Recurrence | None) -> Section:
    """What each gate decides, and how the new states come of them; `found` has told the story, where it is known."""
    number, steps = len(timestep.gates), Lines(timestep.steps)
    story = [] if found else [Paragraph(timestep.story, True)]
    if number < 2:
        return Section("How h is made", (*story, steps))
    names = NUMBERS.get(number, str(number))
    if found is None:
        sizes = Paragraph(f"There are {names}.")
    elif found.biases:
        biases = "two biases" if found.biases == 2 else "a bias"
        sizes = Paragraph(f"There are {names} of this size, each with a matrix and {biases} of its own.")
    else:
        sizes = Paragraph(
            f"There are {names} of this size, each with a matrix of its own and no bias (use_bias is false)."
        )
    return Section(
        f"The {names} gates",
        (
            *story,
            sizes,
            Table(
                ("gate", "name", "decides", "activation"),
                tuple((gate.letter, gate.name, gate.decides, gate.activation) for gate in timestep.gates),
            ),
            Paragraph(f"{_open_or_shut(timestep)}What they decide is done number by number:", True),
            steps,
        ),
    )


def _open_or_shut(timestep: Timestep) -> str:
    """What the numbers of a gate mean, and what a candidate is, where there are such."""
    opens = next((gate.activation for gate in timestep.gates if not gate.is_candidate), "")
    shut = f"{opens} gives numbers between 0, shut, and 1, open" if opens in FROM_0_TO_1 else ""
    if not any(gate.is_candidate for gate in timestep.gates):
        return f"{shut}. " if shut else ""
    candidate = "candidate is no gate in the strict sense, but weighs as much as one."
    return f"{shut}; the {candidate} " if shut else f"The {candidate} "


def _params(layer: LayerExplanation) -> Section:
    parts: list[Part] = []
    lines = []
    if layer.closed is not None:
        lines.append((layer.closed.formula, str(layer.closed.arithmetic)))
    elif layer.recurrence is not None:
        lines.append(("closed form", str(layer.recurrence.closed)))
    if layer.parts_added is not None:
        lines.append(("the layers inside", str(layer.parts_added)))
    parts += [Lines(tuple(lines))] if lines else []
    if layer.recurrence is not None:
        parts.append(Paragraph("The same number, as others write it:"))
        parts.append(Lines(tuple((form.formula, str(form.arithmetic)) for form in layer.recurrence.forms)))
    if layer.has_twins:
        twin = layer.parts[1].rpartition("/")[2]
        parts.append(
            Paragraph(
                "The two layers inside share no weight. One reads the sequence from its start, the other, "
                f"{visible(twin)}, from its end."
            )
        )
    if layer.params == 0:
        parts.append(Paragraph("It has no weights: nothing in it is learned."))
    elif not lines:
        parts.append(Paragraph("It has as many as its weights below hold."))
    if layer.counted < layer.params:
        parts.append(
            Paragraph(f"{layer.params - layer.counted:,} of them a layer above has counted already: they are shared.")
        )
    if layer.trainable_params < layer.params:
        rest = layer.params - layer.trainable_params
        parts.append(Paragraph(f"Training changes {layer.trainable_params:,} of them and leaves {rest:,} alone."))
        parts += map(Paragraph, _buffers(layer))
    return Section(f"Params: {layer.params:,}", tuple(parts))


def _buffers(layer: LayerExplanation) -> Iterator[str]:
    """What others say to the statistics that a BatchNormalization keeps."""
    kept = sum(each.arithmetic.value for each in layer.weights if each.path.startswith("moving_"))
    if kept:
        yield (
            f"The moving mean and variance, {kept:,}, are weights in Keras. PyTorch calls them buffers and Flax "
            f"batch_stats, and neither counts them: there it has {layer.params - kept:,} params."
        )


def _storage(layer: LayerExplanation) -> Section:
    rows = tuple(
        (visible(each.path), format_shape(each.shape), str(each.arithmetic), _holds(each.path, layer))
        for each in layer.weights[:SHELF]
    )
    if not any(row[3] for row in rows):
        rows_shown: tuple[tuple[str, ...], ...] = tuple(row[:3] for row in rows)
        headings: tuple[str, ...] = ("weight", "shape", "params")
    else:
        rows_shown, headings = rows, ("weight", "shape", "params", "what it does")
    parts: list[Part] = [Table(headings, rows_shown)]
    if len(layer.weights) > SHELF:
        parts.append(Paragraph(f"and {len(layer.weights) - SHELF} more weights; --format json lists them all."))
    if layer.added is not None:
        parts.append(Lines((("together", str(layer.added)),)))
    found = layer.recurrence
    if found is not None and len(found.gates) > 1:
        columns = ", ".join(f"{gate.letter} {gate.first_column} to {gate.last_column}" for gate in found.gates)
        parts.append(
            Paragraph(f"The gates stand side by side in the last axis of each weight. Columns, from 0: {columns}.")
        )
        if found.biases == 2:
            parts.append(Paragraph("The first half of the bias goes with x, the second with h."))
    dtypes = " and ".join(dict.fromkeys(each.dtype for each in layer.weights))
    parts.append(Paragraph(f"In {dtypes} that takes {readable_bytes(layer.size_bytes)}."))
    return Section("How Keras stores it", tuple(parts))


def _holds(path: str, layer: LayerExplanation) -> str:
    if layer.timestep is None:
        return ""
    holds = {"kernel": "multiplies x", "recurrent_kernel": "multiplies h", "bias": "is added"}
    return holds.get(path.rpartition("/")[2], "")


def _output(layer: LayerExplanation) -> Section:
    shapes = [format_shape(each.shape) for each in layer.outputs]
    parts: list[Part] = []
    if len(shapes) == 1:
        parts.append(_axes(layer.outputs[0]))
    else:
        mains = sum(each.name is None for each in layer.outputs)
        names = [
            each.name or ("output" if mains == 1 else f"output {number}") for number, each in enumerate(layer.outputs)
        ]
        rows = tuple((visible(name), shape) for name, shape in zip(names, shapes, strict=True))
        parts.append(Table(("output", "shape"), rows))
    parts += map(Paragraph, _reasons(layer))
    return Section("Outputs" if len(shapes) > 1 else f"Output: {shapes[0]}", tuple(parts))


def _reasons(layer: LayerExplanation) -> Iterator[str]:
    """Why the output has its shape."""
    settings = layer.settings
    if layer.other_output is not None:
        other = format_shape(layer.other_output)
        if settings["return_sequences"]:
            yield (
                "return_sequences is true: the output h of every timestep is given, so the timesteps axis stays. "
                f"With false it would be that of the last timestep alone, {other}."
            )
        else:
            yield (
                "return_sequences is false: only the last timestep's output h is given, so the timesteps axis is gone. "
                f"With true it would stay: {other}."
            )
        yield from _states(layer)
    elif "merge_mode" in settings:
        merge = settings["merge_mode"]
        yield MERGES[merge if isinstance(merge, str) else None]
    elif layer.is_distributed:
        yield (
            f"{layer.class_name} calls the {layer.wraps} inside on each timestep by itself, always with the same "
            "weights, so the timesteps axis stays as it is."
        )
        if layer.needs_no_wrapper:
            yield (
                f"{layer.wraps} alone, without {layer.class_name}, would give the same shape and have the same params "
                "here: it works on the last axis, whatever stands before."
            )
    elif layer.output_rule:
        yield f"The rule: {layer.output_rule}."
        if settings.get("data_format") == "channels_first" and len(layer.outputs[0].axes) > 2:
            yield "data_format is channels_first: the axis that is last in the rule stands before the others."
        if layer.of_more_axes and len(layer.outputs[0].axes) > 2:
            yield layer.of_more_axes


def _states(layer: LayerExplanation) -> Iterator[str]:
    if layer.settings.get("go_backwards"):
        yield "go_backwards is true: the sequence is read from its end, and the outputs stand in the order of reading."
    if layer.settings.get("stateful"):
        yield "stateful is true: the states at the end of one batch are where the next one starts."
    names = [each.name for each in layer.outputs if each.name]
    if layer.settings.get("return_state") and names:
        words = "return_state is true: after the output come the last states, which another layer can start from."
        yield f"{words} {layer.states}" if layer.states else words


def _timesteps(layer: LayerExplanation) -> Iterator[Section]:
    if len(layer.timesteps) < 2 or not layer.params:
        return
    once, twice = layer.timesteps
    if once.params == twice.params:
        why, title = layer.of_timesteps, "Why timesteps do not change the count"
    else:
        why, title = "It has weights for each timestep.", "Timesteps change the count"
    rows = tuple((counted(point.timesteps, "timestep"), f"{point.params:,} params") for point in (once, twice))
    yield Section(title, (Paragraph(why), Table(("with", "params"), rows)))


def _macs(layer: LayerExplanation) -> Section:
    work = layer.macs
    if work.total == 0:
        return Section("MACs: 0", (Paragraph(NO_PRODUCT, True),))
    lines = []
    if work.step is not None:
        lines.append(("one timestep: gates * units * (features + units)", str(work.step)))
        if len(layer.recurrence.gates if layer.recurrence else ()) == 1:
            lines[0] = ("one timestep: units * (features + units)", str(work.step))
        if work.whole is not None:
            lines.append(("all timesteps", str(work.whole)))
    elif work.total is not None or work.per_timestep is not None:
        label = "matrix product" if work.total is not None or work.fixed else "for each timestep"
        lines += [(label, str(each)) for each in work.products]
        if work.added is not None:
            lines.append(("together", str(work.added)))
    if len(work.calls) > 1 and work.total is not None:
        lines.append(("all calls", f"{' + '.join(f'{each:,}' for each in work.calls)} = {work.total:,}"))
    parts: list[Part] = [
        Paragraph(
            "A multiply-accumulate (MAC) is one multiplication whose result is added to a sum: one step of a matrix "
            "product. Counted for one sample; biases and activations are left out; 2 FLOPs each.",
            True,
        )
    ]
    parts += [Lines(tuple(lines))] if lines else []
    if work.is_unsaid:
        parts.append(Paragraph("What is multiplied in it is not stated."))
    elif work.total is None and work.per_timestep is None:
        parts.append(Paragraph("They depend on sizes that are unknown; --timesteps N gives the timesteps a number."))
    return Section(f"MACs: {_number_of_macs(layer)}", (*parts, *_growth(layer)))


def _number_of_macs(layer: LayerExplanation) -> str:
    work = layer.macs
    if work.total is not None:
        return f"{work.total:,}"
    if work.per_timestep is None:
        return "not known"
    fixed = f"{work.fixed:,} and " if work.fixed else ""
    return f"{fixed}{work.per_timestep:,} for each timestep"


def _growth(layer: LayerExplanation) -> Iterator[Part]:
    if len(layer.timesteps) < 2:
        return
    once, twice = layer.timesteps
    if once.macs is None or twice.macs is None or once.macs == 0:
        return
    if twice.macs == 2 * once.macs:
        yield Paragraph("They grow with the timesteps: twice as many timesteps, twice as many MACs.")
    elif layer.macs.is_squared:
        yield Paragraph("They grow faster than the timesteps: each step is held against each other one.")
    elif any(axis.name == "positions" for tensor in layer.outputs for axis in tensor.axes):
        yield Paragraph(
            "They grow with the positions of the output, which are not as many as the timesteps: the kernel has to fit "
            "in."
        )
    else:
        yield Paragraph("They grow with the timesteps, but not in proportion.")
    yield Table(
        ("with", "MACs"),
        tuple(
            (counted(point.timesteps, "timestep"), f"{point.macs:,} MACs")
            for point in (once, twice)
            if point.macs is not None
        ),
    )


def _elsewhere(layer: LayerExplanation) -> Section:
    rows = tuple((each.name, str(each.arithmetic), _difference(each, layer)) for each in layer.conventions)
    found = layer.recurrence
    assert found is not None
    lesson = [Paragraph(layer.timestep.lesson, True)] if layer.timestep and found.biases else []
    return Section("What others count", (Table(("library", "params", "because"), rows), *lesson))


def _difference(convention: Convention, layer: LayerExplanation) -> str:
    found = layer.recurrence
    assert found is not None
    own, gates = found.biases * len(found.gates), len(found.gates)
    if convention.biases == own:
        return "the same"
    if convention.biases % gates:
        return f"{convention.biases} biases in all"
    if convention.biases == 2 * gates:
        return "two biases a gate"
    if not own:
        return "always has a bias"
    return "one bias a gate"
