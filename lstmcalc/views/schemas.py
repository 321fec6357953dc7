"""The JSON Schemas of what is printed, each made from the declaration of its object."""

from importlib import import_module
from typing import Any

import msgspec

# The module and the name of each object: imported when its schema is asked for.
OUTPUTS = {
    "summary": ("lstmcalc.facts.objects", "SummaryObject"),
    "count": ("lstmcalc.views.count.json", "CountObject"),
    "explain": ("lstmcalc.views.explain.json", "ExplainObject"),
    "check": ("lstmcalc.views.check.json", "CheckObject"),
    "diff": ("lstmcalc.views.diff.json", "DiffObject"),
    "solve": ("lstmcalc.views.solve.json", "SolveObject"),
    "sweep": ("lstmcalc.views.sweep.json", "SweepObject"),
    "verify": ("lstmcalc.views.verify.json", "VerificationObject"),
    "error": ("lstmcalc.views.json", "ErrorObject"),
}


def output_schema(which: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of an output."""
    module, name = OUTPUTS[which]
    schema = msgspec.json.schema(getattr(import_module(module), name))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"lstmcalc {which}", **schema}
