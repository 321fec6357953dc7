"""How large an input may be: every bound of the program, in one place."""

SPEC_BYTES = 2**20  # 1 MiB
CONFIG_BYTES = 2**26  # of what Keras saved of a model, 64 MiB
CONFIG_VALUES = 1_000_000  # values of a config: a vocabulary of so many words
FILE_BYTES = 2**28  # of a saved model on standard input or in a revision, which is held in memory, 256 MiB
EXPRESSION = 2**17  # characters of an expression; an argument of a command can be as long
NESTING = 100  # levels of YAML, of an expression, or of models inside models
NODES = 300_000  # values of a spec, after aliases and variables are followed
LAYERS = 100_000
DIMENSION = 2**31 - 1
RANK = 32  # axes of one tensor
DIGITS = 100  # characters of one number
PROBLEMS = 100  # mistakes reported together
MESSAGE = 600  # characters of one of them
ARCHIVE_MEMBERS = 100_000  # of a zip archive
NPY_HEADER = 10_000  # bytes in which a .npy file describes its array, as NumPy takes it
HDF5_MEMBERS = 100_000  # groups and arrays in one group, and attributes of one
HDF5_ATTRIBUTE = 2**16  # bytes of one attribute, 64 KiB, as HDF5 takes it; a text of any length counts 8
BESIDE_WEIGHTS = 2**26  # bytes that a file may hold besides four times the weights, an optimizer's included, 64 MiB
HDF5_MESSAGES = 100_000  # in the header of one object
HDF5_TEXT = 2**26  # bytes of the texts of one attribute, a config's, 64 MiB
PROTOBUF_FIELDS = 10_000_000  # stepped over in a SavedModel
HDF5_STEPS = 1_500_000  # places and messages that describe one file: a layer takes a hundred or two
SAFETENSORS_TENSORS = 100_000
SAFETENSORS_HEADER = 2**24  # bytes of JSON, 16 MiB: each tensor takes some 150
