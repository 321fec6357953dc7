"""Resizing by hand."""

import numpy as np
import pytest

from lstmcalc.kernels.resizing import KERNELS, crop_to_ratio, pad_to_ratio, repeat, resize

X = np.array([[0.0, 1.0], [2.0, 3.0]]).reshape(1, 2, 2, 1)


def test_repeating_gives_each_position_several_times() -> None:
    assert repeat(np.array([[[1], [2]]]), (2,)).ravel().tolist() == [1, 1, 2, 2]


def test_the_nearest_is_the_one_whose_share_covers_the_middle() -> None:
    assert resize(X, 4, 2, "nearest")[0, :, 0, 0].tolist() == [0, 0, 2, 2]


def test_bilinear_goes_in_a_line_between_the_middles_of_positions() -> None:
    assert resize(X, 2, 4, "bilinear")[0, 0, :, 0].tolist() == [0, 0.25, 0.75, 1]


@pytest.mark.parametrize("interpolation", KERNELS)
@pytest.mark.parametrize("antialias", [False, True])
def test_one_colour_stays_one_colour(interpolation: str, antialias: bool) -> None:
    np.testing.assert_allclose(resize(np.full((1, 5, 7, 2), 3.0), 3, 9, interpolation, antialias), 3)


def test_whole_numbers_are_rounded() -> None:
    y = resize(X.astype("uint8"), 2, 4, "bilinear")
    assert y.dtype == "uint8"
    assert y[0, 0, :, 0].tolist() == [0, 0, 1, 1]


def test_the_ratio_is_had_by_cropping_or_by_padding() -> None:
    x = np.ones((1, 4, 8, 1))
    assert crop_to_ratio(x, 2, 2).shape == (1, 4, 4, 1)
    padded = pad_to_ratio(x, 2, 2, 7)
    assert padded.shape == (1, 8, 8, 1)
    assert padded[0, 0].ravel().tolist() == [7] * 8
