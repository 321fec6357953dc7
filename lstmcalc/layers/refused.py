"""The classes of `keras.layers` that are not taken, each with its reason, which the error says."""

_AUGMENTATION = "it changes images in training alone and gives them on in their shape: leave it out"
_OTHER = "its weights live in another framework, where Keras cannot count them either before it runs"
_ABSTRACT = "it is what other layers are derived from, and no layer by itself"
_SPECTROGRAM = "spectrograms are not supported yet: give the model the spectrogram as its input"

REFUSED = {
    **dict.fromkeys(
        (
            *("AugMix", "AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization", "CutMix", "Equalization"),
            *("MixUp", "RandAugment", "RandomBrightness", "RandomColorDegeneration", "RandomColorJitter"),
            *("RandomContrast", "RandomElasticTransform", "RandomErasing", "RandomFlip", "RandomGaussianBlur"),
            *("RandomGrayscale", "RandomHue", "RandomInvert", "RandomPerspective", "RandomPosterization"),
            *("RandomRotation", "RandomSaturation", "RandomSharpness", "RandomShear", "RandomTranslation"),
            *("RandomZoom", "Solarization"),
        ),
        _AUGMENTATION,
    ),
    "RandomCrop": "it crops images at random: write CenterCrop, which gives the same shape",
    "MaxNumBoundingBoxes": "it works on bounding boxes, which are no tensors of a model",
    **dict.fromkeys(("MelSpectrogram", "STFTSpectrogram"), _SPECTROGRAM),
    **dict.fromkeys(("JaxLayer", "FlaxLayer", "TorchModuleWrapper", "TFSMLayer"), _OTHER),
    **dict.fromkeys(("Layer", "Wrapper"), _ABSTRACT),
    "InputSpec": "it describes what a layer takes, and is no layer",
    "Pipeline": "it applies layers to data before the model sees it: write its layers one by one",
}
