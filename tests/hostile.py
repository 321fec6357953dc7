"""Inputs that are meant to hurt, each read in a process of its own: `python hostile.py NAME` prints what came of it.

The first line is what ModelError says, the second CPU seconds, the third the most
memory that the process had, in MB.
"""

import os
import re
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lstmcalc

HEAD = "input: [5, 1]\nlayers:\n"
CASES: dict[str, tuple[Callable[[], Any], str]] = {}


def load(content: str | bytes, name: str = "model.yaml") -> Any:
    """The model of a file of that content."""
    with open(name, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
    return lstmcalc.load(name)


def text(name: str, make: Callable[[], str | bytes], says: str) -> None:
    """A spec that is read from a file."""
    CASES[name] = lambda: load(make()), f"model.yaml{says}"


def expression(name: str, make: Callable[[], str], says: str) -> None:
    """An expression."""
    CASES[name] = lambda: lstmcalc.parse(make()), f"<expression>{says}"


def spec(name: str, make: Callable[[], Any], says: str) -> None:
    """A dictionary for `from_dict`."""
    CASES[name] = lambda: lstmcalc.from_dict(make()), says


def path(name: str, make: Callable[[], str], says: str) -> None:
    """A path that is no file of text."""
    CASES[name] = lambda: lstmcalc.load(make()), says


def doubling(first: str, line: Callable[[int], str], lines: int) -> str:
    """A first line, and lines that each name the one above many times."""
    return first + "".join(line(i) for i in range(1, lines))


def fifo(name: str) -> str:
    os.mkfifo(name)
    return name


def link(name: str) -> str:
    os.symlink(name, name)
    return name


def folder(name: str) -> str:
    os.mkdir(name)
    return name


def unreadable(name: str) -> str:
    with open(name, "w") as file:
        file.write("layers: []")
    os.chmod(name, 0)
    return name


def large(name: str) -> str:
    with open(name, "wb") as file:
        for _ in range(50):
            file.write(b"a: b\n" * 200_000)  # 50 MB in all
    return name


def itself() -> dict[str, Any]:
    found: dict[str, Any] = {}
    found["input"] = found
    return found


def nested(levels: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(levels):
        found = [found]
    return found


NOTHING = ":1:1: there is nothing in it: a spec has 'input' and 'layers'"
DEEP = "nested more than 100 levels deep"
MANY = "more than 300,000 values, aliases followed"
LARGE = "is larger than 1 MiB, the most that a spec may be"
NO_TEXT = "cannot stand here: this is not a text file, or not in UTF-8"
NOT_UTF8 = "is not UTF-8: a spec is a text file in UTF-8"
LONG = "an expression has at most 131,072 characters, but this has 1,000,000 (write a spec in YAML)"
JSON = "cannot stand in a spec: it takes what JSON takes"
OWN = f"a layer of your own is stated: 'Custom: {{class: {'A' * 10**6}, output_shape: [...], weights: {{...}}}}'"
WHOLE = "must be a whole number, but is"

text("empty", lambda: "", NOTHING)
text("spaces", lambda: " " * 10**6, NOTHING)
text("line breaks", lambda: "\n" * 10**6, NOTHING)
text("comments", lambda: "# nothing\n" * 10**5, NOTHING)
text("binary", lambda: bytes(range(256)) * 1000, f":3:115: the byte 0x80 {NOT_UTF8}")
text(
    "UTF-16", lambda: HEAD.encode("utf-16"), f":1:1: the byte 0xFF {NOT_UTF8} (it looks like UTF-16: save it as UTF-8)"
)
text("UTF-16 without a mark", lambda: HEAD.encode("utf-16-le"), f":1:2: the character U+0000 {NO_TEXT}")
text("latin-1", lambda: "# caf\xe9\n".encode("latin-1"), f":1:6: the byte 0xE9 {NOT_UTF8}")
text("a NUL", lambda: HEAD + "  - De\0nse: 5", f":3:7: the character U+0000 {NO_TEXT}")
text("a lone surrogate", lambda: HEAD + '  - Dense: "\\ud800"', ":3:15: not YAML: this escape stands for no character")
text(
    "aliases that multiply",
    lambda: doubling(
        "a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n", lambda i: f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n", 10
    ),
    f":6:14: {MANY}",
)
text(
    "merges that multiply",
    lambda: doubling(
        f"a0: &a0 {{{','.join(f'k{i}: 1' for i in range(3000))}}}\n", lambda i: f"a{i}: {{<<: *a0}}\n", 9999
    ),
    f":26:11: {MANY}",
)
text(
    "aliases that nest",
    lambda: doubling("a0: &a0 [1]\n", lambda i: f"a{i}: &a{i} {'[' * 9}*a{i - 1}{']' * 9}\n", 999),
    f":12:20: {DEEP}",
)
text(
    "variables that multiply",
    lambda: (
        doubling("vars:\n  a0: [1,1,1,1,1,1,1,1,1,1]\n", lambda i: f"  a{i}: [{','.join([f'$a{i - 1}'] * 10)}]\n", 10)
        + HEAD
        + "  - Dense: $a9"
    ),
    ":7:12: the variables multiply to more than 300,000 values",
)
text(
    "variables that nest",
    lambda: (
        doubling("vars:\n  a0: [1]\n", lambda i: f"  a{i}: {'[' * 9}$a{i - 1}{']' * 9}\n", 12) + HEAD + "  - Dense: 5"
    ),
    f":13:8: {DEEP}",
)
text("lists in lists", lambda: "[" * 100_000, f":1:101: {DEEP}")
text("lists in lists, closed", lambda: "[" * 100_000 + "]" * 100_000, f":1:101: {DEEP}")
text("mappings in mappings", lambda: "{a: " * 100_000, f":1:398: {DEEP}")
text("blocks in blocks", lambda: "".join(" " * i + "a:\n" for i in range(1400)), f":100:100: {DEEP}")
text("lists in one line", lambda: "- " * 100_000, f":1:201: {DEEP}")
text("keys in keys", lambda: "? " * 100_000, f":1:201: {DEEP}")
text(
    "a repeat of a billion",
    lambda: HEAD + "  - Flatten:\n    repeat: 1000000000",
    ":4:13: a model has at most 100,000 layers, but this makes 1,000,000,000",
)
text(
    "repeats of repeats",
    lambda: (
        HEAD + "  - {Sequential: [{Sequential: [{Sequential: [Flatten], repeat: 1000}], repeat: 1000}], repeat: 1000}"
    ),
    ":3:81: a model has at most 100,000 layers, but this makes 2,002,000",
)
text(
    "more layers than the limit",
    lambda: "layers:\n" + "- Add\n" * 160_000,
    ":2:1: a model has at most 100,000 layers, but this has 160,000",
)
text(
    "units of 10^40",
    lambda: HEAD + f"  - Dense: 1{'0' * 40}",
    ":3:12: Dense: units must be at most 2,147,483,647, but is a number of 41 digits",
)
text(
    "5000 digits",
    lambda: HEAD + f"  - Dense: {'9' * 5000}",
    ":3:12: a number of 5000 characters is too long: at most 100 are taken",
)
text(
    "50,000 digits of base 16",
    lambda: HEAD + f"  - Dense: 0x{'9' * 50_000}",
    ":3:12: a number of 50002 characters is too long: at most 100 are taken",
)
text("not a number", lambda: HEAD + "  - Dense: .nan", f":3:12: Dense: units {WHOLE} .nan")
text("infinity", lambda: HEAD + "  - Dense: .inf", f":3:12: Dense: units {WHOLE} .inf")
text(
    "a huge word",
    lambda: "a" * 10**6,
    f":1:1: a spec is a mapping with 'input' and 'layers', not the string '{'a' * 49}...{'a' * 19}'",
)
text("a huge key", lambda: "a" * 10**6 + ": 1", ":1:1000001: not YAML: a ':' stands where no key can be")
text(
    "a huge name",
    lambda: HEAD + f"  - {'A' * 10**6}",
    f":3:5: the layer '{'A' * 49}...{'A' * 19}' is not known ({OWN[:300]}...{OWN[-150:]})",
)
text(
    "a huge quoted string",
    lambda: '"' + "a" * 10**6,
    ':1:1: not YAML: the string that begins here has no end (close it with ")',
)
text("colons", lambda: ":" * 10**6, ":1:1000000: not YAML: a ':' stands where no key can be")
text("tabs", lambda: "\t" * 10**6, ":1:1: not YAML: a tab stands where YAML wants spaces (replace the tab with spaces)")
text("documents", lambda: "---\n" * 200_000, ":2:1: a second document begins here: one model is one document")
text(
    "30,000 unknown layers",
    lambda: HEAD + "  - Dens: 5\n" * 30_000,
    ":3:5: the layer 'Dens' is not known (did you mean 'Dense'?)",
)
text(
    "60,000 unknown keys",
    lambda: "".join(f"k{i}: 1\n" for i in range(60_000)),
    ":1:1: a spec has no key 'k0' "
    "(taken are: name, kind, input, inputs, layers, outputs, vars, budget, dtype, dialect)",
)
text(
    "100,000 unknown references",
    lambda: HEAD + f"  - Add:\n    from: [{','.join(f'x{i}' for i in range(100_000))}]",
    ":4:12: 'x0' names nothing above (above are: input_layer)",
)
text(
    "20,000 references to what is misspelled",
    lambda: HEAD + "".join(f"  - Flatten:\n    name: n{i}\n    from: m{i}\n" for i in range(20_000)),
    ":5:11: 'm0' names nothing above (above are: input_layer)",
)
text(
    "a shape of 200,000 axes",
    lambda: f"input: [{'1,' * 200_000}]\nlayers: [Flatten]",
    ":1:8: a shape has at most 31 axes, but this has 200000",
)
text("arithmetic in parentheses", lambda: HEAD + f"  - Dense: $({'(' * 100_000})", f":3:113: {DEEP}")
text(
    "arithmetic of many terms",
    lambda: HEAD + f"  - Dense: $({'1+' * 50_000}1)",
    ":3:215: more than 100 operations in one arithmetic",
)
text(
    "a device inside",
    lambda: HEAD + "  - Model: /dev/zero",
    ":3:12: the model '/dev/zero' cannot be read: is a device, not a file",
)
text(
    "a NUL in a path",
    lambda: HEAD + '  - Model: "a\\0b.yaml"',
    ":3:12: the model 'a\\x00b.yaml' cannot be read: its name has a NUL, which no name of a file can have",
)

expression("100,000 parentheses", lambda: "Input(5, 1) | Dense(" + "(" * 100_000, f":1:121: {DEEP}")
expression("100,000 brackets", lambda: "Input(5, 1) | Dense(" + "[" * 100_000, f":1:121: {DEEP}")
expression("calls in calls", lambda: "A(" * 50_000, f":1:203: {DEEP}")
expression("signs", lambda: f"Input(5, 1) | Dense({'-' * 100_000}5)", ":1:121: more than 100 signs in a row")
expression(
    "terms", lambda: f"Input(5, 1) | Dense({'1+' * 50_000}5)", ":1:222: more than 100 operations in one arithmetic"
)
expression(
    "sums of sums",
    lambda: f"Input(5, 1) | Dense({'(' * 90}1{('+1' * 50 + ')') * 90})",
    ":1:314: more than 100 operations in one arithmetic",
)
expression(
    "products",
    lambda: f"Input(5, 1) | Dense({'*'.join(['9' * 90] * 90)})",
    ":1:21: the result has more than 100 digits",
)
expression("dollars", lambda: "$" * 100_000, ":1:1: here stands '$', where a layer, like LSTM(5), was expected")
expression(
    "100,000 layers",
    lambda: "Flatten|" * 12_500 * 10 + "Flatten",
    ":1:1: an expression has at most 131,072 characters, but this has 1,000,007 (write a spec in YAML)",
)
expression("a million letters", lambda: "a" * 10**6, f":1:1: {LONG}")
expression("a million quotes", lambda: "'" * 10**6, f":1:1: {LONG}")
expression("dots", lambda: "a." * 60_000, ":1:120000: here stands '.', where '|' or the end was expected")
expression("a hundred million letters", lambda: "a" * 10**8, f": {LARGE}")
expression(
    "digits",
    lambda: f"Dense({'1' * 100_000})",
    ":1:7: a number of 100000 characters is too long: at most 100 are taken",
)
expression(
    "a lone surrogate in a name",
    lambda: "Input(5, 1) | Dense(5, name='\ud800')",
    ":1:30: the character U+D800 cannot stand here",
)
expression(
    "arguments",
    lambda: f"Input(5, 1) | Flatten({'1,' * 60_000})",
    ":1:23: Flatten: data_format must be one of channels_last, channels_first, null, but is 1",
)

spec("no dictionary", lambda: [1, 2], "<dict>:1:1: a spec is a mapping with 'input' and 'layers', not a list")
spec("None", lambda: None, "<dict>:1:1: a spec is a mapping with 'input' and 'layers', not null")
spec("a dictionary that contains itself", itself, f"{'input.' * 9}input: {DEEP}")
spec("lists in lists of a dictionary", lambda: {"layers": nested(100_000)}, f"layers{'.0' * 9}: {DEEP}")
spec(
    "an integer of 5000 digits", lambda: {"input": [10**5000]}, "input.0: a number of more than 100 digits is too long"
)
spec(
    "a float that is no number",
    lambda: {"input": [float("nan")], "layers": ["Flatten"]},
    "<dict>:2:13: a size of the input's shape must be a whole number or null, not the number .nan",
)
spec("an object", lambda: {"input": object()}, f"input: a value of type object {JSON}")
spec("bytes", lambda: {"name": b"a"}, f"name: a value of type bytes {JSON}")
spec("a tuple as a key", lambda: {(1, 2): 3}, f"a value of type tuple {JSON}")
spec(
    "a lone surrogate in a dictionary",
    lambda: {"name": "\ud800"},
    "name: a string holds half of a character (a lone surrogate)",
)
spec("a string of 10 MB", lambda: {"name": "a" * 10**7}, f"<dict>: {LARGE}")

path("50 MB", lambda: large("large.yaml"), f"large.yaml: {LARGE}")
path("a folder", lambda: folder("folder"), "folder: cannot be read: is a directory")
path("a folder with a suffix", lambda: folder("folder.yaml"), "folder.yaml: cannot be read: is a directory")
path("a file that is not there", lambda: "none.yaml", "none.yaml: cannot be read: no such file or directory")
path("a link to itself", lambda: link("link.yaml"), "link.yaml: cannot be read: too many levels of symbolic links")
path("a pipe without a writer", lambda: fifo("pipe.yaml"), "pipe.yaml: cannot be read: is a pipe that nobody writes to")
path("an endless device", lambda: "/dev/zero", "/dev/zero: cannot be read: is a device, not a file")
path(
    "a NUL in a name",
    lambda: "a\0.yaml",
    "a\0.yaml: cannot be read: its name has a NUL, which no name of a file can have",
)
path("a file that may not be read", lambda: unreadable("secret.yaml"), "secret.yaml: cannot be read: permission denied")
path("standard input without an end", lambda: "-", f"<stdin>: {LARGE}")


def main(name: str) -> None:
    """Read one of the inputs, and print what came of it."""
    resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))  # 1 GiB of addresses
    before = time.process_time()
    try:
        result = repr(CASES[name][0]())
    except lstmcalc.ModelError as error:
        result = str(error.problems[0])
    seconds = time.process_time() - before
    print(f"{result}\n{seconds:.2f}\n{most_memory():.0f}")


def most_memory() -> float:
    """The most MB that this process held. `ru_maxrss` would be that of the process which started it, where larger."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 2**20)


if __name__ == "__main__":
    main(sys.argv[1])
