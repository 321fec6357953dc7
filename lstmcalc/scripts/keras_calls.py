"""What Keras and TensorFlow are called for in a script: layers, tensors, models, and what is done with them."""

import ast
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lstmcalc.errors import ModelError, Place
from lstmcalc.layers.base import snake_case
from lstmcalc.layers.catalogue import INPUTS, KNOWN, OPERATION, operations
from lstmcalc.layers.refused import REFUSED
from lstmcalc.models.objects import OBJECTS
from lstmcalc.scripts.library import option_of, options_of
from lstmcalc.scripts.recording import LayerRecord, ModelRecord, Recording, TensorValue
from lstmcalc.scripts.values import (
    NOTHING,
    ArrayValue,
    DottedValue,
    ForeignValue,
    FunctionValue,
    InstanceValue,
    MethodValue,
    ObjectValue,
    UnknownValue,
)

if TYPE_CHECKING:
    from lstmcalc.scripts.interpreter import Interpreter

# Functions of Keras 1 to 3 that are called on tensors, each with the layer that it makes.
MERGES = {
    **{name: name.capitalize() for name in ("add", "subtract", "multiply", "average", "maximum", "minimum", "dot")},
    "concatenate": "Concatenate",
    "merge": "Merge",
}
MODELS = ("Sequential", "Model", "Functional")
SUBCLASSED = ("Model", "Layer")
USES = ("compile", "fit", "summary", "fit_generator", "train_on_batch")
# Modules whose classes are no layers.
NO_LAYERS = {
    *("optimizers", "callbacks", "losses", "metrics", "utils", "preprocessing", "datasets", "applications", "backend"),
    *("initializers", "regularizers", "constraints"),
}
ON_DATA = ("fit", "predict", "evaluate", "train_on_batch")
ARITHMETIC = {
    ast.Add: "Add",
    ast.Sub: "Subtract",
    ast.Mult: "Multiply",
    ast.Div: "TrueDivide",
    ast.FloorDiv: "FloorDivide",
    ast.Pow: "Power",
    ast.Mod: "Mod",
    ast.MatMult: "Matmul",
}
FUNCTIONS_IN = {"backend", "ops", "math", "nn"}  # modules of functions on tensors
# What TensorFlow and keras.backend call otherwise than keras.ops.
FUNCTIONS = {
    "concat": "Concatenate",
    "reduce_mean": "Mean",
    "reduce_sum": "Sum",
    "reduce_max": "Max",
    "reduce_min": "Min",
    "reduce_prod": "Prod",
    "permute_dimensions": "Transpose",
    "batch_dot": "",
    "pow": "Power",
    "l2_normalize": "Normalize",
}
# What keras.backend says of itself, where nobody set it otherwise.
BACKEND = {
    "image_data_format": "channels_last",
    "image_dim_ordering": "tf",
    "backend": "tensorflow",
    "floatx": "float32",
    "epsilon": 1e-7,
}
ARGUMENTS = {"perm": "axes", "num_or_size_splits": "indices_or_sections", "keep_dims": "keepdims", "values": "xs",
             "pattern": "axes", "repeats": "repeats", "multiples": "repeats", "input": "x", "tensor": "x"}  # fmt: skip
# Submodules that Keras 2 had and Keras 3 has not, and words that its scripts have.
OF_KERAS_2 = (
    *("recurrent", "core", "embeddings", "wrappers", "convolutional", "normalization", "merge", "pooling"),
    *("advanced_activations", "noise", "local", "cudnn_recurrent", "convolutional_recurrent"),
)
MODULES_OF_KERAS_2 = (
    *("keras.engine", "keras.utils.np_utils", "keras.preprocessing", "keras.objectives", "keras.utils.vis_utils"),
    *("keras.backend.tensorflow_backend", "keras.legacy", "keras.layers.CuDNNLSTM", "keras.layers.CuDNNGRU"),
)
WORDS_OF_KERAS_1 = (
    "output_dim",
    "nb_filter",
    "border_mode",
    "inner_activation",
    "nb_row",
    "filter_length",
    "W_regularizer",
)


class KerasCalls:
    """What the script makes and calls of Keras."""

    def __init__(self, reading: "Interpreter") -> None:
        self.reading = reading
        self.dialects: set[str] = set()
        self.is_imported = False
        self.other: str | None = None  # a framework whose models are not read
        self.instances: dict[int, ModelRecord] = {}
        self.unplaced: list[InstanceValue] = []
        self.nowhere: set[int] = set()  # calls that stand for weights and constants
        self.following = 0  # how many own layers and models are followed at the moment

    @property
    def recording(self) -> Recording:
        """What was made so far."""
        return self.reading.recording

    # Whose words they are.

    def note_import(self, path: str) -> None:
        """An import tells which Keras it is, or that it is none."""
        if path.partition(".")[0] in ("torch", "flax", "jax", "mxnet", "paddle") and self.other is None:
            self.other = path.partition(".")[0]
        self.is_imported |= "keras" in path.split(".") or path.startswith("tensorflow")
        is_tensorflow = path.startswith(("tensorflow", "tf_keras"))
        inner = path.partition("keras.layers.")[2].partition(".")[0]
        if not is_tensorflow and (inner in OF_KERAS_2 or path.startswith(MODULES_OF_KERAS_2)):
            self.dialects.add("keras2")
        if is_tensorflow and "keras" in path:
            self.dialects.add("keras3")

    @property
    def dialect(self) -> str | None:
        """Whose words the script has: those of Keras 1, of Keras 2 where it does not import tf.keras, else today's."""
        if "keras1" in self.dialects:
            return "keras1"
        return "keras2" if self.dialects == {"keras2"} else None

    # What a path is.

    def is_named_in(self, statement: ast.stmt) -> bool:
        """Whether a statement speaks of models or layers."""
        for node in ast.walk(statement):
            name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
            if name in MODELS or (name[:1].isupper() and name in KNOWN) or name == "load_model":
                return True
        return False

    def knows(self, path: str) -> bool:
        """Whether a path names something of Keras that is known here."""
        name = path.rpartition(".")[2]
        return name in KNOWN or name in MERGES or name in MODELS or name in INPUTS or name in SUBCLASSED

    def call_path(
        self, path: str, args: list[Any], kwargs: dict[str, Any], node: ast.AST, places: Mapping[str, Place]
    ) -> Any:
        """What a library's class or function gives; NOTHING for what is none of Keras's."""
        root, name = path.partition(".")[0], path.rpartition(".")[2]
        is_keras = root == "keras" or "keras" in path.split(".")
        if not is_keras and root not in ("tensorflow", "tf"):
            return NOTHING
        if is_keras and name in ("Input", "InputLayer"):
            return self.make_input(args, kwargs, node, places, as_layer=name == "InputLayer")
        if is_keras and name == "Sequential":
            return self.make_sequential(args, kwargs, node)
        if is_keras and name in MODELS:
            return self.make_model(args, kwargs, node)
        tensors = _tensors_in([*args, *kwargs.values()])
        is_function = not FUNCTIONS_IN.isdisjoint(path.split("."))
        if is_keras and name in MERGES and not is_function and (tensors or ".layers" in path):
            return self.merge(name, args, kwargs, node)
        found = self._object(path, name, args, kwargs)
        if found is not NOTHING:
            return found
        if is_keras and name[:1].isupper() and _is_layer_path(path, name):
            return self.make_layer(name, args, kwargs, node, places)
        if tensors:
            if name in ("int_shape", "shape"):
                return self.shape(tensors[0])
            return self.function(name, args, kwargs, node)
        if name in ("arange", "range", "zeros", "ones") and not tensors:
            return self._constant_array(name, args, kwargs)
        if is_keras and name in BACKEND:
            return BACKEND[name]
        if is_keras and ".applications." in path and name[:1].isupper():
            return self.reading.unknown(node, f"{name}(...)")
        return NOTHING

    def _object(self, path: str, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """An initializer, a regularizer or a constraint."""
        for module, objects in OBJECTS.items():
            if f".{module}" not in path:
                continue
            class_name = next((each for each in objects if name in _spellings(each)), None)
            class_name = {"l1_l2": "L1L2"}.get(name, class_name)
            if class_name is None:
                return NOTHING
            given = dict(zip(objects[class_name], args, strict=False)) | kwargs
            return ObjectValue(class_name, {key: value for key, value in given.items() if key in objects[class_name]})
        if ".activations." in path or path.startswith("tensorflow.nn."):
            return NOTHING
        return NOTHING

    # Layers.

    def make_layer(
        self, name: str, args: list[Any], kwargs: dict[str, Any], node: ast.AST, places: Mapping[str, Place]
    ) -> LayerRecord:
        """A layer."""
        place = self.reading.place(node)
        if name in ("Dense", "LSTM", "GRU", "SimpleRNN", "Conv1D", "Convolution1D", "Convolution2D") and any(
            each in kwargs for each in WORDS_OF_KERAS_1
        ):
            self.dialects.add("keras1")
        if name == "TimeDistributed" and "input_shape" in kwargs:
            pass
        given = {key: (self.plain(value), places.get(key, place)) for key, value in kwargs.items() if key != "weights"}
        if name == "Lambda":
            given = {key: each for key, each in given.items() if key in ("name", "input_shape")}
            record = self.recording.make(name, (), given, place)
            record.function = args[0] if args else kwargs.get("function")
            record.shape = kwargs.get("output_shape", args[1] if len(args) > 1 else None)
            return record
        return self.recording.make(name, [self.plain(each) for each in args], given, place)

    def plain(self, value: Any) -> Any:
        """A value as an argument of a layer has it: functions by their names."""
        if isinstance(value, DottedValue):
            return value.path.rpartition(".")[2]
        if isinstance(value, InstanceValue):
            layer = self.layer_of_instance(value)
            return value if layer is None else layer
        if isinstance(value, FunctionValue):
            return value.name or "linear"
        if isinstance(value, (list, tuple)):
            return type(value)(self.plain(each) for each in value)
        return value

    def make_input(
        self, args: list[Any], kwargs: dict[str, Any], node: ast.AST, places: Mapping[str, Place], as_layer: bool
    ) -> Any:
        """`Input(...)`, which gives a tensor; `InputLayer(...)`, which is a layer."""
        place = self.reading.place(node)
        kept = ("shape", "batch_shape", "batch_input_shape", "input_shape", "batch_size", "dtype", "name")
        given = {key: (self.plain(value), places.get(key, place)) for key, value in kwargs.items() if key in kept}
        if args:
            given.setdefault("shape", (self.plain(args[0]), place))
        for key in ("shape", "input_shape"):
            if key in given and isinstance(given[key][0], (int, UnknownValue)):
                given[key] = ((given[key][0],), place)
        layer = self.recording.make("InputLayer" if as_layer else "Input", (), given, place)
        if as_layer:
            return layer
        return TensorValue(self.recording.call(layer, [], False, {}, place))

    def make_sequential(self, args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> ModelRecord:
        """`Sequential(...)`."""
        place = self.reading.place(node)
        name = kwargs.get("name", args[1] if len(args) > 1 else None)
        given = name if isinstance(name, str) else self.recording.names.give("Sequential")
        model = ModelRecord("Sequential", given, place, self.recording.next())
        model.is_named = isinstance(name, str)
        model.says_trainable = kwargs.get("trainable", args[1] if len(args) > 1 else True) is not False
        self.recording.models.append(model)
        layers = args[0] if args else kwargs.get("layers")
        if isinstance(layers, UnknownValue):
            model.doubts.append(layers)
        for each in layers if isinstance(layers, (list, tuple)) else ():
            self.add(model, each, node)
        self.recording.rebuild(model)
        return model

    def add(self, model: ModelRecord, layer: Any, node: ast.AST) -> None:
        """`model.add(layer)`."""
        layer = self.layer_of(layer, node)
        if isinstance(layer, LayerRecord) and layer.class_name == "Merge" and not model.layers:
            self._begin_with_branches(model, layer, node)
        elif isinstance(layer, LayerRecord) and model.outputs and model.kind == "Functional":
            call = self.recording.call(layer, [model.outputs[0]], False, {}, self.reading.place(node))
            model.outputs = [TensorValue(call)]
        elif isinstance(layer, UnknownValue):
            model.doubts.append(layer)
        elif isinstance(layer, LayerRecord):
            if not model.layers and not {"input_shape", "batch_input_shape"}.isdisjoint(layer.kwargs):
                self.recording.names.give("InputLayer")  # which Keras puts before it
            model.layers.append(layer)

    def _begin_with_branches(self, model: ModelRecord, layer: LayerRecord, node: ast.AST) -> None:
        """A Sequential of Keras 1 that begins with a Merge of others: a graph that goes on from it."""
        branches = layer.kwargs.pop("layers", (layer.args[0] if layer.args else (), None))[0]
        mode = [layer.args[1]] if len(layer.args) > 1 else []
        layer.args = ()
        if mode:
            layer.kwargs["mode"] = (mode[0], layer.place)
        self.dialects.add("keras1")
        model.kind = "Functional"
        tensors = []
        for each in branches if isinstance(branches, (list, tuple)) else ():
            if isinstance(each, ModelRecord):
                self.materialize(each)
                tensors += each.outputs
                model.inputs += each.inputs
        if not tensors:
            model.doubts.append(self.reading.unknown(node))
            return
        model.outputs = [TensorValue(self.recording.call(layer, tensors, True, {}, layer.place))]

    def layer_of(self, value: Any, node: ast.AST) -> "LayerRecord | UnknownValue | None":
        """A layer for what stands in a model."""
        if isinstance(value, ModelRecord):
            return self.recording.as_layer(value)
        if isinstance(value, LayerRecord):
            return value
        if isinstance(value, TensorValue) and value.call.layer.is_input:
            return value.call.layer
        if isinstance(value, InstanceValue):
            layer = self.layer_of_instance(value)
            return self.reading.unknown(node) if layer is None else layer
        if isinstance(value, ForeignValue):
            return self.foreign_layer(value)
        return value if isinstance(value, UnknownValue) else self.reading.unknown(node)

    def make_model(self, args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
        """`Model(inputs, outputs)`."""
        place = self.reading.place(node)
        if "input" in kwargs or "output" in kwargs:
            self.dialects.add("keras1" if "keras1" in self.dialects else "keras2")
        inputs = kwargs.get("inputs", kwargs.get("input", args[0] if args else None))
        outputs = kwargs.get("outputs", kwargs.get("output", args[1] if len(args) > 1 else None))
        name = kwargs.get("name", args[2] if len(args) > 2 else None)
        given = name if isinstance(name, str) else self.recording.names.give("Functional")
        model = ModelRecord("Functional", given, place, self.recording.next())
        model.is_named = isinstance(name, str)
        model.says_trainable = kwargs.get("trainable", True) is not False
        for value, tensors in ((inputs, model.inputs), (outputs, model.outputs)):
            for each in _listed(value):
                if isinstance(each, TensorValue):
                    tensors.append(each)
                elif isinstance(each, UnknownValue):
                    model.doubts.append(each)
        if not model.outputs and not model.doubts:
            return self.reading.unknown(node)
        self.recording.models.append(model)
        return model

    # Calls.

    def call_layer(
        self, layer: "LayerRecord | ModelRecord", args: list[Any], kwargs: dict[str, Any], node: ast.AST
    ) -> Any:
        """A layer or a model called on tensors."""
        if isinstance(layer, ModelRecord):
            if not _tensors_in(args) and any(isinstance(each, (ArrayValue, UnknownValue)) for each in args):
                self.use(layer)
                return self.reading.unknown(node)
            layer = self.recording.as_layer(layer)
        first = args[0] if args else kwargs.get("inputs", kwargs.get("query"))
        if self.following:
            first = (
                [self.constant(each, node) for each in first] if isinstance(first, list) else self.constant(first, node)
            )
        values = _listed(first) + [each for arg in args[1:] for each in _listed(arg) if isinstance(each, TensorValue)]
        if "inputs" not in kwargs and args and layer.class_name in ("MultiHeadAttention", "GroupedQueryAttention"):
            named = [kwargs[key] for key in ("value", "key") if isinstance(kwargs.get(key), TensorValue)]
            values = [each for each in (*_listed(first), *args[1:], *named) if isinstance(each, TensorValue)]
        elif not args and "query" in kwargs:
            values = [kwargs[key] for key in ("query", "value", "key") if key in kwargs]
        unknown = next((each for each in values if isinstance(each, UnknownValue)), None)
        if unknown is not None:
            return unknown
        tensors = [each for each in values if isinstance(each, TensorValue)]
        if not tensors:
            return self.reading.unknown(node)
        if layer.instance is not None:
            return self._call_own(layer.instance, args, kwargs, node)
        if layer.class_name == "Lambda":
            self._shape_lambda(layer, first, tensors, node)
        kept = ("initial_state", "mask", "use_causal_mask", "return_attention_scores", "attention_mask", "query_mask",
                "value_mask", "key_mask")  # fmt: skip
        arguments = {key: value for key, value in kwargs.items() if key in kept and value is not None}
        arguments = {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in arguments.items()
            if not isinstance(value, UnknownValue)
        }
        call = self.recording.call(
            layer, tensors, isinstance(first, (list, tuple)), arguments, self.reading.place(node)
        )
        count = self._outputs(call)
        found = [TensorValue(call, number) for number in range(count)]
        return found if count > 1 else found[0]

    def _outputs(self, call: Any) -> int:
        try:
            return self.recording.count_outputs(call)
        except ModelError:
            return 3 if call.layer.class_name in ("LSTM", "CuDNNLSTM") else 2

    def call_foreign(self, of: ForeignValue, args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
        """What a class from elsewhere made, called: on tensors it is a layer that may be declared."""
        if not _tensors_in(args):
            return self.reading.unknown(node)
        return self.call_layer(self.foreign_layer(of), args, kwargs, node)

    def foreign_layer(self, of: ForeignValue) -> LayerRecord:
        """A layer of a class that is not known, by its name."""
        name = of.kwargs.get("name")
        given = {"name": (name, of.place)} if isinstance(name, str) else {}
        layer = self.recording.make(of.class_name, (), given, of.place)
        layer.is_own = True
        return layer

    def _shape_lambda(self, layer: LayerRecord, given: Any, tensors: list[TensorValue], node: ast.AST) -> None:
        """Tell a Lambda the shape that it gives: what it says, or what its function gives when it is followed."""
        if "output_shape" in layer.kwargs:
            return
        said = layer.shape
        if isinstance(said, FunctionValue):
            shapes = [self.shape(each) for each in tensors]
            said = self.reading.call_function(
                said, [shapes if isinstance(given, (list, tuple)) else shapes[0]], {}, node
            )
            said = said[1:] if isinstance(said, (list, tuple)) else None
        if not isinstance(said, (list, tuple)) and isinstance(layer.function, FunctionValue):
            with self.recording.aside():
                try:
                    found = self.reading.call_function(layer.function, [given], {}, node)
                    said = self.recording.shape_of(found)[1:] if isinstance(found, TensorValue) else None
                except ModelError:
                    said = None
        if isinstance(said, (list, tuple)):
            layer.kwargs["output_shape"] = (list(said), layer.place)

    def resolve(self, model: ModelRecord) -> None:
        """Follow the author's own layers and Lambdas of a Sequential, each on what the layers above it give."""
        for number, layer in enumerate(model.layers):
            if layer.model is not None:
                self.resolve(layer.model)
            if layer.instance is None and (layer.class_name != "Lambda" or "output_shape" in layer.kwargs):
                continue
            above = ModelRecord("Sequential", "", model.place, 0)
            above.layers, above.built_on = model.layers[:number], model.built_on
            self.materialize(above)
            if not above.outputs:
                continue
            found = self.call_layer(layer, [above.outputs[0]], {}, ast.Pass())
            if isinstance(found, TensorValue):
                model.layers[number] = found.call.layer

    def merge(self, name: str, args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
        """`concatenate([a, b], axis=-1)`: a layer that is made and called."""
        place = self.reading.place(node)
        first = args[0] if args else kwargs.get("inputs")
        others = {key: (self.plain(value), place) for key, value in kwargs.items() if key != "inputs"}
        if len(args) > 1:
            others.setdefault({"dot": "axes", "merge": "mode"}.get(name, "axis"), (self.plain(args[1]), place))
        if name == "merge":
            self.dialects.add("keras1")
        layer = self.recording.make(MERGES[name], (), others, place)
        return self.call_layer(layer, [first], {}, node)

    # Functions of tensors.

    def operation(
        self, name: str, tensors: list[TensorValue], arguments: dict[str, Any], node: ast.AST, is_list: bool = False
    ) -> Any:
        """An operation of keras.ops on tensors, its numbers among the arguments."""
        place = self.reading.place(node)
        if f"{OPERATION}{name}" not in operations():
            return self.reading.unknown(node)
        layer = self.recording.make(
            f"{OPERATION}{name}", (), {key: (self.plain(each), place) for key, each in arguments.items()}, place
        )
        call = self.recording.call(layer, tensors, is_list, {}, place)
        count = self._outputs(call)
        found = [TensorValue(call, number) for number in range(count)]
        return found if count > 1 else found[0]

    def arithmetic(self, op: ast.operator, left: Any, right: Any, node: ast.AST) -> Any:
        """`left + right` of tensors, or of a tensor and a number."""
        name = ARITHMETIC.get(type(op))
        values = {"x1": left, "x2": right}
        unknown = next((each for each in values.values() if isinstance(each, UnknownValue)), None)
        if unknown is not None:
            return unknown
        values = {key: self.constant(each, node) for key, each in values.items()}
        if name is None or not all(isinstance(each, (TensorValue, int, float)) for each in values.values()):
            return self.reading.unknown(node)
        tensors = [each for each in values.values() if isinstance(each, TensorValue)]
        numbers = {key: each for key, each in values.items() if not isinstance(each, TensorValue)}
        return self.operation(name, tensors, numbers, node)

    def constant(self, value: Any, node: ast.AST) -> Any:
        """An array among tensors: a tensor that comes from nowhere; other values as they are."""
        if not isinstance(value, ArrayValue) or not self.following:
            return value
        return self._from_nowhere(value.shape, node)

    def _constant_array(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """`arange(n)`, `zeros(shape)` of Keras's or TensorFlow's; NOTHING for one of unknown size."""
        numbers = [each for each in args if type(each) is int]
        if name in ("zeros", "ones"):
            shape = args[0] if args else kwargs.get("shape")
            return ArrayValue(tuple(shape)) if isinstance(shape, (list, tuple)) else NOTHING
        if len(numbers) < len(args) or not numbers or len(numbers) > 3:
            return NOTHING
        return ArrayValue((len(range(*numbers)),)) if numbers[2:] != [0] else NOTHING

    def _from_nowhere(self, shape: Sequence[Any], node: ast.AST) -> TensorValue:
        """A tensor of a shape, samples and all, which no input of a model gives: a weight or a constant."""
        place = self.reading.place(node)
        with self.recording.aside():
            layer = self.recording.make("Input", (), {"batch_shape": (list(shape), place)}, place)
        call = self.recording.call(layer, [], False, {}, place)
        self.nowhere.add(id(call))
        return TensorValue(call)

    def part(self, of: TensorValue, key: Any, node: ast.AST) -> Any:
        """`x[:, -1]`."""
        keys = key if isinstance(key, tuple) else (key,)
        written: list[Any] = []
        for each in keys:
            if isinstance(each, slice):
                bounds = ["" if bound is None else str(bound) for bound in (each.start, each.stop)]
                written.append(":".join(bounds if each.step is None else [*bounds, str(each.step)]))
            elif each is Ellipsis:
                written.append("...")
            elif each is None or type(each) is int:
                written.append(each)
            else:
                return self.reading.unknown(node)
        return self.operation("GetItem", [of], {"key": written}, node)

    def function(self, name: str, args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
        """A function of tensors by the name that keras.ops, keras.backend or TensorFlow has for it."""
        known = {snake_case(each.removeprefix(OPERATION)): each.removeprefix(OPERATION) for each in operations()}
        wanted = FUNCTIONS.get(name, known.get(name, ""))
        if not wanted:
            return self.reading.unknown(node)
        from lstmcalc.layers.base import arguments_of
        from lstmcalc.layers.catalogue import find

        layer = find(f"{OPERATION}{wanted}")
        assert layer is not None
        named = {ARGUMENTS.get(key, key): value for key, value in kwargs.items() if key != "name"}
        values = list(args)
        tensors: list[TensorValue] = []
        is_list = False
        arguments: dict[str, Any] = {}
        order = [*layer.call_inputs, *arguments_of(layer)]
        if "xs" in layer.call_inputs:
            order.remove("x") if "x" in order else None
        if values and isinstance(values[0], int) and wanted == "Concatenate":  # TensorFlow 0: the axis first
            values.reverse()
        given = dict(zip(order, values, strict=False)) | named
        for key, value in given.items():
            if isinstance(value, TensorValue):
                tensors.append(value)
            elif key == "xs" and isinstance(value, (list, tuple)):
                tensors += [each for each in value if isinstance(each, TensorValue)]
                is_list = True
            elif isinstance(value, UnknownValue) and key in ("newshape", "shape", "axis", "axes", "repeats"):
                return value
            elif key in (*arguments_of(layer), *layer.call_arguments):
                arguments[key] = value
        if not tensors:
            return self.reading.unknown(node)
        return self.operation(wanted, tensors, arguments, node, is_list)

    def outputs_of(self, tensor: TensorValue) -> list[TensorValue]:
        """All that a call gives, of which one output was named."""
        return [TensorValue(tensor.call, number) for number in range(max(1, self._outputs(tensor.call)))]

    def shape(self, tensor: TensorValue) -> Any:
        """The shape of a tensor as a tuple."""
        try:
            return tuple(self.recording.shape_of(tensor))
        except ModelError:
            return UnknownValue("the shape of a tensor", tensor.call.place)

    # Attributes and methods.

    def attribute(self, of: Any, name: str, node: ast.AST) -> Any:
        """`model.layers`, `layer.output`, `x.shape`; NOTHING for a method."""
        if isinstance(of, TensorValue):
            if name == "shape":
                return self.shape(of)
            return {"dtype": "float32", "name": of.call.layer.name}.get(name, NOTHING)
        if name == "name":
            return of.name
        if name == "trainable":
            return of.trainable
        model = of if isinstance(of, ModelRecord) else of.model
        if model is not None:
            if name == "layers":
                return self.layers_of(model)
            if name in ("input", "output", "inputs", "outputs"):
                self.materialize(model)
                tensors = model.inputs if name.startswith("input") else model.outputs
                if not tensors:
                    return self.reading.unknown(node)
                return list(tensors) if name.endswith("s") or len(tensors) > 1 else tensors[0]
            if name in ("output_shape", "input_shape"):
                self.materialize(model)
                tensors = model.inputs if name == "input_shape" else model.outputs
                return self.shape(tensors[0]) if tensors else self.reading.unknown(node)
        elif name in ("output", "input") and of.calls:
            call = of.calls[0]
            found = (
                [TensorValue(call, number) for number in range(self._outputs(call))]
                if name == "output"
                else call.inputs
            )
            return list(found) if len(found) > 1 else found[0]
        elif name == "units" and isinstance(of, LayerRecord):
            return of.kwargs.get("units", (of.args[0] if of.args else None, None))[0]
        elif name == "output_shape" and of.calls:
            return self.shape(TensorValue(of.calls[0]))
        return NOTHING

    def layers_of(self, model: ModelRecord) -> list[LayerRecord]:
        """The layers of a model, as Keras lists them."""
        if model.kind == "Sequential":
            return [each for each in model.layers if not each.is_input]
        calls = self.recording.reached(model.outputs, {id(tensor.call) for tensor in model.inputs})
        return list({id(call.layer): call.layer for call in calls}.values())

    def materialize(self, model: ModelRecord) -> None:
        """Call the layers of a Sequential one after another, so that they have inputs and outputs."""
        if model.kind != "Sequential" or not model.layers or model.outputs:
            return
        place = model.place
        first, *others = model.layers
        if first.is_input:
            tensor = TensorValue(first.calls[0] if first.calls else self.recording.call(first, [], False, {}, place))
            rest = others
        else:
            given = {key: each for key, each in first.kwargs.items() if key in ("batch_size",)}
            for key in ("input_shape", "batch_input_shape"):
                if key in first.kwargs:
                    given["shape" if key == "input_shape" else "batch_shape"] = first.kwargs[key]
            if "input_dim" in first.kwargs and first.class_name != "Embedding":
                length = first.kwargs.get("input_length")
                dim = first.kwargs["input_dim"]
                given["shape"] = ((dim[0],) if length is None else (length[0], dim[0]), place)
            elif first.class_name == "Embedding":
                length = first.kwargs.get("input_length", (None, place))
                given["shape"] = ((length[0],), place)
            if model.built_on is not None:
                given = {"batch_shape": (model.built_on, place)}
            layer = self.recording.make("Input", (), given, place)
            tensor = TensorValue(self.recording.call(layer, [], False, {}, place))
            rest = model.layers
        model.inputs = [tensor]
        for each in rest:
            call = self.recording.call(each, [tensor], False, {}, each.place)
            tensor = TensorValue(call)
        model.outputs = [tensor]

    def set_trainable(self, of: "LayerRecord | ModelRecord", value: bool) -> None:
        """`layer.trainable = False`, of a model for all that stands in it."""
        of.trainable = value
        model = of if isinstance(of, ModelRecord) else of.model
        if model is not None:
            model.trainable = value
            for each in self.layers_of(model):
                self.set_trainable(each, value)

    def use(self, model: ModelRecord) -> None:
        """Something is done with a model."""
        model.used = self.recording.next()

    def call_method(self, of: Any, name: str, args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
        """`model.add(...)`, `model.compile(...)`, `layer(...)`."""
        if isinstance(of, InstanceValue):
            return self._method_of_instance(of, name, args, kwargs, node)
        if isinstance(of, ModelRecord):
            if name == "add" and args:
                self.add(of, args[0], node)
                self.recording.rebuild(of)
                return None
            if name == "pop":
                return of.layers.pop() if of.layers else None
            if name == "get_layer":
                return self._layer_named(of, args, kwargs, node)
            if name == "build" and of.kind == "Sequential":
                given = args[0] if args else kwargs.get("input_shape")
                of.built_on = given if isinstance(given, (list, tuple)) else None
                return None
            if name in USES:
                self.use(of)
            data = args[0] if args else kwargs.get("x")
            if name in ON_DATA and of.kind == "Sequential" and of.built_on is None and isinstance(data, ArrayValue):
                of.built_on = [None, *data.shape[1:]]
            if name == "call":
                return self.call_layer(of, args, kwargs, node)
        if isinstance(of, TensorValue) and name in ("get_shape", "as_list"):
            return list(self.shape(of))
        if isinstance(of, LayerRecord) and name in ("call", "__call__"):
            return self.call_layer(of, args, kwargs, node)
        return self.reading.unknown(node)

    def _layer_named(self, model: ModelRecord, args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
        layers = self.layers_of(model)
        index = kwargs.get("index")
        if isinstance(index, int) and -len(layers) <= index < len(layers):
            return layers[index]
        name = args[0] if args else kwargs.get("name")
        return next((each for each in layers if each.name == name), self.reading.unknown(node))

    # Classes of the script that are models or layers.

    def note_instance(self, instance: InstanceValue, kwargs: dict[str, Any], node: ast.AST) -> None:
        """An object of a class of the script: of one that is derived from Model it is a model."""
        assert instance.of is not None
        names = [path.rpartition(".")[2] for path in instance.of.paths() if "keras" in path]
        if not names:
            return
        given = kwargs.get("name")
        name = given if isinstance(given, str) else self.recording.names.give(instance.of.name)
        instance.attributes["__name__"] = name
        instance.attributes["__place__"] = self.reading.place(node)
        instance.attributes["trainable"] = True
        if "Model" in names:
            instance.attributes["__order__"] = self.recording.next()
            self.unplaced.append(instance)

    def layer_of_instance(self, instance: InstanceValue) -> LayerRecord | None:
        """An object of a class of the script as a layer; None where it is none."""
        if "__layer__" in instance.attributes:
            found: LayerRecord = instance.attributes["__layer__"]
            return found
        if "__name__" not in instance.attributes or instance.of is None:
            return None
        place, name = instance.attributes["__place__"], instance.attributes["__name__"]
        record = LayerRecord(instance.of.name, (), {}, place, name, 0)
        record.instance = instance
        record.is_own = True
        instance.attributes["__layer__"] = record
        return record

    def call_instance(self, instance: InstanceValue, args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
        """An object of the script that is called: a partial function, a model or a layer of the author's own."""
        if "__partial__" in instance.attributes:
            function, before, named = instance.attributes["__partial__"]
            return self.reading.call(function, [*before, *args], {**named, **kwargs}, node)
        first = args[0] if args else kwargs.get("inputs")
        if instance.of is None or "__name__" not in instance.attributes:
            found = self.reading.attribute(instance, "__call__", node)
            return (
                self.reading.call(found, args, kwargs, node)
                if isinstance(found, MethodValue)
                else self.reading.unknown(node)
            )
        if not _tensors_in([*args, *kwargs.values()]):
            shape = getattr(first, "shape", None)
            if isinstance(first, ArrayValue) and "Model" in [each.rpartition(".")[2] for each in instance.of.paths()]:
                self.build_instance(instance, shape, node)
            return self.reading.unknown(node)
        return self._call_own(instance, args, kwargs, node)

    def _call_own(self, instance: InstanceValue, args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
        """A layer or a model of the author's own, whose `build` and `call` are followed on inputs like those given."""
        outer = _tensors_in([*args, *kwargs.values()])
        is_list = len(outer) > 1
        known = instance.attributes.get("__model__", instance.attributes.get("__custom__"))
        if isinstance(known, ModelRecord):
            return self.call_layer(known, [outer if is_list else outer[0]], {}, node)
        if isinstance(known, LayerRecord):
            return self._call_custom(known, outer, is_list, node)
        try:
            inner = self._inner_inputs(outer)
        except ModelError:
            return self.reading.unknown(node)
        weights: dict[str, Any] = {}
        instance.attributes["__weights__"] = weights
        first = args[0] if args else next(iter(kwargs.values()))
        self._run_build(instance, first)
        names = dict(self.recording.names.counts)
        found = self._follow(instance, [_mapped(each, inner) for each in args], _mapped(kwargs, inner), node)
        outputs = [each for each in _listed(found) if isinstance(each, TensorValue)]
        are_known = outputs and len(outputs) == len(_listed(found))
        if weights or not are_known or self._comes_from_nowhere(outputs):
            self.recording.names.counts = names
            layer = self._as_custom(instance, outer, outputs if are_known else [], weights, node)
            instance.attributes["__custom__"] = layer
            return self._call_custom(layer, outer, is_list, node)
        inputs = list(inner.values())
        if all(any(each.call is one.call for one in inputs) for each in outputs):
            given = [outer[[one.call for one in inputs].index(each.call)] for each in outputs]
            return given if len(given) > 1 else given[0]
        model = ModelRecord(
            "Functional", instance.attributes["__name__"], self.reading.place(node), self.recording.next()
        )
        model.inputs, model.outputs = inputs, outputs
        model.trainable = bool(instance.attributes.get("trainable", True))
        instance.attributes["__model__"] = model
        if "__order__" in instance.attributes and instance.of is not None:
            model.title, model.order = instance.of.name, instance.attributes["__order__"]
            self.recording.models.append(model)
        return self.call_layer(model, [outer if is_list else outer[0]], {}, node)

    def _inner_inputs(self, tensors: list[TensorValue]) -> dict[int, TensorValue]:
        """Inputs of the shapes of tensors, by their ids, for what is followed on its own. Raises ModelError."""
        found: dict[int, TensorValue] = {}
        with self.recording.aside():
            for tensor in tensors:
                place = tensor.call.place
                shape = list(self.recording.shape_of(tensor))
                layer = self.recording.make("Input", (), {"batch_shape": (shape, place)}, place)
                found[id(tensor)] = TensorValue(self.recording.call(layer, [], False, {}, place))
        return found

    def _follow(self, instance: InstanceValue, args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> Any:
        """What the `call` of an own class gives; None where it has none."""
        assert instance.of is not None
        try:
            function = instance.of.find("call")
        except KeyError:
            return None
        self.following += 1
        try:
            return self.reading.call_function(function, [instance, *args], kwargs, node)
        finally:
            self.following -= 1

    def _comes_from_nowhere(self, outputs: list[TensorValue]) -> bool:
        """Whether a constant or a weight is among what tensors are made of."""
        return any(id(call) in self.nowhere for call in self.recording.reached(outputs, set()))

    def _run_build(self, instance: InstanceValue, given: Any) -> None:
        assert instance.of is not None
        try:
            function = instance.of.find("build")
        except KeyError:
            return
        shapes = [self.shape(each) for each in _listed(given) if isinstance(each, TensorValue)]
        if shapes:
            shape = shapes if isinstance(given, (list, tuple)) else shapes[0]
            self.reading.call_function(function, [instance, shape], {}, ast.Pass())

    def _as_custom(
        self,
        instance: InstanceValue,
        outer: list[TensorValue],
        outputs: list[TensorValue],
        weights: dict[str, Any],
        node: ast.AST,
    ) -> LayerRecord:
        """A layer of the author's own by its weights, those of the layers inside too, and the shapes that it gives.

        One that cannot be followed must be declared.
        """
        assert instance.of is not None
        place = self.reading.place(node)
        arguments: dict[str, tuple[Any, Place]] = {"name": (instance.attributes["__name__"], place)}
        shapes = self._shapes_given(instance, outer, outputs, weights)
        if shapes is None:
            layer = self.recording.make(instance.of.name, (), arguments, place)
            layer.is_own = True
            return layer
        shape = shapes[0] if len(shapes) == 1 else shapes
        stated = {"class": instance.of.name, "output_shape": shape, "weights": weights}
        arguments |= {key: (value, place) for key, value in stated.items()}
        layer = self.recording.make("Custom", (), arguments, place)
        layer.trainable = bool(instance.attributes.get("trainable", True))
        layer.outputs = len(shapes)
        return layer

    def _shapes_given(
        self, instance: InstanceValue, outer: list[TensorValue], outputs: list[TensorValue], weights: dict[str, Any]
    ) -> list[list[Any]] | None:
        """The shapes that an own layer gives, without samples; the weights of the layers inside join its own."""
        assert instance.of is not None
        if outputs:
            try:
                model = self.recording.built(outputs)
            except ModelError:
                return None
            for placed in model.placed:
                for weight in placed.weights:
                    label = f"{placed.layer.name}/{weight.name}"
                    while label in weights:
                        label += "_"
                    shape = list(weight.shape)
                    weights[label] = shape if weight.trainable else {"shape": shape, "trainable": False}
            return [list(tensor.shape[1:]) for tensor in model.outputs]
        if any(isinstance(each, (LayerRecord, ModelRecord)) for each in instance.attributes.values()):
            return None  # whose weights nobody knows
        try:
            function = instance.of.find("compute_output_shape")
        except KeyError:
            return None
        found = self.reading.call_function(function, [instance, self.shape(outer[0])], {}, ast.Pass())
        return [list(found[1:])] if isinstance(found, (list, tuple)) and found else None

    def _call_custom(self, layer: LayerRecord, outer: list[TensorValue], is_list: bool, node: ast.AST) -> Any:
        call = self.recording.call(layer, outer, is_list, {}, self.reading.place(node))
        found = [TensorValue(call, number) for number in range(layer.outputs)]
        return found if len(found) > 1 else found[0]

    def _method_of_instance(
        self, of: InstanceValue, name: str, args: list[Any], kwargs: dict[str, Any], node: ast.AST
    ) -> Any:
        if "__options__" in of.attributes:
            if name == "add_argument":
                option_of(of, args, kwargs)
                return of
            if name in ("add_argument_group", "add_mutually_exclusive_group"):
                return of
            if name in ("parse_args", "parse_known_args"):
                found = options_of(of, "args", self.reading, node)
                return [found, []] if name == "parse_known_args" else found
            return None
        if name in ("add_weight", "add_variable") and "__weights__" in of.attributes:
            return self._add_weight(of, args, kwargs, node)
        if name == "super.__init__":
            given = kwargs.get("name")
            if isinstance(given, str) and "__name__" in of.attributes:
                of.attributes["__name__"] = given
            return None
        if name in ("super.build", "super.call"):
            return None
        if name == "build" and args:
            self.build_instance(of, args[0], node)
            return None
        if name in USES and "__order__" in of.attributes:
            of.attributes["__used__"] = self.recording.next()
            data = args[0] if args else kwargs.get("x")
            if isinstance(data, ArrayValue):
                self.build_instance(of, data.shape, node)
        model = of.attributes.get("__model__")
        if isinstance(model, ModelRecord) and name in USES:
            self.use(model)
        return self.reading.unknown(node)

    def _add_weight(self, of: InstanceValue, args: list[Any], kwargs: dict[str, Any], node: ast.AST) -> TensorValue:
        """`add_weight(...)`: a tensor of its shape, from which follows what the layer gives."""
        weights = of.attributes["__weights__"]
        shape = kwargs.get("shape")
        name = kwargs.get("name")
        for each in args:
            if isinstance(each, (tuple, list)):
                shape = each
            elif isinstance(each, str):
                name = each
        label = name if isinstance(name, str) else f"weight_{len(weights)}"
        if label in weights:
            label = f"{label}_{len(weights)}"
        sizes = list(shape) if isinstance(shape, (list, tuple)) else [] if shape is None else [shape]
        trainable = kwargs.get("trainable", True)
        weights[label] = sizes if trainable is not False else {"shape": sizes, "trainable": False}
        return self._from_nowhere(sizes, node)

    def build_instance(self, instance: InstanceValue, shape: Any, node: ast.AST) -> ModelRecord | None:
        """A model of the author's own on an input of a shape, samples first; None where it cannot be followed."""
        if "__model__" in instance.attributes or instance.of is None or not isinstance(shape, (list, tuple)):
            found: ModelRecord | None = instance.attributes.get("__model__")
            return found
        place = instance.attributes.get("__place__", self.reading.place(node))
        many = bool(shape) and isinstance(shape[0], (list, tuple))
        shapes = list(shape) if many else [shape]
        tensors = []
        for each in shapes:
            sizes = [None, *list(each)[1:]]
            layer = self.recording.make("Input", (), {"batch_shape": (sizes, place)}, place)
            tensors.append(TensorValue(self.recording.call(layer, [], False, {}, place)))
        try:
            function = instance.of.find("call")
        except KeyError:
            return None
        weights: dict[str, Any] = {}
        instance.attributes["__weights__"] = weights
        found_value = self.reading.call_function(function, [instance, tensors if many else tensors[0]], {}, node)
        outputs = [each for each in _listed(found_value) if isinstance(each, TensorValue)]
        if not outputs or weights:
            return None
        model = ModelRecord("Functional", instance.attributes["__name__"], place, instance.attributes["__order__"])
        model.title = instance.of.name
        model.inputs, model.outputs = tensors, outputs
        model.used = instance.attributes.get("__used__", 0)
        instance.attributes["__model__"] = model
        self.recording.models.append(model)
        return model


def _tensors_in(values: Sequence[Any]) -> list[TensorValue]:
    found: list[TensorValue] = []
    for each in values:
        if isinstance(each, TensorValue):
            found.append(each)
        elif isinstance(each, (list, tuple)):
            found += _tensors_in(each)
    return found


def _spellings(class_name: str) -> tuple[str, ...]:
    """How scripts write a class of Keras's objects: `HeNormal`, `he_normal`, `nonneg`."""
    return class_name, snake_case(class_name), snake_case(class_name).replace("_", "")


def _mapped(value: Any, inner: Mapping[int, TensorValue]) -> Any:
    """A value with others for the tensors in it."""
    if isinstance(value, TensorValue):
        return inner[id(value)]
    if isinstance(value, (list, tuple)):
        return type(value)(_mapped(each, inner) for each in value)
    if isinstance(value, dict):
        return {key: _mapped(each, inner) for key, each in value.items()}
    return value


def _listed(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, (list, tuple)) else [] if value is None else [value]


def _is_layer_path(path: str, name: str) -> bool:
    """Whether a path is that of a layer: in `layers`, or known by its name where no other module is meant."""
    parts = path.split(".")
    if not NO_LAYERS.isdisjoint(parts):
        return "layers" in parts and name in KNOWN
    return "layers" in parts or name in KNOWN or name in REFUSED
