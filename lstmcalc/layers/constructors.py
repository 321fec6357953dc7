"""The arguments of Keras's regularizers, constraints and initializers, in the order in which they may stand unnamed."""

# keras/src/regularizers, constraints and initializers; names as words in lower case without underscores.
ARGUMENTS = {
    "l1": ("l1",),
    "l2": ("l2",),
    **dict.fromkeys(("l1l2", "weightregularizer", "activityregularizer", "activityl1l2"), ("l1", "l2")),
    **dict.fromkeys(("activityl1", "activityl2"), ("l",)),
    "orthogonalregularizer": ("factor", "mode"),
    "maxnorm": ("max_value", "axis"),
    "minmaxnorm": ("min_value", "max_value", "rate", "axis"),
    "unitnorm": ("axis",),
    "constant": ("value",),
    **dict.fromkeys(("identity", "identityinitializer"), ("gain",)),
    **dict.fromkeys(("orthogonal", "orthogonalinitializer"), ("gain", "seed")),
    **dict.fromkeys(("randomnormal", "normal", "truncatednormal"), ("mean", "stddev", "seed")),
    **dict.fromkeys(("randomuniform", "uniform"), ("minval", "maxval", "seed")),
    "variancescaling": ("scale", "mode", "distribution", "seed"),
    **dict.fromkeys(("glorotnormal", "glorotuniform", "henormal", "heuniform"), ("seed",)),
    **dict.fromkeys(("lecunnormal", "lecununiform"), ("seed",)),
}


def object_arguments(name: str) -> tuple[str, ...]:
    """The arguments of an object that may stand without their names: `l2(0.01)` is `l2(l2=0.01)`."""
    return ARGUMENTS.get(name.replace("_", "").lower(), ())
