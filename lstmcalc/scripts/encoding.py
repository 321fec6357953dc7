"""The text of a script, in the encoding that it says."""

import re

from lstmcalc.errors import ModelError, Problem, Source
from lstmcalc.limits import SPEC_BYTES

CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.MULTILINE)
# Those that scripts of Keras's time are written in; others are read as UTF-8.
ENCODINGS = (
    *("utf-8", "latin-1", "iso-8859-1", "ascii", "cp1252"),
    *("gbk", "gb2312", "gb18030", "cp949", "euc-kr", "shift-jis"),
)


def text_of(data: bytes, name: str) -> Source:
    """The text of a script; characters that are not in its encoding do not matter. Raises ModelError."""
    if len(data) > SPEC_BYTES:
        raise ModelError(Problem(f"is larger than {SPEC_BYTES // 2**20} MiB, as no script is", file=name))
    found = CODING.search(b"\n".join(data.split(b"\n", 2)[:2]))
    said = found[1].decode("ascii", "replace").lower().replace("_", "-") if found is not None else "utf-8"
    encoding = said if said in ENCODINGS else "utf-8"
    text = data.removeprefix(b"\xef\xbb\xbf").decode(encoding, "replace")
    return Source(name, text.replace("\r\n", "\n").replace("\r", "\n"))
