"""What is chosen of how a verification is shown."""

from lstmcalc.views.look import Look


class VerifyLook(Look, frozen=True, kw_only=True):
    """`shows_outputs` says that the numbers of the outputs are shown, too."""

    shows_outputs: bool = False
