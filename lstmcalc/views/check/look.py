"""What is chosen of how budgets are shown."""

from lstmcalc.views.look import Look


class CheckLook(Look, frozen=True, kw_only=True):
    """`level` is what GitHub makes of a budget that is exceeded: error, or warning."""

    level: str = "error"
