"""Attention: each timestep of a query takes a weighted sum of values, by how well it fits their keys."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from lstmcalc.errors import Refusal, Remark
from lstmcalc.layers.arguments import (
    BOOLEAN,
    SEED,
    Boolean,
    Constraint,
    Initializer,
    OptionalAxes,
    OptionalBoolean,
    OptionalPositive,
    OptionalSizes,
    Positive,
    Rate,
    Regularizer,
    Rule,
    ScoreMode,
    Seed,
)
from lstmcalc.layers.base import Layer, MaskMaker, Names, Product, Ran, Running, Tensor, Weight, floats, product_of
from lstmcalc.layers.declared import FEATURES_LAST, SEQUENCE, ClosedForm, Example, Tensors, When
from lstmcalc.layers.einsum import EinsumDense
from lstmcalc.shapes import Shape, Shapes, agree, broadcast, format_shape, known

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

# What Keras takes when the layer is called, and a spec beside the class or among its arguments.
OF_THE_CALL = {"return_attention_scores": BOOLEAN, "use_causal_mask": BOOLEAN}


class AttentionLayer(Layer, frozen=True, eq=False, kw_only=True):
    """What attention layers have in common: they are called on query and value, or on query, value and key."""

    inputs_taken: ClassVar[tuple[int, int | None]] = (2, 3)
    first_axis_is_time: ClassVar[bool] = True
    call_arguments: ClassVar[dict[str, Rule]] = OF_THE_CALL
    inputs_help: ClassVar[str | None] = (
        "name query and value, and the key where it is another one: 'from: [query, value]'; "
        "self-attention is 'from: [x, x]'"
    )

    return_attention_scores: bool = False
    use_causal_mask: bool = False

    @property
    def least_rank(self) -> int:
        """The fewest axes that its tensors may have: of 2, the samples stand where the timesteps should."""
        return 2

    @property
    def output_names(self) -> tuple[str | None, ...]:
        return (None, "attention_scores") if self.return_attention_scores else (None,)

    def query_value_key(self, inputs: Shapes) -> tuple[Shape, Shape, Shape]:
        """The shapes of query, value and key, which fit each other in all axes but the last."""
        query, value, *rest = inputs
        key = rest[0] if rest else value
        found = f"has query {format_shape(query)}, value {format_shape(value)} and key {format_shape(key)}"
        if min(map(len, inputs)) < self.least_rank or (self.is_strict and len({len(shape) for shape in inputs}) > 1):
            raise self._of_one_rank(found)
        return query, value, key

    def _of_one_rank(self, found: str) -> Refusal:
        return Refusal(
            f"{self.class_name} takes tensors of one rank, at least 3 axes (samples, timesteps, features), but {found}"
        )

    def doubts(self, inputs: Shapes) -> Iterator[Refusal]:
        query, value, key = self.query_value_key(inputs)
        found = f"has query {format_shape(query)}, value {format_shape(value)} and key {format_shape(key)}"
        if len({len(shape) for shape in inputs}) > 1:
            yield self._of_one_rank(found)
        elif value[1:-1] != key[1:-1] if self.is_strict else not agree(value[1:-1], key[1:-1]):
            yield Refusal(f"{self.class_name} takes a key for each value, but {found}")

    @property
    def is_strict(self) -> bool:
        """Whether Keras looks at the axes: an unknown number of values fits no known number of keys then."""
        return False

    def fit_mask(self, mask: "Array", scores: Shape) -> "Array":
        """A mask that broadcasts to the scores. Raises Refusal for another, on which Keras fails."""
        if broadcast(scores, mask.shape) != scores:
            raise Refusal(
                f"{self.class_name} cannot apply its masks, {format_shape(mask.shape)} together, to scores of "
                f"{format_shape(scores)}",
                "Keras 3 fails on it too: let no mask reach this layer",
            )
        return mask


class Attention(AttentionLayer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Attention by the product of query and key."
    source: ClassVar[str] = "Luong et al. 2015; keras.layers.Attention"
    takes: ClassVar[Tensors] = Tensors(
        (("samples", "...", "steps", "features"), ("samples", "...", "timesteps", "values")),
        "query {}, value {}, key (as value; features)",
    )
    gives: ClassVar[Tensors] = Tensors(
        (("samples", "...", "steps", "values"), ("samples", "...", "steps", "timesteps")),
        "{}; the scores {} with return_attention_scores",
    )
    closed_form: ClassVar[ClosedForm] = ClosedForm("0", "; 1 more with use_scale, 1 more with score_mode concat")
    takes_list: ClassVar[bool] = True
    mask_arguments: ClassVar[tuple[str, ...]] = ("mask",)

    use_scale: Boolean = False
    score_mode: ScoreMode = "dot"
    dropout: Rate = 0.0
    seed: Seed = None

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        scale = (self.weight("scale", initializer="ones"),) if self.use_scale else ()
        is_concat = self.score_mode == "concat"
        return (*scale, self.weight("concat_score_weight", initializer="ones")) if is_concat else scale

    def output_shapes(self, inputs: Shapes) -> Shapes:
        query, value, key = self.query_value_key(inputs)
        output = (*query[:-1], value[-1])
        return (output, (*query[:-1], key[-2])) if self.return_attention_scores else (output,)

    def doubts(self, inputs: Shapes) -> Iterator[Refusal]:
        yield from super().doubts(inputs)
        query, _, key = self.query_value_key(inputs)
        features = {query[-1], key[-1]} - {None}
        if len(features) > 1 and (self.score_mode == "dot" or 1 not in features):
            yield Refusal(
                f"{self.class_name} takes query and key of one number of features, but the query is "
                f"{format_shape(query)} and the key {format_shape(key)}"
            )

    def remarks(self, inputs: Shapes) -> tuple[Remark, ...]:
        query, _, key = self.query_value_key(inputs)
        found = []
        if len(query) == 2:
            found.append(mixes_samples(f"its tensors have 2 axes, {format_shape(query)} of the query"))
        if None not in (query[-1], key[-1]) and query[-1] != key[-1] and 1 in (query[-1], key[-1]):
            few, many = ("query", key[-1]) if query[-1] == 1 else ("key", query[-1])
            found.append(
                Remark(
                    f"the {few} has 1 feature, which is added to each of the {many} of the other",
                    "give query and key one number of features",
                )
            )
        return tuple(found)

    def products(self, inputs: Shapes) -> tuple[Product, ...] | None:
        query, value, key = self.query_value_key(inputs)
        if len(query) == 2 and key[0] is None:  # as many as there are samples in a batch
            return None
        pairs = (*query[1:-1], key[-2])
        features = key[-1] if query[-1] == 1 else query[-1]
        scores = (product_of(*pairs, features),) if self.multiplies else ()
        return (*scores, product_of(*pairs, value[-1]))

    @property
    def multiplies(self) -> bool:
        """Whether the scores are a matrix product, or that of a weight."""
        return self.score_mode == "dot"

    def masks(self, inputs: Sequence[Tensor], make: MaskMaker) -> tuple[Tensor | None, ...]:
        mask = inputs[0].mask
        return () if mask is None else (make("ConvertToTensor", (mask,), mask.shape),)

    def scores(self, run: Running, query: "Array", key: "Array") -> "Array":
        """How well each key fits each query."""
        from lstmcalc.kernels.attention import dot_scores, tanh_scores

        scale = run.weight("scale") if self.use_scale else 1.0
        if self.score_mode == "dot":
            return dot_scores(query, key) * scale if self.use_scale else dot_scores(query, key)
        return tanh_scores(query, key, scale) * run.weight("concat_score_weight")

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.attention import causal, weigh

        query, value, *rest = floats(run)
        scores = self.scores(run, query, rest[0] if rest else value)
        of_query, mask = run.masks[:2]
        if mask is not None:
            mask = mask[..., None, :] if self.use_causal_mask or mask.ndim == 2 else mask
        if self.use_causal_mask:
            earlier = causal(*scores.shape[-2:])
            mask = earlier if mask is None else mask & self.fit_mask(earlier, (*mask.shape[:-2], *scores.shape[-2:]))
        y, weights = weigh(scores, value, None if mask is None else self.fit_mask(mask, scores.shape))
        if of_query is not None:
            y = y * self.fit_mask(of_query[..., None], y.shape)
        return Ran((y, weights) if self.return_attention_scores else (y,), (of_query,))


class AdditiveAttention(Attention, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Attention by the sum of query and key through a tanh."
    source: ClassVar[str] = "Bahdanau et al. 2014; keras.layers.AdditiveAttention"
    closed_form: ClassVar[ClosedForm] = ClosedForm("features", otherwise=(When("use_scale", False, "0"),))
    keywords: ClassVar[dict[str, Rule]] = {"seed": SEED}

    use_scale: Boolean = True
    dropout: Rate = 0.0
    score_mode: str = "concat"

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        if not self.use_scale:
            return ()
        return (self.weight("scale", known(inputs[0], -1, "AdditiveAttention"), initializer="glorot_uniform"),)

    @property
    def multiplies(self) -> bool:
        return self.use_scale

    def scores(self, run: Running, query: "Array", key: "Array") -> "Array":
        from lstmcalc.kernels.attention import tanh_scores

        return tanh_scores(query, key, outer=run.weight("scale") if self.use_scale else 1.0)


class HeadedAttention(AttentionLayer, frozen=True, eq=False, kw_only=True):
    """What attention layers with heads have in common: four or five EinsumDense inside, and the attention itself."""

    mask_arguments: ClassVar[tuple[str, ...]] = ("query_mask", "value_mask", "key_mask", "attention_mask")
    call_inputs: ClassVar[tuple[str, ...]] = ("query", "value", "key")

    use_bias: Boolean = True
    dropout: Rate = 0.0
    sliding_window: OptionalPositive = None
    flash_attention: OptionalBoolean = None
    use_gate: Boolean = False
    kernel_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"

    def saved_inner(self, inner: Sequence[Layer]) -> tuple[str, ...]:
        """The attributes of Keras's that hold them: `query_dense`, `output_dense`."""
        return tuple(f"{each.name.removeprefix('attention_')}_dense" for each in inner)

    @property
    def is_strict(self) -> bool:
        return True

    def check(self) -> None:
        if self.flash_attention and self.dropout > 0:
            raise Refusal(f"{self.class_name} has no dropout with flash_attention", argument="dropout")
        if self.flash_attention and self.return_attention_scores:
            raise Refusal(f"{self.class_name} has no scores to return with flash_attention", argument="flash_attention")

    def bind(self, inputs: Shapes, names: Names) -> Layer:
        names.give("Softmax")
        names.give("Dropout")
        return self

    def dense(
        self, name: str, equation: str, output: tuple[int, ...], bias_axes: str, activation: str | None = None
    ) -> EinsumDense:
        """One of the layers inside; unknown axes of its output stand before `output`."""
        rank = len(equation.split(">")[1]) - 1
        return EinsumDense(
            name=name,
            dtype=self.dtype,
            trainable=not self.is_frozen,
            equation=equation,
            output_shape=(None,) * (rank - len(output)) + output,
            activation=activation,
            bias_axes=bias_axes if self.use_bias else None,
            kernel_initializer=self.kernel_initializer,
            bias_initializer=self.bias_initializer,
        )

    def attention(self, inputs: Shapes) -> tuple[Product, ...]:
        """The two products of attention: scores, and the weighted sum."""
        raise NotImplementedError

    @property
    def repeats(self) -> int:
        """How many heads of the query share one of the keys and values."""
        return 1

    def attended(self, inputs: Shapes) -> tuple[int, ...]:
        """The axes that are attended over."""
        return (1,)

    def is_fused(self, rank: int) -> bool:
        """Whether Keras takes its fused product, of tensors of so many axes.

        It attends over the timesteps, whatever axes are named (`_compute_attention` in
        keras/src/layers/attention/multi_head_attention.py).
        """
        return not (self.dropout or self.return_attention_scores or rank != 3)

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.attention import heads

        query, value, *rest = floats(run)
        is_fused = self.is_fused(query.ndim)
        axes = (1,) if is_fused else self.attended((query.shape, value.shape))
        gate = run.inner(2, (query,)).outputs[0] if self.use_gate else None
        after = 2 + self.use_gate
        queries, keys, values = (
            run.inner(number, (x,)).outputs[0]
            for number, x in ((0, query), (1, rest[0] if rest else value), (after, value))
        )
        if self.repeats > 1:
            keys, values = keys.repeat(self.repeats, axis=2), values.repeat(self.repeats, axis=2)
        mask = self._mask(run, queries.shape, value.shape, axes)
        y, weights = heads(queries / queries.shape[-1] ** 0.5, keys, values, mask, axes, is_fused)
        (y,) = run.inner(after + 1, (y if gate is None else y * gate,)).outputs
        return Ran((y, weights) if self.return_attention_scores else (y,), run.passed_masks[:1])

    def query_mask(self, run: Running) -> "Array | None":
        """The mask of the query."""
        return run.masks[0]

    def _mask(self, run: Running, query: Shape, value: Shape, axes: tuple[int, ...]) -> "Array | None":
        """All masks in one: of query, value and key, the causal one, and that of the sliding window."""
        from lstmcalc.kernels.attention import causal, sliding

        steps, timesteps = run.inputs[0].shape[1], run.inputs[1].shape[1]
        of_value, of_key, of_scores = (*run.masks[1:], None, None)[:3]
        of_query = self.query_mask(run)
        found = [] if of_query is None else [of_query[..., :, None]]
        found += [mask[..., None, :] for mask in (of_value, of_key) if mask is not None]
        found += [] if of_scores is None else [of_scores]
        found += [causal(steps, timesteps)] if self.use_causal_mask else []
        found += [sliding(steps, timesteps, self.sliding_window)] if self.sliding_window else []
        if not found:
            return None
        joined = found[0]
        for mask in found[1:]:
            joined = joined & self.fit_mask(mask, broadcast(joined.shape, mask.shape) or joined.shape)
        kept = [i for i in range(len(query) - 1) if i not in axes]
        scores = (*(query[i] for i in kept), *(query[i] for i in axes), *(value[i] for i in axes))
        place = 2 * len(axes)  # the heads and other axes stand before those of query and key
        if joined.ndim < place:
            return self.fit_mask(joined, joined.shape[:1])
        shape = (*joined.shape[: joined.ndim - place], *(1,) * (len(scores) - joined.ndim), *joined.shape[-place:])
        return self.fit_mask(joined.reshape(shape), scores)

    def masks(self, inputs: Sequence[Tensor], make: MaskMaker) -> tuple[Tensor | None, ...]:
        return (inputs[0].mask,)

    def products(self, inputs: Shapes) -> tuple[Product, ...] | None:
        if 0 in self.attended(inputs) and not self.is_fused(len(inputs[0])) and inputs[1][0] is None:
            return None  # as many as there are samples in a batch
        inside = (product for layer, shapes in self.inner(inputs) for product in layer.products(shapes) or ())
        return (*inside, *self.attention(inputs))


class MultiHeadAttention(HeadedAttention, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Attention with several heads, each on its own projections."
    source: ClassVar[str] = "Vaswani et al. 2017; keras.layers.MultiHeadAttention"
    takes: ClassVar[Tensors] = Tensors(
        (FEATURES_LAST, ("samples", "...", "values"), ("samples", "...", "keys")), "query {}, value {}, key {}"
    )
    gives: ClassVar[Tensors] = Tensors(
        (FEATURES_LAST, ("samples", "num_heads", "steps", "steps")),
        ("{} as the query, or output_shape in place of its features; the scores {} with return_attention_scores"),
    )
    closed_form: ClassVar[ClosedForm] = ClosedForm(
        "num_heads*key_dim*(features+keys+2) + num_heads*value_dim*(values+features+1) + features",
        null={"value_dim": "key_dim"},
    )
    example: ClassVar[Example] = Example(
        inputs=(("samples", "steps", "features"), ("samples", "timesteps", "values"), ("samples", "timesteps", "keys"))
    )
    drops_masks: ClassVar[bool] = True
    num_heads: Positive
    key_dim: Positive
    value_dim: OptionalPositive = None
    dropout: Rate = 0.0
    use_bias: Boolean = True
    output_shape: OptionalSizes = None
    attention_axes: OptionalAxes = None
    sliding_window: OptionalPositive = None
    flash_attention: OptionalBoolean = None
    kernel_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    bias_constraint: Constraint = None
    use_gate: Boolean = False
    seed: Seed = None

    def query_mask(self, run: Running) -> "Array | None":
        # `MultiHeadAttention.call` of Keras 3 puts the mask that hangs on the query in place of a `query_mask` given.
        return run.passed_masks[0]

    @property
    def width(self) -> int:
        """The size of a head's values."""
        return self.value_dim or self.key_dim

    def inner(self, inputs: Shapes) -> tuple[tuple[Layer, Shapes], ...]:
        query, value, key = self.query_value_key(inputs)
        axes = "abcdefghijklmnopqrstuvwxyz"[: len(query) - 1]
        into = f"{axes}X,XYZ->{axes}YZ"
        keys, values = (self.num_heads, self.key_dim), (self.num_heads, self.width)
        last = self._last(query)
        letters = "QRSTUVW"[: len(last)]
        gate = ((self.dense("gate", into, values, "YZ", "sigmoid"), (query,)),) if self.use_gate else ()
        output = self.dense("attention_output", f"{axes}YZ,YZ{letters}->{axes}{letters}", last, letters)
        return (
            (self.dense("query", into, keys, "YZ"), (query,)),
            (self.dense("key", into, keys, "YZ"), (key,)),
            *gate,
            (self.dense("value", into, values, "YZ"), (value,)),
            (output, ((*query[:-1], *values),)),
        )

    def output_shapes(self, inputs: Shapes) -> Shapes:
        query, value, _ = self.query_value_key(inputs)
        attended = self.attended(inputs)
        for axis in range(1, len(query) - 1):
            if axis not in attended and None not in (query[axis], value[axis]) and query[axis] != value[axis]:
                raise Refusal(
                    f"MultiHeadAttention takes query and value of one size in axis {axis}, which it does not attend "
                    f"over, but has {format_shape(query)} and {format_shape(value)}",
                    argument="attention_axes",
                )
        output: Shape = (*query[:-1], *self._last(query))
        if not self.return_attention_scores:
            return (output,)
        return (output, (query[0], self.num_heads, query[1], query[1]))  # Keras takes the query's steps for both

    def doubts(self, inputs: Shapes) -> Iterator[Refusal]:
        yield from super().doubts(inputs)
        attended = self.attended(inputs)
        if not attended:
            yield Refusal(
                f"MultiHeadAttention attends over axes between samples and features, and {format_shape(inputs[0])} "
                "has none",
                "give it tensors of 3 axes (samples, timesteps, features)",
            )
        if 0 in attended and self.return_attention_scores:
            yield Refusal(
                "MultiHeadAttention gives no scores over the samples: Keras 3 says another shape than they have",
                "leave out return_attention_scores, or attend over other axes",
                "attention_axes",
            )

    def remarks(self, inputs: Shapes) -> tuple[Remark, ...]:
        if 0 not in self.attended(inputs):
            return ()
        if self.is_fused(len(inputs[0])):
            message = (
                "attention_axes names the samples, and Keras 3 attends over the timesteps all the same: of tensors of "
                "3 axes it looks at attention_axes with dropout or return_attention_scores alone"
            )
            return (Remark(message, "leave attention_axes out", "attention_axes"),)
        return (mixes_samples("attention_axes names the samples"),)

    def _last(self, query: Shape) -> tuple[int, ...]:
        """The axes of the output in place of the query's features."""
        if isinstance(self.output_shape, int):
            return (self.output_shape,)
        return self.output_shape or (known(query, -1, "MultiHeadAttention"),)

    def attention(self, inputs: Shapes) -> tuple[Product, ...]:
        query, value, _ = self.query_value_key(inputs)
        axes = (1,) if self.is_fused(len(query)) else self.attended(inputs)
        pairs = (*query[1:-1], *(value[axis] for axis in axes), self.num_heads)
        return (product_of(*pairs, self.key_dim), product_of(*pairs, self.width))

    def attended(self, inputs: Shapes) -> tuple[int, ...]:
        rank = len(inputs[0])
        if self.attention_axes is None:
            return tuple(range(1, rank - 1))
        written = (self.attention_axes,) if isinstance(self.attention_axes, int) else self.attention_axes
        axes = tuple(axis + rank if axis < 0 else axis for axis in written)
        if not axes or len(set(axes)) < len(axes) or not all(0 <= axis < rank - 1 for axis in axes):
            most = f"axes from 0 to {rank - 2} once each" if rank > 2 else "axis 0"
            raise Refusal(
                f"attention_axes must name {most}, before the features, but is {list(written)}",
                argument="attention_axes",
            )
        return axes


def mixes_samples(why: str) -> Remark:
    """The remark of attention over the samples of a batch."""
    return Remark(
        f"{why}, so that each sample attends to the others of its batch, and gives something else in another",
        "attend over timesteps: tensors of 3 axes (samples, timesteps, features)",
    )


class GroupedQueryAttention(HeadedAttention, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Attention whose heads share keys and values."
    source: ClassVar[str] = "Ainslie et al. 2023; keras.layers.GroupQueryAttention"
    takes: ClassVar[Tensors] = Tensors(
        (("samples", "steps", "features"), SEQUENCE, ("samples", "timesteps", "keys")), "query {}, value {}, key {}"
    )
    gives: ClassVar[Tensors] = Tensors(
        (("samples", "steps", "features"), ("samples", "num_query_heads", "steps", "timesteps")),
        "{}; the scores {} with return_attention_scores",
    )
    closed_form: ClassVar[ClosedForm] = ClosedForm(
        "num_query_heads*head_dim*(2*features+1) + num_key_value_heads*head_dim*(features+keys+2) + features"
    )

    head_dim: Positive
    num_query_heads: Positive
    num_key_value_heads: Positive
    dropout: Rate = 0.0
    use_bias: Boolean = True
    sliding_window: OptionalPositive = None
    flash_attention: OptionalBoolean = None
    kernel_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    bias_constraint: Constraint = None
    use_gate: Boolean = False
    seed: Seed = None

    def saved_inner(self, inner: Sequence[Layer]) -> tuple[str, ...]:
        """Here Keras has no public names for its private attributes: `_query_dense`."""
        return tuple(f"_{name}" for name in HeadedAttention.saved_inner(self, inner))

    def check(self) -> None:
        HeadedAttention.check(self)
        if self.num_query_heads % self.num_key_value_heads:
            raise Refusal(
                f"num_query_heads must be a multiple of num_key_value_heads ({self.num_key_value_heads}), "
                f"but is {self.num_query_heads}",
                argument="num_query_heads",
            )

    def inner(self, inputs: Shapes) -> tuple[tuple[Layer, Shapes], ...]:
        query, value, key = self.query_value_key(inputs)
        heads, groups = (self.num_query_heads, self.head_dim), (self.num_key_value_heads, self.head_dim)
        last = (known(query, -1, "GroupQueryAttention"),)
        gate = ((self.dense("gate", "bqm,muh->bquh", heads, "uh", "sigmoid"), (query,)),) if self.use_gate else ()
        return (
            (self.dense("query", "bqm,muh->bquh", heads, "uh"), (query,)),
            (self.dense("key", "bkm,mvh->bkvh", groups, "vh"), (key,)),
            *gate,
            (self.dense("value", "bkm,mvh->bkvh", groups, "vh"), (value,)),
            (self.dense("attention_output", "bquh,uhm->bqm", last, "m"), ((*query[:-1], *heads),)),
        )

    def output_shapes(self, inputs: Shapes) -> Shapes:
        query, value, _ = self.query_value_key(inputs)
        if len(query) != 3 or query[-1] != value[-1]:
            raise Refusal(
                "GroupQueryAttention takes query and value of 3 axes (samples, timesteps, features) with one number "
                f"of features, but has {format_shape(query)} and {format_shape(value)}"
            )
        samples, steps, _ = query
        scores = (samples, self.num_query_heads, steps, value[1])
        return (query, scores) if self.return_attention_scores else (query,)

    @property
    def repeats(self) -> int:
        return self.num_query_heads // self.num_key_value_heads

    def attention(self, inputs: Shapes) -> tuple[Product, ...]:
        query, value, _ = self.query_value_key(inputs)
        product = product_of(query[1], value[1], self.num_query_heads, self.head_dim)
        return (product, product)
