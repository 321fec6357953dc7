"""Record how Keras 1 and 2 were called: the arguments of every layer class with their defaults.

Run it with the folders of unpacked sources, each named after its version and holding the package `keras`:
`python record_signatures.py Keras-1.2.2 Keras-2.2.5 Keras-2.3.1 keras-2.15.0`. The sources are read as syntax trees,
and nothing of them is run. `keras_signatures.json` is what comes of it.
"""

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
# What a layer class is derived from at last; not layers themselves.
BASES = ("Layer", "Wrapper", "Merge", "_Merge")


def classes_in(root: Path) -> Iterator[tuple[str, ast.ClassDef]]:
    """Every class of the modules of layers, with the path of its module in the package."""
    for path in sorted(root.rglob("*.py")):
        inside = path.relative_to(root).as_posix()
        if (
            re.match(r"(layers|legacy/layers|engine/(topology|base_layer|input_layer))", inside)
            and "_test" not in inside
        ):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef):
                    yield inside, node


def signature(node: ast.ClassDef) -> list[list[str | None]] | None:
    """The arguments of `__init__` with the source of their defaults, None for one that is required."""
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            names = [argument.arg for argument in item.args.args[1:]]
            defaults = [ast.unparse(default) for default in item.args.defaults]
            required: list[str | None] = [None] * (len(names) - len(defaults))
            return [[name, default] for name, default in zip(names, [*required, *defaults], strict=True)]
    return None


def signatures(root: Path) -> dict[str, list[list[str | None]]]:
    """The arguments of every public layer class by its name; those of its base where it has none of its own."""
    known: dict[str, ast.ClassDef] = {}
    for _, node in classes_in(root):
        known.setdefault(node.name, node)

    def bases(node: ast.ClassDef) -> Iterator[str]:
        for base in node.bases:
            name = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
            yield name
            if name in known:
                yield from bases(known[name])

    found = {}
    for name, node in known.items():
        above = list(bases(node))
        if name.startswith("_") or name in BASES or not {"Layer", "Wrapper"} & set(above):
            continue
        chain = [node, *(known[base] for base in above if base in known)]
        found[name] = next((own for each in chain if (own := signature(each)) is not None), [])
    return found


def main(folders: list[str]) -> None:
    recorded = {}
    for folder in folders:
        version = re.sub(r"^\D*", "", Path(folder).name)
        package = next(Path(folder).rglob("keras/__init__.py")).parent
        root = package / "src" if (package / "src").is_dir() else package
        recorded[version] = signatures(root)
    text = json.dumps(recorded, indent=0, sort_keys=True)
    (HERE / "keras_signatures.json").write_text(re.sub(r"\n\s*(?=[\[\]\"n])", " ", text) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
