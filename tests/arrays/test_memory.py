"""How much memory a run takes: counted by hand, and against what NumPy allocates."""

import tracemalloc

import lstmcalc
from lstmcalc.arrays.memory import available, needed
from lstmcalc.arrays.samples import sized

FLOAT = 4  # bytes


def test_the_memory_of_a_run_is_weights_and_what_is_there_at_its_largest_call():
    model = lstmcalc.parse("Input(3) | Dense(4) | Dense(100) | Dense(1)")
    memory = needed(model, ((2, 3),), "float32")
    assert memory.weights == FLOAT * model.count_params()
    # Dense(1) has an input of 100, an output of 1, and the factors of its product without the last: 100.
    assert memory.arrays == FLOAT * 2 * (100 + 1 + 100)


def test_float64_takes_twice_the_arrays_and_the_weights_in_both_dtypes():
    model = lstmcalc.parse("Input(3) | Dense(4)")
    single, double = (needed(model, ((2, 3),), dtype) for dtype in ("float32", "float64"))
    assert double.arrays == 2 * single.arrays
    assert double.weights == 3 * single.weights
    assert double.total == double.weights + double.arrays


def test_what_later_calls_need_is_counted_until_then():
    layers = [
        {"Dense": 50, "name": "kept", "from": "x"},
        {"Dense": 1, "name": "a", "from": "x"},
        {"Dense": 50, "name": "b"},
        {"Add": None, "from": ["kept", "b"]},
    ]
    model = lstmcalc.from_dict({"inputs": {"x": [1]}, "layers": layers})
    memory = needed(model, ((1, 1),), "float32")
    assert memory.arrays == FLOAT * (50 + 50 + 50)


def test_the_estimate_is_near_what_numpy_allocates():
    model = lstmcalc.parse("Input(200, 64) | LSTM(128, return_sequences=True) | Dense(256) | LSTM(64)")
    weights = model.get_weights()
    ((_, *axes),) = sized(model)
    import numpy as np

    x = np.zeros((16, *axes), np.float32)
    model.predict(x, weights=weights)
    tracemalloc.start()
    model.predict(x, weights=weights)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    estimate = needed(model, ((16, *axes),), "float32").arrays
    assert 0.4 * estimate < peak < 1.5 * estimate


def test_there_is_some_memory():
    free = available()
    assert free is None or free > 2**20
