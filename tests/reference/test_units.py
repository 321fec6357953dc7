"""Numbers with units: what is taken, what is refused, and how sizes are shown."""

import pytest

from lstmcalc.errors import Refusal
from lstmcalc.reference.sizes import readable_bytes
from lstmcalc.reference.units import MOST_MEMORY, increase, memory_of, quantity


@pytest.mark.parametrize(
    ("text", "metric", "number"),
    [
        ("900", "params", 900),
        ("900k", "params", 900_000),
        ("1T", "macs", 10**12),
        ("2 TiB", "size", 2 * 1024**4),
        ("3GiB", "size", 3 * 1024**3),
        ("1M", "params", 1_000_000),
        ("1.5 G", "macs", 1_500_000_000),
        ("1e6", "params", 1_000_000),
        (".5k", "params", 500),
        ("4 MiB", "size", 4 * 1024**2),
        ("4MB", "size", 4 * 1000**2),
        ("1 KiB", "state", 1024),
        ("2k", "size", 2000),
        ("1.3 KiB", "size", 1331),  # 1331.2: what is at most that is at most 1331
        ("12 B", "activations", 12),
    ],
)
def test_k_m_and_g_are_powers_of_1000_and_kib_mib_and_gib_of_1024(text, metric, number):
    assert quantity(text, metric) == number


@pytest.mark.parametrize(
    ("text", "metric", "sentence"),
    [
        ("-5", "params", "params must be at least 0, but is -5"),
        ("4MiB", "params", "params must be a number such as 900000, 900k or 1M, but is '4MiB'"),
        ("4 MIB", "size", "size must be a size such as 4096, 400 KiB or 4 MiB, but is '4 MIB'"),
        ("1.5", "params", "params must be a whole number, but is 1.5"),
        ("many", "macs", "macs must be a number such as 900000, 900k or 1M, but is 'many'"),
        ("1e999", "macs", "macs must be a number such as 900000, 900k or 1M, but is '1e999'"),
        ("٣k", "macs", "macs must be a number such as 900000, 900k or 1M, but is '٣k'"),
    ],
)
def test_another_quantity_is_refused(text, metric, sentence):
    with pytest.raises(Refusal) as error:
        quantity(text, metric)
    assert error.value.message == sentence


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("1_000", None),
        ("nan", None),
        ("4KiB", "KiB is a unit of sizes: params takes k, M and G, powers of 1000"),
        ("4m", "did you mean 'M'?"),
    ],
)
def test_the_help_for_a_quantity_is_about_its_unit_where_it_has_one(text, help):
    with pytest.raises(Refusal) as refused:
        quantity(text, "params")
    assert refused.value.help == help


def test_an_increase_is_a_percentage_or_a_number():
    assert increase(1000, "5%", "params") == 1050
    assert increase(1001, "0.1%", "params") == 1002  # 1002.001
    assert increase(1000, "2k", "params") == 3000
    assert increase(1000, "1KiB", "size") == 2024


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("500MiB", 500 * 1024**2),
        ("4GiB", 4 * 1024**3),
        ("4GB", 4 * 1000**3),
        ("4G", 4 * 1000**3),
        ("1.5 KiB", 1536),
        ("4Ki", 4096),
        ("100", 100),
        ("9" * 400 + "G", MOST_MEMORY),
        ("9" * 99 + "G", MOST_MEMORY),
    ],
)
def test_a_size_of_memory_is_in_bytes_and_no_more_than_a_machine_can_have(text, size):
    assert memory_of(text) == size


@pytest.mark.parametrize("text", ["lots", "", "-1", "4Q", "1 000"])
def test_what_is_no_size_of_memory_is_refused(text):
    with pytest.raises(Refusal) as refused:
        memory_of(text)
    assert refused.value.message == f"takes a size such as 500MiB or 4GiB, not '{text}'"


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (2**22, "4.0 MiB"), (2**50, "1024.0 TiB")],
)
def test_our_sizes_are_named_by_their_powers_of_1024(size, text):
    assert readable_bytes(size) == text
