"""The closed form of a layer where it stands in a model, its value beside it."""

from lstmcalc.models.model import Placed
from lstmcalc.reference.claims import Claim, own_claim


def claim_of(placed: Placed) -> Claim | None:
    """The claim for a layer as it was placed; None where it declares no formula for the layer's arguments.

    A wrapper without weights of its own claims what the layers inside it do.
    """
    if placed.inner and not placed.own:
        claims = [claim_of(each) for each in placed.inner]
        known = [claim for claim in claims if claim is not None]
        if len(known) == len(claims) and len({id(weight) for weight in placed.weights}) == len(placed.weights):
            return Claim(" + ".join(claim.formula for claim in known), sum(claim.params for claim in known))
    return own_claim(placed.layer, placed.input_shapes)
