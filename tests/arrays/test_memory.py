"""How much memory a run takes: counted by hand, and against what NumPy allocates."""

import os
import tracemalloc
from pathlib import Path

import pytest

import lstmcalc
from lstmcalc.arrays import memory
from lstmcalc.arrays.memory import available, estimate_memory
from lstmcalc.arrays.samples import size_inputs

FLOAT = 4  # bytes


def test_the_memory_of_a_run_is_weights_and_what_is_there_at_its_largest_call():
    model = lstmcalc.parse("Input(3) | Dense(4) | Dense(100) | Dense(1)")
    run = estimate_memory(model, ((2, 3),), "float32")
    assert run.weights == FLOAT * model.count_params()
    # Dense(1) has an input of 100, an output of 1, and the factors of its product without the last: 100.
    assert run.arrays == FLOAT * 2 * (100 + 1 + 100)


def test_float64_takes_twice_the_arrays_and_the_weights_in_both_dtypes():
    model = lstmcalc.parse("Input(3) | Dense(4)")
    single, double = (estimate_memory(model, ((2, 3),), dtype) for dtype in ("float32", "float64"))
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
    assert estimate_memory(model, ((1, 1),), "float32").arrays == FLOAT * (50 + 50 + 50)


def test_the_estimate_is_near_what_numpy_allocates():
    model = lstmcalc.parse("Input(200, 64) | LSTM(128, return_sequences=True) | Dense(256) | LSTM(64)")
    weights = model.get_weights()
    ((_, *axes),) = size_inputs(model)
    import numpy as np

    x = np.zeros((16, *axes), np.float32)
    model.predict(x, weights=weights)
    tracemalloc.start()
    model.predict(x, weights=weights)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    estimate = estimate_memory(model, ((16, *axes),), "float32").arrays
    assert 0.4 * estimate < peak < 1.5 * estimate


def test_a_model_inside_needs_what_its_own_calls_need():
    inside = {"Sequential": {"layers": [{"Dense": 100}, {"Dense": 1}]}}
    model = lstmcalc.from_dict({"input": [3], "layers": [{"Dense": 2}, inside]})
    # Outside are the outputs of Dense(2) and of the model; inside, when Dense(1) is called, its input of 100, its
    # output, and the 100 factors of its product without the last.
    assert estimate_memory(model, ((1, 3),), "float32").arrays == FLOAT * ((2 + 1) + (100 + 1 + 100))


@pytest.fixture
def container(tmp_path, monkeypatch):
    """What a container says of its memory."""
    monkeypatch.setattr(memory, "CGROUP", tmp_path)

    def say(most: str) -> None:
        (tmp_path / "memory.max").write_text(f"{most}\n")
        (tmp_path / "memory.current").write_text("900\n")
        (tmp_path / "memory.stat").write_text("anon 700\ninactive_file 200\n")

    return say


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="Linux alone says what is available")
def test_what_is_available_is_what_linux_says(container):
    container("max")
    said = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    kilobytes = int(said["MemAvailable"].removesuffix("kB"))
    assert available() == pytest.approx(1024 * kilobytes, rel=0.2)


def test_a_container_leaves_its_limit_less_what_it_holds_but_for_the_cache_of_files(container):
    container("1000")
    assert available() == 1000 - 900 + 200


def test_without_a_word_of_the_system_all_of_the_memory_is_taken_to_be_there(container, monkeypatch):
    monkeypatch.setattr(memory, "_of_linux", lambda: None)
    assert available() == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
