"""Live Keras on its NumPy backend, and how many models Hypothesis makes."""

import os
import warnings
from types import SimpleNamespace

BACKEND = os.environ.get("LSTMCALC_PARITY_BACKEND", "numpy")
os.environ["KERAS_BACKEND"] = BACKEND
os.environ["COLUMNS"] = "1000"  # Keras's console folds nothing but the table's own cells
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import keras

from hypothesis import HealthCheck, settings  # noqa: E402
from keras.src.backend.common import global_state  # noqa: E402
from keras.src.initializers.random_initializers import Orthogonal  # noqa: E402

_orthogonal = Orthogonal.__call__
# NumPy has no QR decomposition of half precision; the matrix is made in float32, as on other backends.
Orthogonal.__call__ = lambda self, shape, dtype=None: keras.ops.cast(_orthogonal(self, shape, "float32"), dtype)

# `keras.backend.clear_session()` collects garbage each time, which takes longer than a model; Python does so in time.
global_state.gc = SimpleNamespace(collect=lambda: None)

LONG_RUN = "LSTMCALC_PARITY_EXAMPLES" in os.environ
EXAMPLES = int(os.environ.get("LSTMCALC_PARITY_EXAMPLES", "150" if BACKEND == "jax" else "500"))

settings.register_profile(
    "parity",
    max_examples=EXAMPLES,
    derandomize=not LONG_RUN,
    print_blob=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("parity")
