"""Dense, Embedding, Masking, Activation: the layers that others stand between."""

from collections.abc import Sequence
from typing import ClassVar

from lstmcalc.errors import Refusal
from lstmcalc.layers.arguments import (
    OPTIONAL_NUMBER,
    OPTIONAL_POSITIVE,
    Boolean,
    Constraint,
    Initializer,
    Number,
    OptionalDtype,
    OptionalNumber,
    OptionalPositive,
    Positive,
    Quantization,
    Regularizer,
    Rule,
    Values,
)
from lstmcalc.layers.arguments import (
    Activation as ActivationName,
)
from lstmcalc.layers.base import (
    Layer,
    MaskMaker,
    Product,
    Ran,
    Running,
    SavedSum,
    Tensor,
    Weight,
    floats,
    lora_sum,
    product_of,
)
from lstmcalc.layers.declared import ANY_AXES, FEATURES_LAST, SEQUENCE, ClosedForm, Tensors, When
from lstmcalc.shapes import Shape, Shapes, known, require_min_rank


class PassesMask(Layer, frozen=True, eq=False, kw_only=True):
    """A layer that gives its input's mask to its output."""

    def masks(self, inputs: Sequence[Tensor], make: MaskMaker) -> tuple[Tensor | None, ...]:
        return (inputs[0].mask,)


class Dense(PassesMask, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A matrix product with the last axis, a bias and an activation."
    source: ClassVar[str] = "keras.layers.Dense"
    takes: ClassVar[Tensors] = Tensors((FEATURES_LAST,))
    gives: ClassVar[Tensors] = Tensors((("samples", "...", "units"),))
    closed_form: ClassVar[ClosedForm] = ClosedForm("features*units+units")
    has_kernel: ClassVar[bool] = True

    of_more_axes: ClassVar[str] = (
        "Dense works on the last axis, with the same weights at each place before it; TimeDistributed around it would "
        "change nothing."
    )

    replaceable: ClassVar[tuple[str, ...]] = ("activation",)

    units: Positive
    activation: ActivationName = None
    use_bias: Boolean = True
    kernel_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    bias_constraint: Constraint = None
    lora_rank: OptionalPositive = None
    lora_alpha: OptionalNumber = None
    quantization_config: Quantization = None

    @property
    def saved_sums(self) -> tuple[SavedSum, ...]:
        """Unscaled, as the layer is run."""
        return (lora_sum("kernel"),) if self.lora_rank else ()

    def check(self) -> None:
        if self.lora_rank and self.kernel_constraint:
            raise Refusal("Dense cannot have lora_rank and kernel_constraint together", argument="lora_rank")

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        features = self._features(inputs)
        kernel = self.weight("kernel", features, self.units, trainable=not self.lora_rank)
        bias = (self.weight("bias", self.units),) if self.use_bias else ()
        return (kernel, *bias, *self._lora(features))

    def _lora(self, features: int) -> tuple[Weight, ...]:
        if not self.lora_rank:
            return ()
        return (
            self.weight("lora_kernel_a", features, self.lora_rank, dtype="float32", initializer="he_uniform"),
            self.weight("lora_kernel_b", self.lora_rank, self.units, dtype="float32", initializer="zeros"),
        )

    def output_shapes(self, inputs: Shapes) -> Shapes:
        self._features(inputs)
        return ((*inputs[0][:-1], self.units),)

    def products(self, inputs: Shapes) -> tuple[Product, ...]:
        rows = inputs[0][1:-1]
        return (product_of(*rows, self._features(inputs), self.units),)

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.activations import activate
        from lstmcalc.kernels.products import matmul

        (x,) = floats(run)
        kernel = run.weight("kernel")
        if self.lora_rank:
            # Unscaled: `Dense.build` of Keras 3 calls `enable_lora` without lora_alpha.
            kernel = kernel + run.weight("lora_kernel_a") @ run.weight("lora_kernel_b")
        y = matmul(x, kernel)
        if self.use_bias:
            y += run.weight("bias")
        return Ran((activate(self.activation, y),), run.masks)

    def _features(self, inputs: Shapes) -> int:
        require_min_rank(inputs[0], 2, "Dense")
        return known(inputs[0], -1, "Dense")


class Embedding(Layer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A vector for each of `input_dim` indices."
    source: ClassVar[str] = "keras.layers.Embedding"
    takes: ClassVar[Tensors] = Tensors((ANY_AXES,), of="indices")
    gives: ClassVar[Tensors] = Tensors((("samples", "...", "output_dim"),))
    closed_form: ClassVar[ClosedForm] = ClosedForm("input_dim*output_dim")
    has_kernel: ClassVar[bool] = True
    ignores_autocast: ClassVar[bool] = True
    of_timesteps: ClassVar[str] = "Every index is looked up in the same table."
    assumed_input: ClassVar[Shape | None] = (None, None)  # as in Keras 2, where it needed no input_length

    input_dim: Positive
    output_dim: Positive
    embeddings_initializer: Initializer = "uniform"
    embeddings_regularizer: Regularizer = None
    embeddings_constraint: Constraint = None
    mask_zero: Boolean = False
    weights_: Values = None
    lora_rank: OptionalPositive = None
    lora_alpha: OptionalNumber = None
    quantization_config: Quantization = None

    @property
    def saved_sums(self) -> tuple[SavedSum, ...]:
        """Unscaled, as the layer is run."""
        return (lora_sum("embeddings"),) if self.lora_rank else ()

    @property
    def index_limit(self) -> int | None:
        return self.input_dim

    def check(self) -> None:
        if self.lora_rank and self.embeddings_constraint:
            raise Refusal("Embedding cannot have lora_rank and embeddings_constraint together", argument="lora_rank")

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        table = self.weight("embeddings", self.input_dim, self.output_dim, trainable=not self.lora_rank)
        if not self.lora_rank:
            return (table,)
        shape, other = (self.input_dim, self.lora_rank), (self.lora_rank, self.output_dim)
        return (
            table,
            self.weight("lora_embeddings_a", *shape, dtype="float32", initializer="he_uniform"),
            self.weight("lora_embeddings_b", *other, dtype="float32", initializer="zeros"),
        )

    def output_shapes(self, inputs: Shapes) -> Shapes:
        return ((*inputs[0], self.output_dim),)

    def masks(self, inputs: Sequence[Tensor], make: MaskMaker) -> tuple[Tensor | None, ...]:
        return (make("NotEqual", inputs, inputs[0].shape),) if self.mask_zero else ()

    def forward(self, run: Running) -> Ran:
        (x,) = run.inputs
        indices = x.astype("int64")
        if indices.size and not 0 <= indices.min() <= indices.max() < self.input_dim:
            raise Refusal(
                f"{self.class_name} takes indices from 0 to {self.input_dim - 1}, "
                f"but its input goes from {indices.min()} to {indices.max()}",
                argument="input_dim",
            )
        y = run.weight("embeddings")[indices]
        if self.lora_rank:
            # Unscaled: `Embedding.build` of Keras 3 calls `enable_lora` without lora_alpha.
            y = y + run.weight("lora_embeddings_a")[indices] @ run.weight("lora_embeddings_b")
        return Ran((y,), (x != 0,) if self.mask_zero else ())


class Masking(Layer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Masks the timesteps whose features all equal `mask_value`."
    source: ClassVar[str] = "keras.layers.Masking"
    takes: ClassVar[Tensors] = Tensors((SEQUENCE,))

    mask_value: Number = 0.0

    def output_shapes(self, inputs: Shapes) -> Shapes:
        require_min_rank(inputs[0], 1, "Masking")
        return (inputs[0],)

    def masks(self, inputs: Sequence[Tensor], make: MaskMaker) -> tuple[Tensor | None, ...]:
        differs = make("NotEqual", inputs, inputs[0].shape)
        return (make("Any", (differs,), inputs[0].shape[:-1]),)

    def forward(self, run: Running) -> Ran:
        (x,) = run.inputs
        mask = (x != self.mask_value).any(axis=-1)
        return Ran((x * mask[..., None],), (mask,))


class Activation(PassesMask, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "An activation function on every scalar."
    source: ClassVar[str] = "keras.layers.Activation"

    activation: ActivationName

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.activations import activate

        return Ran((activate(self.activation, *floats(run)),), run.masks)


class Identity(PassesMask, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Its input as it is."
    source: ClassVar[str] = "keras.layers.Identity"
    keeps_input_dtype: ClassVar[bool] = True

    def forward(self, run: Running) -> Ran:
        return Ran(run.inputs, run.masks)


class ReversibleEmbedding(Embedding, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "An Embedding whose transpose can map vectors back to indices."
    source: ClassVar[str] = "keras.layers.ReversibleEmbedding"
    takes: ClassVar[Tensors] = Tensors((ANY_AXES,), of="indices")
    gives: ClassVar[Tensors] = Tensors((("samples", "...", "output_dim"),))
    closed_form: ClassVar[ClosedForm] = ClosedForm(
        "input_dim*output_dim", otherwise=(When("tie_weights", False, "2*input_dim*output_dim"),)
    )
    keywords: ClassVar[dict[str, Rule]] = {"lora_rank": OPTIONAL_POSITIVE, "lora_alpha": OPTIONAL_NUMBER}
    of_training: ClassVar[tuple[str, ...]] = ("reverse_embeddings",)  # read when it is called with reverse=True
    assumed_input: ClassVar[Shape | None] = None

    input_dim: Positive
    output_dim: Positive
    tie_weights: Boolean = True
    embeddings_initializer: Initializer = "uniform"
    embeddings_regularizer: Regularizer = None
    embeddings_constraint: Constraint = None
    mask_zero: Boolean = False
    reverse_dtype: OptionalDtype = None
    logit_soft_cap: OptionalNumber = None

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        weights = Embedding.weights(self, inputs)
        if self.tie_weights:
            return weights
        shape = (self.output_dim, self.input_dim)
        return (*weights, self.weight("reverse_embeddings", *shape, initializer="embeddings_initializer"))

    def masks(self, inputs: Sequence[Tensor], make: MaskMaker) -> tuple[Tensor | None, ...]:
        return ()
