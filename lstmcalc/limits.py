"""How large an input may be: every bound of the program, in one place."""

SPEC_BYTES = 2**20  # 1 MiB
EXPRESSION = 2**17  # characters of an expression; an argument of a command can be as long
NESTING = 100  # levels of YAML, of an expression, or of models inside models
NODES = 300_000  # values of a spec, after aliases and variables are followed
LAYERS = 100_000
DIMENSION = 2**31 - 1
RANK = 32  # axes of one tensor
DIGITS = 100  # characters of one number
PROBLEMS = 100  # mistakes reported together
MESSAGE = 600  # characters of one of them
