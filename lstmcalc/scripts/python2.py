"""Scripts of Python 2, as most for Keras 1 are: what of their syntax stands in the way is put right."""

import re

# At the beginning of a line, or after the colon of an `if` in the same line.
PRINTS = re.compile(
    r"^([ \t]*(?:[^#'\"\n]*:[ \t]+)?)print(?:[ \t]+(?![ \t=(.\[,])|[ \t]*>>|[ \t]+(?=\())(.*)$", re.MULTILINE
)
ALONE = re.compile(r"^([ \t]*)print[ \t]*$", re.MULTILINE)
EXCEPTS = re.compile(r"^([ \t]*except[ \t]+[\w.(), \t]+?),[ \t]*(\w+)[ \t]*:", re.MULTILINE)
RAISES = re.compile(r"^([ \t]*raise[ \t]+[\w.]+),[ \t]*(.+)$", re.MULTILINE)
OCTAL = re.compile(r"(?<![\w.])0([0-7]+)(?![\w.])")
PREFIX = re.compile(r"\bur(?=['\"])")
LONG = re.compile(r"(?<![\w.])(\d+)[lL]\b")
FEW = 50  # lines that are passed over one by one


def in_python_3(text: str) -> str:
    """The text with what Python 3 has another syntax for put right; lines stay where they are."""
    text = text.expandtabs(8)
    text = ALONE.sub(r"\1pass", text)
    text = PRINTS.sub(_passed_over, text)
    text = EXCEPTS.sub(r"\1 as \2:", text)
    text = RAISES.sub(r"\1(\2)", text)
    return LONG.sub(r"\1", PREFIX.sub("r", text)).replace("<>", "!=")


def _passed_over(found: "re.Match[str]") -> str:
    """A `print` as one expression where it ends in its line, else what it begins with."""
    rest = found[2].split("#")[0].rstrip() if not set("'\"") & set(found[2]) else found[2].rstrip()
    is_whole = rest.count("(") == rest.count(")") and rest.count("[") == rest.count("]") and not rest.endswith("\\")
    if is_whole:
        return f"{found[1]}pass"
    return f"{found[1]}_ = {found[2]}"


def without_line(text: str, number: int) -> str | None:
    """The text without a line that cannot be read, a `pass` in its place; None where it is none of a few kinds."""
    lines = text.split("\n")
    if not 0 < number <= len(lines):
        return None
    line = lines[number - 1]
    if not re.match(r"[ \t]*(print|exec)\b", line):
        return None
    lines[number - 1] = f"{line[: len(line) - len(line.lstrip())]}pass"
    return "\n".join(lines)
