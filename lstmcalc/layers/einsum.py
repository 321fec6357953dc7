"""EinsumDense: a Dense whose matrix product is written as an equation."""

import re
from typing import ClassVar

from lstmcalc.errors import Refusal
from lstmcalc.layers.arguments import (
    Activation,
    Constraint,
    Initializer,
    OptionalNumber,
    OptionalPositive,
    OptionalText,
    Quantization,
    Regularizer,
    SizeOrSizes,
    Text,
)
from lstmcalc.layers.base import Layer, Product, Ran, Running, SavedSum, Weight, floats, lora_sum, product_of
from lstmcalc.layers.declared import SEQUENCE, ClosedForm, Example, Size, Tensors
from lstmcalc.shapes import Shape, Shapes, format_shape

FORMS = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?")


class EinsumDense(Layer, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "A tensor product with a kernel, a bias and an activation, by an equation as of einsum."
    source: ClassVar[str] = "keras.layers.EinsumDense"
    takes: ClassVar[Tensors] = Tensors(words="as the equation's first term says, `...` for any axes")
    gives: ClassVar[Tensors] = Tensors(words="(samples, *output_shape), as its last term says")
    closed_form: ClassVar[ClosedForm] = ClosedForm(
        None, "the product of the axes of its second term, and of those in bias_axes"
    )
    example: ClassVar[Example] = Example(
        {"equation": "abc,cd->abd", "output_shape": (None, Size("units", 67))}, (SEQUENCE,)
    )
    has_kernel: ClassVar[bool] = True

    equation: Text
    output_shape: SizeOrSizes
    activation: Activation = None
    bias_axes: OptionalText = None
    kernel_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    bias_constraint: Constraint = None
    lora_rank: OptionalPositive = None
    lora_alpha: OptionalNumber = None
    gptq_unpacked_column_size: OptionalPositive = None
    quantization_config: Quantization = None

    @property
    def saved_sums(self) -> tuple[SavedSum, ...]:
        return (lora_sum("kernel", self.lora_rank, self.lora_alpha),) if self.lora_rank else ()

    def check(self) -> None:
        self._terms()
        if self.lora_rank and self.kernel_constraint:
            raise Refusal("EinsumDense cannot have lora_rank and kernel_constraint together", argument="lora_rank")

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        sizes, _ = self._sizes(inputs[0])
        _, of_kernel, of_output = self._terms()
        shape = tuple(self._known(sizes, letter, inputs[0]) for letter in of_kernel)
        outward = tuple(axis for axis, letter in enumerate(of_kernel) if letter in of_output)
        inward = tuple(axis for axis in range(len(shape)) if axis not in outward)
        kernel = self.weight("kernel", *shape, trainable=not self.lora_rank, fan_axes=(inward, outward))
        bias: tuple[Weight, ...] = ()
        if self.bias_axes is not None:
            letters = of_output[min(map(of_output.find, self.bias_axes)) :]
            axes = [self._known(sizes, each, inputs[0]) if each in self.bias_axes else 1 for each in letters]
            elided = 0 if self._is_left() else len(inputs[0]) - len(self._terms()[0])
            bias = (self.weight("bias", *axes, *(1,) * elided),)
        if not self.lora_rank:
            return (kernel, *bias)
        return (
            kernel,
            *bias,
            self.weight("lora_kernel_a", *shape[:-1], self.lora_rank, dtype="float32", initializer="he_uniform"),
            self.weight("lora_kernel_b", self.lora_rank, shape[-1], dtype="float32", initializer="zeros"),
        )

    def output_shapes(self, inputs: Shapes) -> Shapes:
        return (self._sizes(inputs[0])[1],)

    def products(self, inputs: Shapes) -> tuple[Product, ...]:
        sizes, _ = self._sizes(inputs[0])
        of_input, of_kernel, _ = self._terms()
        elided = len(inputs[0]) - len(of_input)
        others = inputs[0][1:elided] if self._is_left() else inputs[0][len(of_input) :]
        start = elided if self._is_left() else 0
        sizes |= {letter: size for letter, size in zip(of_input, inputs[0][start:], strict=False) if size is not None}
        letters = dict.fromkeys((of_input if start else of_input[1:]) + of_kernel)
        return (product_of(*others, *(sizes[letter] for letter in letters)),)

    def forward(self, run: Running) -> Ran:
        from lstmcalc.kernels.activations import activate
        from lstmcalc.kernels.products import einsum

        (x,) = floats(run)
        kernel = run.weight("kernel")
        if self.lora_rank:
            scale = (self.lora_alpha or self.lora_rank) / self.lora_rank
            kernel = kernel + scale * (run.weight("lora_kernel_a") @ run.weight("lora_kernel_b"))
        y = einsum(self.equation, x, kernel)
        if self.bias_axes is not None:
            y = y + run.weight("bias")
        return Ran((activate(self.activation, y),))

    def _terms(self) -> tuple[str, str, str]:
        """The letters of the input, of the kernel and of the output."""
        found = FORMS.fullmatch(self.equation)
        if (
            found is None
            or (found[1], found[3]) != (found[5], found[7])
            or (found[3] and (found[1] or len(found[2]) < 2))
        ):
            raise Refusal(
                f"the equation must be like 'ab,bc->ac', '...ab,bc->...ac' or 'ab...,bc->ac...', "
                f"but is '{self.equation}'",
                argument="equation",
            )
        of_input, of_kernel, of_output = found[2], found[4], found[6]
        for term in (of_input, of_kernel, of_output):
            if len(set(term)) < len(term):
                raise Refusal(f"each term names an axis once, but '{term}' does not", argument="equation")
        _require_letters(of_output, of_input + of_kernel, "output", "in the input and in the kernel")
        _require_letters(of_kernel, of_input + of_output, "kernel", "in the input and in the output")
        for letter in self.bias_axes or "":
            if letter not in of_output:
                raise Refusal(
                    f"bias_axes names '{letter}', which the output '{of_output}' has not", argument="bias_axes"
                )
        if self.bias_axes == "":
            raise Refusal("bias_axes must name an axis of the output, or be null", argument="bias_axes")
        return of_input, of_kernel, of_output

    def _is_left(self) -> bool:
        return self.equation.startswith("...")

    def _sizes(self, shape: Shape) -> tuple[dict[str, int | None], Shape]:
        """The size of each letter, and the output's shape."""
        of_input, _, of_output = self._terms()
        elided = len(shape) - len(of_input)
        if elided < 0 or (elided > 0 and "..." not in self.equation):
            raise Refusal(
                f"the equation '{self.equation}' takes {len(of_input)} axes, but the input has "
                f"{len(shape)}: {format_shape(shape)}",
                argument="equation",
            )
        first = elided if self._is_left() else 0
        # Keras 3 gives three or more axes that a leading '...' stands for in reversed order.
        before, after = (shape[1:first][::-1], ()) if self._is_left() else ((), shape[len(of_input) :])
        output: Shape = (shape[0], *before, *self.output_shape, *after)
        if len(output) != len(of_output) + elided:
            raise Refusal(
                f"the output '{of_output}' has {len(of_output)} axes, but output_shape is "
                f"{format_shape(self.output_shape)}",
                "it has the axes of the output but the samples and those that '...' stands for",
                "output_shape",
            )
        sizes = dict(zip(of_input, shape[first : first + len(of_input)], strict=True))
        for letter, size in zip(of_output, output[first : first + len(of_output)], strict=True):
            if letter in sizes and size is not None and size != sizes[letter]:
                raise Refusal(
                    f"'{letter}' is {sizes[letter]} in the input {format_shape(shape)}, "
                    f"but {size} in the output {format_shape(output)}",
                    argument="output_shape",
                )
            sizes[letter] = size
        return sizes, output

    def _known(self, sizes: dict[str, int | None], letter: str, shape: Shape) -> int:
        size = sizes[letter]
        if size is None:
            raise Refusal(f"EinsumDense needs to know the size of '{letter}', but its input is {format_shape(shape)}")
        return size


def _require_letters(term: str, others: str, what: str, where: str) -> None:
    for letter in term:
        if letter not in others:
            raise Refusal(f"the {what} '{term}' has '{letter}', which is neither {where}", argument="equation")
