"""A verification as a JSON object."""

from collections.abc import Iterator
from typing import Any

import msgspec

from lstmcalc.arrays.verify import LayerVerification, Verification
from lstmcalc.facts.objects import SCHEMA_VERSION, ProblemObject, problem_object
from lstmcalc.models.walk import join_path
from lstmcalc.shapes import Shape
from lstmcalc.views.json import encode
from lstmcalc.views.verify.look import VerifyLook


class VerifiedLayer(msgspec.Struct, rename={"class_name": "class"}):
    """One layer; `name` is its path. `closed_form` and its params are null where the docstring has no formula."""

    name: str
    class_name: str
    inferred_shapes: tuple[tuple[Shape, ...], ...]
    actual_shapes: tuple[tuple[Shape, ...], ...]
    params: int
    read_params: int
    training_only_params: int
    closed_form: str | None
    closed_form_params: int | None
    agrees: bool


class VerifiedOutput(msgspec.Struct):
    """One output; `difference` is null without an expected one and infinite (null too) where shapes differ."""

    ref: str
    shape: tuple[int, ...]
    difference: float | None
    agrees: bool
    values: Any = None


class Disagreement(msgspec.Struct):
    """One thing that disagrees, and the layer that it is about."""

    layer: str | None
    message: str


class VerificationObject(msgspec.Struct):
    """What `lstmcalc verify --format json` prints."""

    schema_version: int
    name: str
    kind: str
    agrees: bool
    dtype: str
    inputs: dict[str, tuple[int, ...]]
    layers: tuple[VerifiedLayer, ...]
    outputs: tuple[VerifiedOutput, ...]
    total_params: int
    problems: tuple[Disagreement, ...]
    notes: tuple[ProblemObject, ...]


def show(verification: Verification, look: VerifyLook) -> Iterator[str]:
    """The object of `verify --format json`, with the outputs' numbers where they are to be shown."""
    values = [array.tolist() if look.shows_outputs else None for array in verification.arrays]
    found = VerificationObject(
        SCHEMA_VERSION,
        verification.name,
        verification.kind,
        verification.agrees,
        verification.dtype,
        dict(verification.inputs),
        tuple(map(_layer, verification.layers)),
        tuple(
            VerifiedOutput(each.ref, each.shape, each.difference, each.agrees, value)
            for each, value in zip(verification.outputs, values, strict=True)
        ),
        verification.counted,
        tuple(Disagreement(each.layer, each.message) for each in verification.problems),
        tuple(map(problem_object, verification.notes)),
    )
    yield encode(found)


def _layer(layer: LayerVerification) -> VerifiedLayer:
    claim = layer.claim
    return VerifiedLayer(
        join_path(layer.path),
        layer.class_name,
        layer.inferred,
        layer.actual,
        layer.counted,
        layer.read,
        layer.idle,
        claim.formula if claim is not None else None,
        claim.params if claim is not None else None,
        layer.agrees,
    )
