"""The same model as people write it in Python: in many ways."""

import re
from collections.abc import Callable

from lstmcalc.formats.outline import Outline
from lstmcalc.formats.writing.python import write_python

Style = Callable[[Outline], "str | None"]
STYLES: dict[str, Style] = {}


def style(function: Style) -> Style:
    """Put a style under its name."""
    STYLES[function.__name__] = function
    return function


@style
def as_written(outline: Outline) -> str | None:
    return write_python(outline)


@style
def in_a_function(outline: Outline) -> str | None:
    body = [line for line in write_python(outline).splitlines() if not line.startswith(("import", "from"))]
    inside = "\n".join(f"    {line}" if line else "" for line in body)
    head = "import keras\nfrom keras import layers, ops\n\n\ndef build(rate=0.5):\n"
    return f"{head}{inside}\n    return model\n\nmodel = build()\n"


@style
def under_other_names(outline: Outline) -> str | None:
    text = write_python(outline).replace("from keras import layers, ops", "from keras import layers as L, ops as K")
    text = text.replace("from keras import layers\n", "from keras import layers as L\n")
    text = text.replace("import keras\n", "import keras as k\n")
    return re.sub(r"\bkeras\.", "k.", re.sub(r"\blayers\.", "L.", re.sub(r"\bops\.", "K.", text)))


@style
def with_data_around(outline: Outline) -> str | None:
    before = "import os\nimport numpy as np\nrows = [i for i in range(20)]\ndata = np.zeros((20, 5, 3))\n"
    after = "\nif __name__ == '__main__':\n    model.compile('adam', 'mse')\n    text = f'{len(rows)} rows'\n"
    return before + write_python(outline) + after


@style
def added_one_by_one(outline: Outline) -> str | None:
    """`model.add(...)` for each layer of a chain that holds no other model."""
    if outline.kind != "Sequential" or any(call.layer.model is not None for call in outline.calls):
        return None
    lines = write_python(outline).splitlines()
    head = [line for line in lines if line.startswith(("import", "from"))]
    start = next(number for number, line in enumerate(lines) if line.startswith("model = "))
    body, name = lines[start + 2 : -1], ""
    end = next(number for number, line in enumerate(body) if line == "    ],")
    name = ", ".join(line.strip().rstrip(",") for line in body[end + 1 :])
    found, waiting = [f"model = keras.Sequential({name})"], []
    for line in body[:end]:
        waiting.append(line[8:])
        if re.match(r" {8}\S.*(?<!\()(?<!\[),$", line):
            found.append(f"model.add({' '.join(each.strip() for each in waiting)[:-1]})")
            waiting = []
    return "\n".join([*head, *found]) + "\n"


@style
def from_a_list(outline: Outline) -> str | None:
    """The layers of a chain in a list, from which the model is made."""
    if outline.kind != "Sequential":
        return None
    text = write_python(outline)
    if text.count("keras.Sequential(") > 1:
        return None
    listed = r"keras.Sequential(\n    [each for each in [\1\n    ]],"
    return re.sub(r"keras\.Sequential\(\n    \[(.*)\n    \],", listed, text, count=1, flags=re.DOTALL)
