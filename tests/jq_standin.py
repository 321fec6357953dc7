"""A small stand-in for the jq program, on jq's own library, for machines that lack it."""

import json
import sys

import jq

arguments = sys.argv[1:]
is_raw = "-r" in arguments
is_compact = "-c" in arguments
(program,) = [each for each in arguments if not each.startswith("-")]
for value in jq.compile(program).input_text(sys.stdin.read()):
    if is_raw and isinstance(value, str):
        print(value)
    else:
        print(json.dumps(value, indent=None if is_compact else 2, separators=(",", ":") if is_compact else None))
