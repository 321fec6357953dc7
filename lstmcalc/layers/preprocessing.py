"""Layers that turn text, categories and numbers into indices, or indices into vectors; their tables are data."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from lstmcalc.errors import Refusal, shown
from lstmcalc.layers.arguments import (
    BOOLEAN,
    Anything,
    BinMode,
    Boolean,
    CrossingMode,
    EncodingMode,
    Integer,
    LookupMode,
    Number,
    OovMethod,
    OptionalAxes,
    OptionalInteger,
    OptionalNumbers,
    OptionalPositive,
    Positive,
    Rule,
    Split,
    Standardize,
    Text,
    Vocabulary,
    VocabularyDtype,
    integer_rule,
)
from lstmcalc.layers.base import Layer, Names, Ran, Running, Tensor, floats
from lstmcalc.layers.declared import ANY_AXES, Tensors
from lstmcalc.shapes import Shape, Shapes, format_shape, require_min_rank

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

HASHED = "hashes of text are TensorFlow's, of which there is no other definition: look the indices up beforehand"
OLDER_MODES = {"binary": "multi_hot", "tf-idf": "tf_idf"}


def one_hot(shape: Shape, depth: int | None) -> Shape:
    """The shape of one-hot vectors in place of indices; a last axis of 1 goes."""
    return (*shape[:-1], depth) if len(shape) > 1 and shape[-1] == 1 else (*shape, depth)


class Encoding(Layer, frozen=True, eq=False, kw_only=True):
    """What layers have in common that give indices, or vectors of 0 and 1 or of counts in their place."""

    ignores_autocast: ClassVar[bool] = True

    output_mode: str = "int"
    sparse: Boolean = False

    def output_dtypes(self, inputs: Sequence[Tensor], count: int) -> tuple[str, ...]:
        return ("int64",) if self.output_mode == "int" else (self.compute_dtype,)

    def check(self) -> None:
        if self.sparse and self.output_mode == "int":
            raise Refusal(f"{self.class_name} gives indices with output_mode int, which are not sparse", None, "sparse")

    def encoded(self, run: Running, indices: "Array", mode: str, depth: int, axis: int = 1) -> "Array":
        """Indices as vectors of that depth; with multi_hot and count, one vector for those along an axis."""
        from lstmcalc.kernels.encoding import counts, one_hot

        if indices.size and indices.max() >= depth:
            raise Refusal(f"{self.class_name} takes indices below {depth}, but its input has {indices.max()}")
        if mode == "one_hot":
            last = indices[..., 0] if indices.ndim > 1 and indices.shape[-1] == 1 else indices
            return one_hot(last, depth, run.dtype)
        number = counts(indices, depth, run.dtype, axis if indices.ndim > 1 else 0)
        return number if mode == "count" else (number > 0).astype(run.dtype)


class CategoryEncoding(Encoding, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "Vectors of `num_tokens` in place of indices."
    source: ClassVar[str] = "keras.layers.CategoryEncoding"
    takes: ClassVar[Tensors] = Tensors((("samples", "...", "indices"),))
    gives: ClassVar[Tensors] = Tensors(
        (("samples", "...", "num_tokens"),), "{}; with output_mode one_hot a vector for each index"
    )

    num_tokens: OptionalPositive = None
    output_mode: EncodingMode = "multi_hot"
    sparse: Boolean = False

    @property
    def index_limit(self) -> int | None:
        return self.num_tokens

    def check(self) -> None:
        if self.num_tokens is None:
            raise Refusal("CategoryEncoding needs num_tokens, how many tokens there are", argument="num_tokens")

    def output_shapes(self, inputs: Shapes) -> Shapes:
        require_min_rank(inputs[0], 1, "CategoryEncoding")
        if self.output_mode == "one_hot":
            return (one_hot(inputs[0], self.num_tokens),)
        return ((*inputs[0][:-1], self.num_tokens),)

    def forward(self, run: Running) -> Ran:
        (x,) = run.inputs
        mode = OLDER_MODES.get(self.output_mode, self.output_mode)
        if x.ndim > 2 and mode != "one_hot":
            raise Refusal(
                f"CategoryEncoding cannot be run on {x.ndim} axes with output_mode {mode}: Keras 3 infers that the "
                "last axis becomes the vector, but takes the second",
                "at most (samples, indices) are taken",
            )
        return Ran((self.encoded(run, x.astype("int64"), mode, self.num_tokens or 0),))


class Discretization(Encoding, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The number of the bin that each number falls into."
    source: ClassVar[str] = "keras.layers.Discretization"
    takes: ClassVar[Tensors] = Tensors((ANY_AXES,))
    gives: ClassVar[Tensors] = Tensors(
        words=(
            "the input's shape; a vector over the bins for each number with output_mode one_hot, in place "
            "of the first axis after the samples with multi_hot and count"
        )
    )
    common: ClassVar[tuple[str, ...]] = ("name", "dtype")

    bin_boundaries: OptionalNumbers = None
    num_bins: OptionalInteger = None
    epsilon: Number = 0.01
    output_mode: BinMode = "int"
    sparse: Boolean = False

    def check(self) -> None:
        Encoding.check(self)
        if (self.num_bins is None) == (self.bin_boundaries is None):
            found = "neither is given" if self.num_bins is None else "both are given"
            raise Refusal(f"Discretization takes bin_boundaries or num_bins, but {found}", argument="num_bins")
        if self.num_bins is not None and self.num_bins < 0:
            raise Refusal(f"num_bins must be at least 0, but is {self.num_bins}", argument="num_bins")
        if self.num_bins is None and not isinstance(self.bin_boundaries, tuple):
            raise Refusal("bin_boundaries must be a list of numbers", argument="bin_boundaries")

    def output_shapes(self, inputs: Shapes) -> Shapes:
        shape, depth = inputs[0], self.num_bins
        if depth is None:
            depth = len(self.bin_boundaries) + 1
        if self.output_mode == "int":
            return (shape,)
        if self.output_mode == "one_hot":
            return (one_hot(shape, depth),)
        return ((shape[0], *shape[2:], depth) if len(shape) > 1 else (depth,),)

    def output_dtypes(self, inputs: Sequence[Tensor], count: int) -> tuple[str, ...]:
        return ("int32",) if self.output_mode == "int" else (self.compute_dtype,)

    def forward(self, run: Running) -> Ran:
        import numpy as np

        if self.bin_boundaries is None:
            raise Refusal(
                "Discretization cannot be run with num_bins: its bins come from the data that it is adapted to",
                "give bin_boundaries",
                "num_bins",
            )
        (x,) = floats(run)
        boundaries = np.asarray(self.bin_boundaries, x.dtype)
        steps = np.diff(boundaries)
        if np.any(steps < 0) and np.any(steps > 0):
            raise Refusal("bin_boundaries must ascend for it to be run", argument="bin_boundaries")
        bins = np.digitize(x, boundaries).astype("int32")
        if self.output_mode == "int":
            return Ran((bins,))
        return Ran((self.encoded(run, bins, self.output_mode, len(boundaries) + 1),))


class Hashing(Encoding, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The number of the bin that each token is hashed into."
    source: ClassVar[str] = "keras.layers.Hashing"
    takes: ClassVar[Tensors] = Tensors((ANY_AXES,))
    gives: ClassVar[Tensors] = Tensors(
        words="the input's shape; a vector over the bins in place of the last axis with another output_mode"
    )

    num_bins: Positive
    mask_value: Anything = None
    salt: OptionalAxes = None
    output_mode: BinMode = "int"
    sparse: Boolean = False

    def check(self) -> None:
        Encoding.check(self)
        if isinstance(self.salt, tuple) and len(self.salt) != 2:
            raise Refusal(f"salt must be a number or a list of two, but has {len(self.salt)}", argument="salt")

    def output_shapes(self, inputs: Shapes) -> Shapes:
        return inputs if self.output_mode == "int" else ((*inputs[0][:-1], self.num_bins),)

    def forward(self, run: Running) -> Ran:
        raise Refusal("Hashing cannot be run without TensorFlow", HASHED)


class HashedCrossing(Encoding, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The number of the bin that each pair of tokens is hashed into."
    source: ClassVar[str] = "keras.layers.HashedCrossing"
    takes: ClassVar[Tensors] = Tensors((("samples",), ("samples", "1")), "a list of two tensors {} or {}")
    gives: ClassVar[Tensors] = Tensors(words="their shape; with output_mode one_hot a vector over the bins for each")
    inputs_taken: ClassVar[tuple[int, int | None]] = (2, 2)
    takes_list: ClassVar[bool] = True

    num_bins: Positive
    output_mode: CrossingMode = "int"
    sparse: Boolean = False

    def output_shapes(self, inputs: Shapes) -> Shapes:
        first, second = inputs
        if first != second or len(first) > 2 or first[1:] not in ((), (1,)):
            raise Refusal(
                "HashedCrossing takes two tensors (samples,) or (samples, 1) of one shape, but has "
                f"{format_shape(first)} and {format_shape(second)}"
            )
        return (first if self.output_mode == "int" else one_hot(first, self.num_bins),)

    def forward(self, run: Running) -> Ran:
        raise Refusal("HashedCrossing cannot be run without TensorFlow", HASHED)


class Lookup(Encoding, frozen=True, eq=False, kw_only=True):
    """What layers have in common that look tokens up in a vocabulary."""

    keywords: ClassVar[dict[str, Rule]] = {
        "vocabulary_size": integer_rule(0).or_none(),
        "has_input_vocabulary": BOOLEAN,
    }

    max_tokens: OptionalPositive = None
    num_oov_indices: Integer = 1
    mask_token: Anything = None
    oov_token: Anything = None
    vocabulary: Vocabulary = None
    idf_weights: OptionalNumbers = None
    invert: Boolean = False
    output_mode: str = "int"
    pad_to_max_tokens: Boolean = False
    vocabulary_size: int | None = None
    has_input_vocabulary: bool | None = None

    @property
    def mode(self) -> str:
        """The output mode by its name of today."""
        return OLDER_MODES.get(self.output_mode, self.output_mode)

    @property
    def depth(self) -> int | None:
        """How many tokens the vectors have a place for; None when nobody knows before the layer is adapted."""
        if self.pad_to_max_tokens:
            return self.max_tokens
        if self.vocabulary is None:
            return self.vocabulary_size
        return len(self.special) + len(self.tokens)

    @property
    def special(self) -> tuple[Any, ...]:
        """The tokens before those of the vocabulary: the masked one, and those for unknown ones."""
        masked = (self.mask_token,) * (self.mask_token is not None and self.mode == "int")
        return (*masked, *(self.oov_token,) * self.num_oov_indices)

    @property
    def tokens(self) -> tuple[Any, ...]:
        """The vocabulary without the special tokens, which Keras saves at its start."""
        given, special = self.vocabulary or (), self.special
        return given[len(special) :] if given[: len(special)] == special else given

    def check(self) -> None:
        Encoding.check(self)
        _check_tokens(self.max_tokens, self.pad_to_max_tokens)
        if self.num_oov_indices < 0:
            raise Refusal(f"num_oov_indices must be at least 0, but is {self.num_oov_indices}", None, "num_oov_indices")
        if self.invert and self.mode != "int":
            raise Refusal(f"invert gives tokens, and goes with output_mode int, not {self.mode}", argument="invert")
        if self.idf_weights is not None and self.mode != "tf_idf":
            raise Refusal(f"idf_weights go with output_mode tf_idf, not {self.mode}", argument="idf_weights")
        if self.vocabulary is not None and self.idf_weights is None and self.mode == "tf_idf":
            raise Refusal("output_mode tf_idf needs idf_weights beside the vocabulary", argument="vocabulary")

    def output_shapes(self, inputs: Shapes) -> Shapes:
        if self.mode == "int":
            return (inputs[0],)
        if self.mode == "one_hot":
            return (one_hot(inputs[0], self.depth),)
        return ((*inputs[0][:-1], self.depth),)

    def read_token(self, value: Any) -> Any:
        """One scalar of the input as the vocabulary has it."""
        raise NotImplementedError

    def unknown(self, token: Any) -> int:
        """Which of several places for unknown tokens one has."""
        raise NotImplementedError

    def forward(self, run: Running) -> Ran:
        import numpy as np

        (x,) = run.inputs
        if self.vocabulary is None or self.invert:
            why = "gives tokens, which are no numbers" if self.invert else "has no vocabulary before it is adapted"
            raise Refusal(f"{self.class_name} cannot be run: it {why}", argument="vocabulary")
        if x.ndim > 2 and self.mode not in ("int", "one_hot"):
            raise Refusal(f"{self.class_name} cannot be run on {x.ndim} axes with output_mode {self.mode}")
        known = {token: index for index, token in enumerate(self.tokens, start=len(self.special))}
        found = [self._index(self.read_token(value), known) for value in x.ravel().tolist()]
        indices = np.array(found, "int64").reshape(x.shape)
        if self.mode == "int":
            return Ran((indices,))
        weighted = self.mode == "tf_idf"
        y = self.encoded(run, indices, "count" if weighted else self.mode, self.depth or 0)
        if weighted:
            weights = np.asarray(self.idf_weights, run.dtype)
            front = len(self.special)
            padded = np.zeros(self.depth or 0, run.dtype)
            padded[:front], padded[front : front + len(weights)] = weights.mean(), weights
            y = y * padded
        return Ran((y,))

    def _index(self, token: Any, known: "dict[Any, int]") -> int:
        """The index of a token; -1, which no vector has a place for, for a masked one."""
        if self.mask_token is not None and token == self.mask_token:
            return 0 if self.mode == "int" else -1
        if token in known:
            return known[token]
        if not self.num_oov_indices:
            raise Refusal(f"{shown(token)} is not in the vocabulary, and num_oov_indices is 0", None, "num_oov_indices")
        first = len(self.special) - self.num_oov_indices
        return first if self.num_oov_indices == 1 else first + self.unknown(token)


def _check_tokens(max_tokens: int | None, pad: bool) -> None:
    if max_tokens == 1:
        raise Refusal("max_tokens must be at least 2, or null, but is 1", argument="max_tokens")
    if pad and max_tokens is None:
        raise Refusal("pad_to_max_tokens needs max_tokens", argument="pad_to_max_tokens")


class StringLookup(Lookup, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The index of each string in a vocabulary."
    source: ClassVar[str] = "keras.layers.StringLookup"
    is_loaded_whole: ClassVar[bool] = True
    takes: ClassVar[Tensors] = Tensors((ANY_AXES,), of="strings")
    gives: ClassVar[Tensors] = Tensors(
        words=(
            "the input's shape; a vector over the vocabulary for each string with output_mode one_hot, in "
            "place of the last axis with multi_hot, count and tf_idf"
        )
    )

    max_tokens: OptionalPositive = None
    num_oov_indices: Integer = 1
    mask_token: Anything = None
    oov_token: Anything = "[UNK]"
    vocabulary: Vocabulary = None
    idf_weights: OptionalNumbers = None
    invert: Boolean = False
    output_mode: LookupMode = "int"
    pad_to_max_tokens: Boolean = False
    sparse: Boolean = False
    encoding: Text = "utf-8"

    def read_token(self, value: Any) -> str:
        if isinstance(value, bytes):
            return value.decode(self.encoding, "replace")
        if not isinstance(value, str):
            raise Refusal(f"StringLookup takes strings, but its input has {shown(value)}")
        return value

    def unknown(self, token: Any) -> int:
        raise Refusal("StringLookup cannot tell unknown strings apart without TensorFlow", HASHED, "num_oov_indices")


class IntegerLookup(Lookup, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The index of each integer in a vocabulary."
    source: ClassVar[str] = "keras.layers.IntegerLookup"
    is_loaded_whole: ClassVar[bool] = True
    takes: ClassVar[Tensors] = Tensors((ANY_AXES,), of="integers")
    gives: ClassVar[Tensors] = Tensors(
        words=(
            "the input's shape; a vector over the vocabulary for each integer with output_mode one_hot, in "
            "place of the last axis with multi_hot, count and tf_idf"
        )
    )

    max_tokens: OptionalPositive = None
    num_oov_indices: Integer = 1
    mask_token: Anything = None
    oov_token: Anything = -1
    vocabulary: Vocabulary = None
    vocabulary_dtype: VocabularyDtype = "int64"
    idf_weights: OptionalNumbers = None
    invert: Boolean = False
    output_mode: LookupMode = "int"
    sparse: Boolean = False
    pad_to_max_tokens: Boolean = False
    oov_method: OovMethod = "floormod"
    salt: OptionalAxes = None

    def read_token(self, value: Any) -> int:
        return int(value)

    def unknown(self, token: Any) -> int:
        if self.oov_method == "floormod":
            return int(token) % self.num_oov_indices
        raise Refusal("IntegerLookup cannot hash unknown integers without TensorFlow", HASHED, "oov_method")


class TextVectorization(Lookup, frozen=True, eq=False, kw_only=True):
    sentence: ClassVar[str] = "The indices of the words of a text in a vocabulary."
    source: ClassVar[str] = "keras.layers.TextVectorization"
    is_loaded_whole: ClassVar[bool] = True
    takes: ClassVar[Tensors] = Tensors((("samples",), ("samples", "1")), "{} or {} of texts")
    gives: ClassVar[Tensors] = Tensors(
        (("samples", "output_sequence_length"), ("samples", "vocabulary")),
        "{}, None without one; {} with another output_mode",
    )

    max_tokens: OptionalPositive = None
    standardize: Standardize = "lower_and_strip_punctuation"
    split: Split = "whitespace"
    ngrams: OptionalAxes = None
    output_mode: LookupMode = "int"
    output_sequence_length: OptionalPositive = None
    pad_to_max_tokens: Boolean = False
    vocabulary: Vocabulary = None
    idf_weights: OptionalNumbers = None
    sparse: Boolean = False
    ragged: Boolean = False
    encoding: Text = "utf-8"
    mask_token: Any = ""
    oov_token: Any = "[UNK]"

    def check(self) -> None:
        Lookup.check(self)
        if self.output_sequence_length is not None and self.mode != "int":
            raise Refusal(
                f"output_sequence_length goes with output_mode int, not {self.mode}",
                argument="output_sequence_length",
            )
        if self.ragged and self.mode != "int":
            raise Refusal(f"ragged goes with output_mode int, not {self.mode}", argument="ragged")

    def bind(self, inputs: Shapes, names: Names) -> Layer:
        names.give("StringLookup")
        return self

    def output_shapes(self, inputs: Shapes) -> Shapes:
        shape = inputs[0]
        if self.split is not None and len(shape) > 1 and shape[-1] != 1:
            raise Refusal(
                "TextVectorization splits one text of each sample, (samples,) or (samples, 1), but its input is "
                f"{format_shape(shape)}",
                "split: null takes texts that are split already",
            )
        if self.mode == "int":
            return ((shape[0], self.output_sequence_length),)
        words: Shape = (*shape, None) if self.split is not None else shape if len(shape) > 1 else (*shape, 1)
        return Lookup.output_shapes(self, (words,))

    def forward(self, run: Running) -> Ran:
        raise Refusal(
            "TextVectorization cannot be run without TensorFlow",
            "how it splits text is TensorFlow's: look the indices up beforehand, and start the model after it",
        )
