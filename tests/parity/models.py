"""Random models for Hypothesis: mostly such that fit together, now and then one that does not."""

from dataclasses import replace
from typing import Any

from descriptions import (
    ATTENTION,
    MERGES,
    RECURRENT,
    Call,
    Input,
    Layer,
    Model,
    Ref,
    has_main_output,
    with_those_inside,
)
from guessed import Shape, guess_repeated
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from lstmcalc.layers import arguments

SIZES = st.integers(1, 7)
UNITS = st.integers(1, 6)
RATES = st.sampled_from([0, 0.0, 0.1, 0.5, 1, 1.0])
SEEDS = st.sampled_from([None, 0, 1337])
WORDS = ("encoder", "decoder", "x.y", "two words", "層", "lstm", "dense_1", "b[0]", "Ünïcode", "a" * 30)
DTYPES = ("float16", "mixed_float16", "bfloat16", "mixed_bfloat16", "float64", "float32")
INPUT_DTYPES = ("int32", "float16", "float64", "int8", "bool", "bfloat16", "float32")

ACTIVATIONS = st.sampled_from([None, *arguments.ACTIVATIONS])
MATRIX_INITIALIZERS = st.sampled_from(
    [
        *("glorot_uniform", "glorot_normal", "he_normal", "HeUniform", "lecun_normal", "LecunUniform", "orthogonal"),
        *("zeros", "Ones", "one", None, "random_normal", "normal", "uniform", "truncated_normal"),
        *("variance_scaling", "identity", "stft"),
        {"class_name": "RandomNormal", "config": {"stddev": 0.1}},
        {"class_name": "VarianceScaling", "config": {"scale": 2.0, "mode": "fan_out"}},
    ]
)
VECTOR_INITIALIZERS = st.sampled_from(
    [
        "zeros",
        "ones",
        None,
        "random_uniform",
        "orthogonal",
        "he_normal",
        {"class_name": "Constant", "config": {"value": 0.5}},
    ]
)
REGULARIZERS = st.sampled_from(
    [None, "l1", "L2", "l1l2", {"class_name": "L2", "config": {"l2": 0.01}}, {"class_name": "L1L2", "config": {}}]
)
CONSTRAINTS = st.sampled_from(
    [None, "max_norm", "NonNeg", "unit_norm", "MinMaxNorm", {"class_name": "MaxNorm", "config": {"max_value": 3}}]
)

COMMON = {"trainable": st.booleans(), "dtype": st.sampled_from(DTYPES), "autocast": st.booleans()}
WEIGHTED = {
    "use_bias": st.booleans(),
    "kernel_initializer": MATRIX_INITIALIZERS,
    "bias_initializer": VECTOR_INITIALIZERS,
    "kernel_regularizer": REGULARIZERS,
    "bias_regularizer": REGULARIZERS,
    "activity_regularizer": REGULARIZERS,
    "kernel_constraint": CONSTRAINTS,
    "bias_constraint": CONSTRAINTS,
    "activation": ACTIVATIONS,
}
RECURRENT_OPTIONS = {
    **COMMON,
    **WEIGHTED,
    "recurrent_initializer": MATRIX_INITIALIZERS,
    "recurrent_regularizer": REGULARIZERS,
    "recurrent_constraint": CONSTRAINTS,
    "dropout": RATES,
    "recurrent_dropout": RATES,
    "seed": SEEDS,
    "go_backwards": st.booleans(),
    "unroll": st.booleans(),
    "zero_output_for_mask": st.booleans(),
}
WINDOW = {"padding": st.sampled_from(["valid", "same"]), "strides": st.sampled_from([1, 2])}
GATED = {"recurrent_activation": ACTIVATIONS, "use_cudnn": st.sampled_from(["auto", True, False])}
OPTIONS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "Dense": {**COMMON, **WEIGHTED, "lora_rank": UNITS, "lora_alpha": st.sampled_from([None, 2, 0.5])},
    "Embedding": {
        **COMMON,
        "embeddings_initializer": MATRIX_INITIALIZERS,
        "embeddings_regularizer": REGULARIZERS,
        "embeddings_constraint": CONSTRAINTS,
        "mask_zero": st.booleans(),
        "lora_rank": UNITS,
    },
    "LSTM": {**RECURRENT_OPTIONS, **GATED, "unit_forget_bias": st.booleans()},
    "GRU": {**RECURRENT_OPTIONS, **GATED, "reset_after": st.booleans()},
    "SimpleRNN": RECURRENT_OPTIONS,
    "TimeDistributed": COMMON,
    "Bidirectional": {**COMMON, "merge_mode": st.sampled_from(["concat", "sum", "mul", "ave", None])},
    "Activation": COMMON,
    "Dropout": {**COMMON, "seed": SEEDS},
    "SpatialDropout1D": {"dtype": COMMON["dtype"], "seed": SEEDS},
    "GaussianNoise": {**COMMON, "seed": SEEDS},
    "GaussianDropout": {**COMMON, "seed": SEEDS},
    "AlphaDropout": {**COMMON, "seed": SEEDS},
    "ActivityRegularization": {**COMMON, "l1": RATES, "l2": RATES},
    "Flatten": {**COMMON, "data_format": st.sampled_from([None, "channels_last", "channels_first"])},
    "Masking": {**COMMON, "mask_value": st.sampled_from([0, 0.0, -1.0, 99])},
    "Concatenate": COMMON,
    **dict.fromkeys(("ReLU", "LeakyReLU", "ELU", "Identity", "Rescaling", "UnitNormalization"), COMMON),
    **dict.fromkeys(("RMSNormalization", "PReLU", "Softmax", "GlobalAveragePooling2D"), COMMON),
    **dict.fromkeys(("UpSampling1D", "ZeroPadding1D", "Cropping1D"), COMMON),
    **{name: {**COMMON, "keepdims": st.just(False)} for name in ("GlobalAveragePooling1D", "GlobalMaxPooling1D")},
    "BatchNormalization": {**COMMON, "center": st.booleans(), "scale": st.booleans()},
    "LayerNormalization": {**COMMON, "center": st.booleans(), "scale": st.booleans()},
    **{name: {**COMMON, **WINDOW, "use_bias": st.booleans()} for name in ("Conv1D", "Conv2D")},
    **{name: {**COMMON, **WINDOW} for name in ("MaxPooling1D", "AveragePooling1D", "MaxPooling2D")},
    **{name: {"use_scale": st.booleans(), "dropout": RATES} for name in ("Attention", "AdditiveAttention")},
    "MultiHeadAttention": {**COMMON, "use_bias": st.booleans(), "dropout": RATES, "value_dim": UNITS},
    "Dot": {**COMMON, "normalize": st.booleans()},
}


class Words:
    """Names of which nearly none is given twice in one model, and how often a layer is one that does not fit."""

    def __init__(self, one_wrong_in: int = 30) -> None:
        self.given: set[str] = set()
        self.one_wrong_in = one_wrong_in

    def draw(self, draw: DrawFn, often: int = 5) -> str | None:
        """A name, one time in `often`."""
        if draw(st.integers(0, often)) != 1:
            return None
        word = draw(st.sampled_from(WORDS))
        while word in self.given and draw(st.integers(0, 30)) != 1:
            word += "_"
        self.given.add(word)
        return word


def chance(draw: DrawFn, one_in: int) -> bool:
    """True one time in so many; Hypothesis shrinks it to False."""
    return draw(st.integers(0, one_in - 1)) == one_in - 1


def few(draw: DrawFn, options: dict[str, st.SearchStrategy[Any]], most: int = 3) -> dict[str, Any]:
    """Some of the options, each with a value."""
    if not options:
        return {}
    names = draw(st.lists(st.sampled_from(sorted(options)), max_size=most, unique=True))
    return {name: draw(options[name]) for name in names}


# Layers on one tensor.

POOLING_1D = ["MaxPooling1D", "AveragePooling1D", "GlobalAveragePooling1D", "GlobalMaxPooling1D"]
POOLING_1D += ["UpSampling1D", "ZeroPadding1D", "Cropping1D"]


def fitting(shape: Shape) -> list[str]:
    """The classes that take a tensor of that shape, those that matter most several times."""
    rank, features = len(shape), shape[-1] if len(shape) > 1 else None
    names = ["Activation", "Dropout", "GaussianNoise", "GaussianDropout", "AlphaDropout", "ActivityRegularization"]
    names += ["Flatten"] if rank > 1 else []
    names += ["Permute", "Reshape"] if rank > 1 else []
    names += ["Embedding"] * 2 if rank < 4 else []
    names += ["Dense"] * 4 if features is not None else []
    names += ["RepeatVector"] * 3 if rank == 2 else []
    names += ["ReLU", "LeakyReLU", "ELU", "Identity", "Rescaling"]
    if features is not None:
        names += ["BatchNormalization"] * 2 + ["LayerNormalization", "UnitNormalization", "RMSNormalization", "Softmax"]
        names += ["PReLU"] if None not in shape[1:] else []
    names += ["Conv1D"] * 3 + POOLING_1D if rank == 3 and features is not None else []
    names += ["Conv2D", "MaxPooling2D", "GlobalAveragePooling2D"] if rank == 4 and features is not None else []
    names += ["Masking"] * 2 if rank in (2, 3, 4) else []
    names += ["SpatialDropout1D"] if rank == 3 else []
    names += ["LSTM", "GRU", "SimpleRNN"] * 3 + ["Bidirectional"] * 6 if rank == 3 and features is not None else []
    names += ["TimeDistributed"] * 4 if rank in (3, 4) else []
    return names


@st.composite
def layers(draw: DrawFn, shape: Shape, words: Words, depth: int = 0, wrong: bool = False) -> Layer:
    """A layer that takes a tensor of that shape, or with `wrong` one that hardly does."""
    names = fitting(shape)
    if wrong:
        names = sorted(OPTIONS)
    elif depth < 2:
        names = [*names, "Sequential", "Model"]
    return draw(layer_of(draw(st.sampled_from(names)), shape, words, depth))


@st.composite
def layer_of(draw: DrawFn, name: str, shape: Shape, words: Words, depth: int = 0) -> Layer:
    """A layer of that class for a tensor of that shape."""
    if name in ("Sequential", "Model"):
        return draw(inner_models(name, shape, words, depth + 1))
    given = {**draw(needed(name, shape)), **few(draw, OPTIONS.get(name, COMMON))}
    wrapped = backward = None
    if name == "TimeDistributed":
        wrapped = draw(layers((shape[0], *shape[2:]), words, depth + 1, wrong=chance(draw, words.one_wrong_in)))
    if name == "Bidirectional":
        wrapped, backward = draw(directions(shape, words))
    return Layer(
        name,
        given,
        name=words.draw(draw),
        frozen="trainable" not in given and chance(draw, 12),
        wrapped=wrapped,
        backward=backward,
        form=draw(st.sampled_from(["mapping", "beside", "call", "short", "full"])),
    )


@st.composite
def needed(draw: DrawFn, name: str, shape: Shape) -> dict[str, Any]:
    """The arguments that a class cannot be without, and those that matter most."""
    if name in RECURRENT:
        options = {"return_sequences": st.booleans(), "return_state": st.just(True), "stateful": st.just(True)}
        given = {"units": draw(UNITS), "return_sequences": draw(options["return_sequences"])}
        given |= {"return_state": True} if chance(draw, 6) else {}
        is_known = bool(shape) and shape[0] is not None
        return given | ({"stateful": True} if chance(draw, 3 if is_known else 60) else {})
    match name:
        case "Dense":
            return {"units": draw(UNITS)}
        case "Embedding":
            return {"input_dim": draw(SIZES), "output_dim": draw(UNITS)}
        case "Activation":
            return {"activation": draw(ACTIVATIONS)}
        case "RepeatVector":
            return {"n": draw(SIZES)}
        case "Dropout" | "AlphaDropout":
            noise = {"noise_shape": [None, *(1 for _ in shape[1:])]} if chance(draw, 5) else {}
            return {"rate": draw(RATES), **noise}
        case "SpatialDropout1D" | "GaussianDropout":
            return {"rate": draw(RATES)}
        case "GaussianNoise":
            return {"stddev": draw(RATES)}
        case "Permute":
            return {"dims": draw(st.permutations(range(1, max(len(shape), 2))))}
        case "Reshape":
            return {"target_shape": draw(targets(shape))}
        case "Conv1D" | "Conv2D":
            return {"filters": draw(UNITS), "kernel_size": draw(st.integers(1, 3))}
        case "Rescaling":
            return {"scale": draw(st.sampled_from([0.5, 2]))}
        case "MultiHeadAttention":
            return {"num_heads": draw(st.integers(1, 3)), "key_dim": draw(UNITS)}
        case "Dot":
            return {"axes": draw(st.sampled_from([1, -1, [1, 1], [1, 2]]))}
        case "Concatenate":
            return {"axis": draw(st.sampled_from([-1, 1, 2]))}
    return {}


@st.composite
def targets(draw: DrawFn, shape: Shape) -> list[int]:
    """A shape of the same size as a sample, mostly."""
    if None in shape[1:] or chance(draw, 12):
        return draw(st.lists(st.sampled_from([1, 2, 3, -1]), max_size=3))
    size = 1
    for axis in shape[1:]:
        size *= axis or 1
    sizes = []
    for _ in range(draw(st.integers(0, 2))):
        part = draw(st.sampled_from([each for each in range(1, size + 1) if size % each == 0]))
        sizes.append(part)
        size //= part
    return [*sizes, draw(st.sampled_from([size, -1]))]


@st.composite
def directions(draw: DrawFn, shape: Shape, words: Words) -> tuple[Layer, Layer | None]:
    """The layers of a Bidirectional: one, or one for each direction."""
    forward = draw(layer_of(draw(st.sampled_from(RECURRENT)), shape, words))
    if not chance(draw, 15):
        forward = given_other(forward, go_backwards=False)
    if not chance(draw, 4):
        return forward, None
    backward = draw(layer_of(draw(st.sampled_from([forward.class_name, *RECURRENT])), shape, words))
    alike = {name: forward.arguments.get(name, False) for name in ("return_sequences", "return_state", "stateful")}
    alike |= {"units": forward.arguments["units"], "go_backwards": not forward.arguments.get("go_backwards", False)}
    kept = {name: each for name, each in alike.items() if name == "units" or not chance(draw, 20)}
    return forward, given_other(backward, **kept)  # of unequal units Keras infers what it does not give: test_noted.py


def given_other(layer: Layer, **arguments: Any) -> Layer:
    """The layer with some arguments replaced."""
    return replace(layer, arguments={**layer.arguments, **arguments})


@st.composite
def inner_models(draw: DrawFn, name: str, shape: Shape, words: Words, depth: int) -> Layer:
    """A model as a layer; it states its input, or takes what it is called on."""
    given: tuple[Input, ...] = (Input(shape[1:], shape[0]),)
    if chance(draw, 8):
        given = (Input(tuple(draw(st.sampled_from([axis, None])) for axis in shape[1:]), shape[0]),)
    if chance(draw, 12):
        given = (Input(given[0].shape, given[0].batch, draw(st.sampled_from(INPUT_DTYPES))),)
    inner_words = Words(words.one_wrong_in)
    frozen = chance(draw, 10)
    form = draw(st.sampled_from(["mapping", "short", "beside"]))
    if name == "Model":
        model = draw(functional(given, inner_words, depth, words.draw(draw)))
        return Layer("Model", model=model, frozen=frozen, form=form)
    has_input = draw(st.booleans())
    trainable = draw(st.booleans()) if not frozen and chance(draw, 8) else None
    calls = draw(chains((given[0].batch, *given[0].shape), inner_words, depth, least=1))
    inputs = given if has_input else ()
    model = Model("sequential", inputs, calls, name=words.draw(draw), trainable=trainable)
    return Layer("Sequential", model=model, frozen=frozen, form=form)


# Models.


@st.composite
def inputs(draw: DrawFn, name: str | None = None) -> Input:
    """An input of any rank, mostly a sequence."""
    rank = draw(st.sampled_from([2, 2, 2, 2, 1, 1, 3, 0]))
    sizes = [draw(SIZES) for _ in range(rank)]
    shape: list[int | None] = list(sizes)
    if rank > 1 and chance(draw, 4):
        shape[0] = None
    if rank > 0 and chance(draw, 30):
        shape[-1] = None
    batch = draw(SIZES) if chance(draw, 4) else None
    dtype = draw(st.sampled_from(INPUT_DTYPES)) if chance(draw, 5) else None
    return Input(tuple(shape), batch, dtype, name)


@st.composite
def chains(draw: DrawFn, shape: Shape, words: Words, depth: int, least: int = 1) -> tuple[Call, ...]:
    """The layers of a Sequential."""
    calls: list[Call] = []
    current: list[Shape] | None = [shape]
    for _ in range(draw(st.integers(least, 6 - 2 * depth))):
        if len(current) > 1:
            layer = draw(merges(current, words)) if draw(st.booleans()) else draw(layers(current[0], words, depth))
        else:
            layer = draw(layers(current[0], words, depth, wrong=chance(draw, words.one_wrong_in)))
        repeat = draw(repeats(layer))
        calls.append(Call(layer, repeat=repeat))
        current = guess_repeated(layer, current, repeat)
        if not current:
            break
    return tuple(calls)


@st.composite
def sequential(draw: DrawFn, one_wrong_in: int = 30) -> Model:
    """A Sequential model."""
    words = Words(one_wrong_in)
    given = draw(inputs())
    calls = draw(chains((given.batch, *given.shape), words, 0))
    form = draw(st.sampled_from(["input", "input", "item"]))
    dtype = draw(st.sampled_from(DTYPES)) if chance(draw, 10) else None
    model = Model("sequential", (given,), calls, name=words.draw(draw), dtype=dtype, form=form)
    return without_input(model) if chance(draw, 10) else model


def without_input(model: Model) -> Model:
    """The model with its input stated by its first layer alone: by a model inside, or by its `input_shape`."""
    first, *others = model.calls
    assert isinstance(first.layer, Layer)
    if first.layer.class_name.startswith("SpatialDropout"):  # which took an input_shape in Keras 2
        return model
    if first.layer.model is not None and not others:  # Keras asks a model for its shape when another layer follows
        return model
    if first.layer.model is None:
        first = replace(first, layer=given_other(first.layer, input_shape=list(model.inputs[0].shape)))
    return replace(model, inputs=(), calls=(first, *others), form="input")


@st.composite
def functional_models(draw: DrawFn, one_wrong_in: int = 30) -> Model:
    """A functional model."""
    words = Words(one_wrong_in)
    count = draw(st.sampled_from([1, 1, 1, 2, 2, 3]))
    names = [words.draw(draw) or f"input {number}" for number in range(count)]
    names = [f"input {i}" if name in names[:i] else name for i, name in enumerate(names)]  # a spec has each once
    given = [draw(inputs(None if count == 1 else name)) for name in names]
    if count > 1 and draw(st.booleans()):
        given = [Input(each.shape, given[0].batch, each.dtype, each.name) for each in given]
    if count > 1 and len(given[0].shape) == 2 and chance(draw, 3):
        other = (draw(SIZES), given[0].shape[1])  # what a layer of the first can be called on again
        given[1] = replace(given[1], shape=other, batch=given[0].batch)
    dtype = draw(st.sampled_from(DTYPES)) if chance(draw, 10) else None
    return draw(functional(tuple(given), words, 0, words.draw(draw), dtype))


class Pool:
    """The tensors of a graph so far, with the shapes that they probably have."""

    def __init__(self, given: tuple[Input, ...]) -> None:
        self.shapes: dict[Ref, Shape] = {(-1 - i, 0): (each.batch, *each.shape) for i, each in enumerate(given)}
        self.calls: list[Call] = []
        self.used: set[Ref] = set()

    def layer(self, number: int) -> Layer:
        """The layer of a call, looked up where it is called again."""
        layer = self.calls[number].layer
        return self.layer(layer) if isinstance(layer, int) else layer

    def add(self, call: Call) -> bool:
        """Add a call; whether its outputs' shapes can be guessed."""
        self.calls.append(call)
        number = len(self.calls) - 1
        refs = call.inputs or ((number - 1, 0),)
        self.used |= {*refs, *call.states}
        outputs = guess_repeated(self.layer(number), [self.shapes[ref] for ref in refs], call.repeat)
        for position, shape in enumerate(outputs or []):
            self.shapes[number, position] = shape
        return bool(outputs)

    def unused(self) -> list[Ref]:
        """An output of each call of which none goes anywhere."""
        used = {call for call, _ in self.used}
        return [(number, 0) for number in range(len(self.calls)) if number not in used]


@st.composite
def masked_models(draw: DrawFn) -> Model:
    """A functional model all of whose sequences begin with a mask."""
    count = draw(st.sampled_from([1, 2, 2, 3]))
    features = draw(SIZES)
    given = []
    for number in range(count):
        rank = draw(st.sampled_from([1, 2, 2, 2]))
        timesteps = draw(st.sampled_from([3, 4, 4, None]))
        shape = (timesteps, features) if rank == 2 else (timesteps,)
        dtype = draw(st.sampled_from(INPUT_DTYPES)) if chance(draw, 4) else None
        given.append(Input(shape, dtype=dtype, name=f"input {number}" if count > 1 else None))
    dtype = draw(st.sampled_from(DTYPES)) if chance(draw, 8) else None
    return draw(functional(tuple(given), Words(), 0, None, dtype, features))


def masking(draw: DrawFn, pool: Pool, number: int, features: int) -> None:
    """Add a mask to one of the inputs."""
    ref = (-1 - number, 0)
    given = few(draw, COMMON, most=1)
    if len(pool.shapes[ref]) == 3:
        pool.add(Call(Layer("Masking", given), (ref,)))
    else:
        pool.add(Call(Layer("Embedding", {"input_dim": 5, "output_dim": features, "mask_zero": True, **given}), (ref,)))


@st.composite
def functional(
    draw: DrawFn,
    given: tuple[Input, ...],
    words: Words,
    depth: int,
    name: str | None,
    dtype: str | None = None,
    masked: int | None = None,
) -> Model:
    """A functional model with these inputs; with a mask on each, of sequences of so many features, where `masked`."""
    pool = Pool(given)
    for number in range(len(given) if masked else 0):
        masking(draw, pool, number, masked or 1)
    for _ in range(draw(st.integers(1, 8 - 3 * depth))):
        if not pool.add(draw(graph_calls(pool, len(given), words, depth))):
            break
    form = draw(st.sampled_from(["input", "item"])) if len(given) == 1 and depth == 0 else "input"
    return Model("functional", given, tuple(pool.calls), draw(graph_outputs(pool)), name, dtype, form=form)


@st.composite
def graph_calls(draw: DrawFn, pool: Pool, count: int, words: Words, depth: int) -> Call:
    """One more call in a graph."""
    kind = draw(st.integers(0, 11))
    if kind >= 10 and pool.calls:
        return draw(repeated(pool))
    if kind == 9:
        refs = draw(attended(pool))
        if refs:
            layer = draw(layer_of(draw(st.sampled_from(ATTENTION)), (), words))
            return Call(layer, refs, is_list=True)
    if kind >= 7:
        refs = draw(merged(pool, chance(draw, words.one_wrong_in)))
        layer = draw(merges([pool.shapes[ref] for ref in refs], words))
        return Call(layer, refs, is_list=True)
    if kind == 6 and depth < 2 and len(pool.shapes) > 1:
        refs = tuple(draw(st.lists(st.sampled_from(list(pool.shapes)), min_size=2, max_size=3)))
        given = tuple(Input(pool.shapes[ref][1:], pool.shapes[ref][0], None, f"in {i}") for i, ref in enumerate(refs))
        return Call(
            Layer("Model", model=draw(functional(given, Words(words.one_wrong_in), depth + 1, words.draw(draw)))), refs
        )
    ref, refs = draw(taken(pool, count))
    layer = draw(layers(pool.shapes[ref], words, depth, wrong=chance(draw, words.one_wrong_in)))
    if chance(draw, 2 * words.one_wrong_in):  # one tensor too many
        return Call(layer, (ref, draw(st.sampled_from(list(pool.shapes)))), is_list=True)
    layer, states = draw(with_states(pool, layer))
    repeat = 1 if states else draw(repeats(layer))
    return Call(layer, refs, states, is_list=bool(refs) and chance(draw, 10), repeat=repeat)


@st.composite
def repeats(draw: DrawFn, layer: Layer) -> int:
    """How many such layers stand one above another; one, where references inside would have to name each's own."""
    has_references = any(each.model and each.model.kind == "functional" for each in with_those_inside(layer))
    return draw(st.integers(2, 3)) if not has_references and chance(draw, 15) else 1


@st.composite
def taken(draw: DrawFn, pool: Pool, count: int) -> tuple[Ref, tuple[Ref, ...]]:
    """A tensor for a call: mostly that above, which needs no naming."""
    above = (len(pool.calls) - 1, 0)
    is_plain = above in pool.shapes and (above[0] >= 0 or count == 1)
    is_plain = is_plain and (above[0] < 0 or has_main_output(pool.layer(above[0])))
    if is_plain and draw(st.integers(0, 2)):
        return above, ()
    ref = draw(st.sampled_from(list(pool.shapes)))
    return ref, (ref,)


@st.composite
def with_states(draw: DrawFn, pool: Pool, layer: Layer) -> tuple[Layer, tuple[Ref, ...]]:
    """A recurrent layer with initial states now and then; its units become those of a state that there is."""
    recurrent = layer.wrapped if layer.class_name == "Bidirectional" else layer
    vectors = [ref for ref, shape in pool.shapes.items() if len(shape) == 2 and shape[1] is not None]
    is_recurrent = recurrent is not None and recurrent.class_name in RECURRENT
    if not is_recurrent and vectors and chance(draw, 40):
        return layer, (vectors[0],)
    if not vectors or recurrent is None or not is_recurrent or not draw(st.booleans()):
        return layer, ()
    units = pool.shapes[draw(st.sampled_from(vectors))][1]
    number = (2 if recurrent.class_name == "LSTM" else 1) * (2 if layer.class_name == "Bidirectional" else 1)
    layer = of_units(layer, units)
    fitting = [ref for ref in vectors if pool.shapes[ref][1] == units]
    if chance(draw, 15):
        fitting, number = vectors, draw(st.integers(1, 4))
    return layer, tuple(draw(st.sampled_from(fitting)) for _ in range(number))


def of_units(layer: Layer, units: int | None) -> Layer:
    """A recurrent layer, or both layers of a Bidirectional, with that number of units."""
    if layer.wrapped is None:
        return given_other(layer, units=units)
    backward = layer.backward and of_units(layer.backward, units)
    return replace(layer, wrapped=of_units(layer.wrapped, units), backward=backward)


@st.composite
def merged(draw: DrawFn, pool: Pool, wrong: bool = False) -> tuple[Ref, ...]:
    """Tensors for a merging layer: of one shape, or of any."""
    first = draw(st.sampled_from(list(pool.shapes)))
    alike = [ref for ref, shape in pool.shapes.items() if len(shape) == len(pool.shapes[first])]
    same = [ref for ref in alike if pool.shapes[ref] == pool.shapes[first]]
    among = list(pool.shapes) if wrong else draw(st.sampled_from([same, same, alike]))
    return (first, *draw(st.lists(st.sampled_from(among), min_size=0 if chance(draw, 6) else 1, max_size=2)))


@st.composite
def attended(draw: DrawFn, pool: Pool) -> tuple[Ref, ...]:
    """A query and a value, now and then a key, all sequences of one number of features; none where there are none."""
    sequences = [ref for ref, shape in pool.shapes.items() if len(shape) == 3 and shape[2] is not None]
    if not sequences:
        return ()
    first = pool.shapes[draw(st.sampled_from(sequences))]
    alike = [ref for ref in sequences if pool.shapes[ref][2] == first[2]]
    if chance(draw, 10):
        alike = sequences
    return tuple(draw(st.lists(st.sampled_from(alike), min_size=2, max_size=3)))


@st.composite
def merges(draw: DrawFn, shapes: list[Shape], words: Words) -> Layer:
    """A merging layer for tensors of these shapes."""
    name = draw(st.sampled_from(["Concatenate", "Concatenate", *MERGES]))
    given = few(draw, OPTIONS.get(name, COMMON), most=2)
    rank = len(shapes[0])
    if name == "Concatenate" and draw(st.booleans()):
        given["axis"] = draw(st.integers(-rank, rank))
    if name == "Dot":
        given["axes"] = draw(dot_axes(shapes))
    form = draw(st.sampled_from(["mapping", "beside", "call", "short"]))
    return Layer(name, given, name=words.draw(draw), frozen="trainable" not in given and chance(draw, 20), form=form)


@st.composite
def dot_axes(draw: DrawFn, shapes: list[Shape]) -> int | list[int]:
    """Axes of one size, where there are some."""
    first, second = shapes[0], shapes[-1]
    equal = [[i, j] for i in range(1, len(first)) for j in range(1, len(second)) if first[i] == second[j]]
    if equal and not chance(draw, 10):
        i, j = draw(st.sampled_from(equal))
        pair = [draw(st.sampled_from([i, i - len(first)])), draw(st.sampled_from([j, j - len(second)]))]
        return pair[0] if pair[0] == pair[1] and draw(st.booleans()) else pair
    return draw(st.one_of(st.integers(-3, 3), st.lists(st.integers(-3, 3), min_size=2, max_size=2)))


@st.composite
def repeated(draw: DrawFn, pool: Pool) -> Call:
    """An earlier layer called again, mostly on tensors that it can take."""
    number = draw(st.integers(0, len(pool.calls) - 1))
    layer = pool.layer(number)
    earlier = pool.calls[number].inputs or ((number - 1, 0),)
    refs = []
    for ref in earlier:
        shape = pool.shapes[ref]
        alike = [
            other
            for other, each in pool.shapes.items()
            if len(each) == len(shape) and each[-1:] == shape[-1:] and (layer.model is None or each == shape)
        ]
        refs.append(draw(st.sampled_from(list(pool.shapes) if chance(draw, 25) else alike)))
    return Call(number, tuple(refs), is_list=pool.calls[number].is_list)


@st.composite
def graph_outputs(draw: DrawFn, pool: Pool) -> tuple[Ref, ...] | None:
    """Outputs such that each call is needed; None where the last layer's outputs are all."""
    unused = pool.unused()
    last = len(pool.calls) - 1
    if unused == [(last, 0)] and draw(st.booleans()):
        return None
    counts = {number: sum(call == number for call, _ in pool.shapes) or 1 for number, _ in unused}
    outputs = [(number, draw(st.integers(0, counts[number] - 1))) for number, _ in unused]
    if chance(draw, 5):
        outputs.append(draw(st.sampled_from(list(pool.shapes))))
    return tuple(draw(st.permutations(outputs)) if outputs else [(last, 0)])


any_model = st.one_of(sequential(), functional_models(), masked_models())
wrong_models = st.one_of(sequential(3), functional_models(3))
