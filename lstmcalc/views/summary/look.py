"""What a user chooses of a summary."""

from lstmcalc.views.look import Look


class SummaryLook(Look, frozen=True, kw_only=True):
    """Keras's own options (`width` is its line_length), and ours: rows for weights, and columns of one's own choice."""

    expand_nested: bool = False
    show_trainable: bool = False
    show_weights: bool = False
    columns: tuple[str, ...] | None = None
