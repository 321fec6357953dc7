"""The facts as JSON objects with stable keys."""

from typing import Any

import msgspec

from lstmcalc.errors import ModelError, Problem
from lstmcalc.summary import Macs, Row, Summary

SCHEMA_VERSION = 1


def summary_object(summary: Summary) -> dict[str, Any]:
    """The object of `summary --format json`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "name": summary.name,
        "kind": summary.kind,
        "inputs": [{"name": each.name, "shape": list(each.shape), "dtype": each.dtype} for each in summary.inputs],
        "layers": [layer_object(row) for row in summary.layers],
        "outputs": [{"ref": ref, "shape": list(shape)} for ref, shape in summary.outputs],
        "total_params": summary.total.params,
        "trainable_params": summary.trainable.params,
        "non_trainable_params": summary.non_trainable.params,
        "size_bytes": summary.total.size_bytes,
        **_macs(summary.macs),
    }


def layer_object(row: Row) -> dict[str, Any]:
    """One layer; `input_shapes`, `output_shapes` and `connected_to` are those of its first call, `calls` has all."""
    calls = [
        {
            "input_shapes": [list(shape) for shape in call.input_shapes],
            "output_shapes": [list(shape) for shape in call.output_shapes],
            "connected_to": [each.name for each in call.connected if each.is_layer],
        }
        for call in row.calls
    ]
    return {
        "name": row.name,
        "class": row.class_name,
        "input_shapes": calls[0]["input_shapes"],
        "output_shapes": calls[0]["output_shapes"],
        "params": row.params,
        "counted_params": row.counted,
        "trainable_params": row.trainable_params,
        "non_trainable_params": row.non_trainable_params,
        **_macs(row.macs),
        "size_bytes": row.size_bytes,
        "trainable": row.trainable,
        "weights": [
            {
                "name": weight.name,
                "shape": list(weight.shape),
                "params": weight.params,
                "trainable": weight.trainable,
                "dtype": weight.dtype,
            }
            for weight in row.weights
        ],
        "connected_to": calls[0]["connected_to"],
        "calls": calls,
        "layers": [layer_object(each) for each in row.inner if not each.is_input and not each.is_operation],
    }


def _macs(macs: Macs) -> dict[str, int | None]:
    """`macs`, or `macs_fixed + timesteps * macs_per_timestep` where timesteps are unknown."""
    return {"macs": macs.total, "macs_fixed": macs.fixed, "macs_per_timestep": macs.per_timestep}


def error_object(error: ModelError) -> dict[str, Any]:
    """The object of an error: its first problem as `error`, every one in `errors`."""
    return {"error": problem_object(error.problems[0]), "errors": [problem_object(each) for each in error.problems]}


def problem_object(problem: Problem) -> dict[str, Any]:
    """One problem."""
    place = problem.place
    file = problem.file if place is None else place.source.name if place.source.is_file else None
    return {
        "message": problem.message,
        "file": file,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "layer": problem.layer,
        "help": problem.help,
    }


def encode(value: Any) -> str:
    """JSON text with two spaces an indent and a newline at the end; integers are exact."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
