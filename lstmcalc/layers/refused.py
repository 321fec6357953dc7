"""The classes of `keras.layers` that are not taken, each with its reason, which the error says."""

_OTHER = "its weights live in another framework, where Keras cannot count them either before it runs"
_ABSTRACT = "it is what other layers are derived from, and no layer by itself"

_OF_OTHERS = "other layers are derived from it, and it is none itself: name one of those"
_TENSORFLOW_1 = "it is of TensorFlow 1, whose cells Keras does not have: write LSTMCell, GRUCell or a Custom"
_OPERATION = "it is an operation of TensorFlow's in a saved graph, and no layer: state what it gives as a Lambda"

REFUSED = {
    "Equalization": "Keras makes no model of it, whose output would be its input: apply it before the model",
    "MaxNumBoundingBoxes": "it works on bounding boxes, which are no tensors of a model",
    **dict.fromkeys(("JaxLayer", "FlaxLayer", "TorchModuleWrapper", "TFSMLayer"), _OTHER),
    **dict.fromkeys(("Layer", "Wrapper"), _ABSTRACT),
    **dict.fromkeys(
        (
            *("Container", "Recurrent", "ConvRecurrent2D", "ConvRNN2D", "AbstractRNNCell", "BaseDenseAttention"),
            *("BaseRandomLayer", "BatchNormalizationBase", "Conv", "ConvLSTM", "ConvRNN", "DepthwiseConv"),
            *("GlobalPooling1D", "GlobalPooling2D", "GlobalPooling3D", "Pooling1D", "Pooling2D", "Pooling3D"),
            *("SeparableConv", "LayerRNNCell", "RNNCell"),
        ),
        _OF_OTHERS,
    ),
    **dict.fromkeys(
        ("BasicLSTMCell", "BasicRNNCell", "MultiRNNCell", "DeviceWrapper", "DropoutWrapper", "ResidualWrapper"),
        _TENSORFLOW_1,
    ),
    **dict.fromkeys(("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer", "ClassMethod"), _OPERATION),
    **dict.fromkeys(("InstanceMethod", "InstanceProperty"), _OPERATION),
    **dict.fromkeys(("ConvLSTM2DCell", "ConvLSTMCell"), "it is what ConvLSTM2D does at a timestep: write ConvLSTM2D"),
    **dict.fromkeys(("AddLoss", "AddMetric"), "it adds to the loss in training and passes its input on: leave it out"),
    "RandomFourierFeatures": "its kernel is drawn at random: state its weights as a Custom",
    "InputSpec": "it describes what a layer takes, and is no layer",
    "Pipeline": "it applies layers to data before the model sees it: write its layers one by one",
}
