"""The gates of Keras's recurrent layers, in the order of their columns: what each decides, and what others count."""

from lstmcalc.layers.declared import Elsewhere, Gate, Gating

LEARNED = "How it does that is learned, and what is learned are the params."
ONE_NOTE = (
    "{reads}one note of what it has read, h, which is its output "
    "too and has as many numbers as it has units. At each timestep it makes a new h from the old one and from what it "
    "reads, x"
)
ONE_OR_TWO = (
    "A gate adds two products, one with x and one with h. PyTorch, cuDNN and ONNX add a bias to each of them; Keras "
    "adds one to their sum, since two numbers that are only ever added can do no more than one."
)
RESET = (
    "With reset_after=True, the default and the way of cuDNN, the reset gate comes after the product with h, which "
    "therefore has a bias of its own. With reset_after=False it comes before, as in the paper, and one bias is enough."
)

LSTM_ELSEWHERE = (
    Elsewhere("PyTorch nn.LSTM", 2),
    Elsewhere("cuDNN LSTM", 2),
    Elsewhere("ONNX LSTM", 2),
    Elsewhere("Flax LSTMCell", 1, without=1),
)
LSTM_GATING = Gating(
    family="LSTM",
    gates=(
        Gate("i", "input gate", "recurrent_activation", "how much of the candidate is written to the memory"),
        Gate("f", "forget gate", "recurrent_activation", "how much of the old memory is kept"),
        Gate("c", "candidate", "activation", "what could be written to the memory"),
        Gate("o", "output gate", "recurrent_activation", "how much of the memory is shown as the output h"),
    ),
    steps=(("new memory", "f * old memory + i * c"), ("new h", "o * {activation}(new memory)")),
    story=(
        "{reads}two notes of what it has read: h, which is its "
        "output, and a memory (Keras's state_c), each of as many numbers as it has units. At each timestep it makes "
        f"new notes from the old ones and from what it reads, x. {LEARNED}"
    ),
    states="state_h is the last output h, state_c the memory.",
    elsewhere=LSTM_ELSEWHERE,
    lesson=ONE_OR_TWO,
)
GRU_GATING = Gating(
    family="GRU",
    gates=(
        Gate("z", "update gate", "recurrent_activation", "how much of the old h is kept"),
        Gate("r", "reset gate", "recurrent_activation", "how much of the old h the candidate gets to see"),
        Gate("h", "candidate", "activation", "what the new h could be"),
    ),
    steps=(("new h", "z * old h + (1 - z) * candidate"),),
    story=f"{ONE_NOTE}. {LEARNED}",
    states="state is h.",
    elsewhere=(
        Elsewhere("GRU, reset_after=False", 1, beside=2),
        Elsewhere("GRU, reset_after=True", 2, beside=1),
        Elsewhere("PyTorch nn.GRU", 2),
        Elsewhere("cuDNN GRU", 2),
        Elsewhere("ONNX GRU", 2),
        # A bias for each gate, and one more where the candidate takes the state in (flax.linen.GRUCell).
        Elsewhere("Flax GRUCell", 1, without=1, more=1),
    ),
    lesson=RESET,
)
SIMPLE_GATING = Gating(
    family="RNN",
    gates=(Gate("h", "candidate", "activation", "the new h itself"),),
    steps=(("new h", "{activation}(matrix * [h, x]{bias})"),),
    story=f"{ONE_NOTE}, without any gate between them. {LEARNED}",
    states="state is h.",
    elsewhere=(
        Elsewhere("PyTorch nn.RNN", 2),
        Elsewhere("cuDNN RNN", 2),
        Elsewhere("ONNX RNN", 2),
        Elsewhere("Flax SimpleCell", 1, without=1),
    ),
    lesson=ONE_OR_TWO,
)
