"""Imports go one way through the rooms of the house, and a count imports neither NumPy nor rich."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from lstmcalc.layers.catalogue import MODULES

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "lstmcalc"

# From the ground up: a room imports what stands before it, and nothing else.
ORDER = (
    *(
        "limits",
        "errors",
        "shapes",
        "kernels",
        "layers",
        "reference",
        "containers",
        "formats",
        "models",
        "scripts",
        "sources",
    ),
    *("facts", "arrays", "questions", "manual", "views", "api", "__init__", "cli", "__main__"),
)
# Some rooms know less than stands before them.
KNOWS: dict[str, set[str]] = {
    "limits": set(),
    "manual": set(),
    "kernels": set(),
    "containers": {"limits", "errors", "shapes"},
    "formats": {"limits", "errors", "shapes", "reference", "containers"},
}


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    """Every module of the package with its room."""
    return tuple(
        (path.relative_to(PACKAGE).parts[0].removesuffix(".py"), ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted(PACKAGE.rglob("*.py"))
    )


def imported(tree: ast.Module) -> Iterator[str]:
    """The names of all modules that a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms_of(tree: ast.Module) -> set[str]:
    """The rooms of this package that a module imports."""
    found = set()
    for name in imported(tree):
        package, *rest = name.split(".")
        if package == "lstmcalc":
            is_room = bool(rest) and ((PACKAGE / rest[0]).is_dir() or (PACKAGE / f"{rest[0]}.py").exists())
            found.add(rest[0] if is_room else "__init__")
    return found


def allowed(room: str) -> set[str]:
    """The rooms that a room may import."""
    return KNOWS.get(room, set(ORDER[: ORDER.index(room)]))


def test_every_room_has_its_place_in_the_order() -> None:
    assert {room for room, _ in modules()} == set(ORDER)


@pytest.mark.parametrize("room", ORDER)
def test_a_room_imports_only_what_stands_before_it(room: str) -> None:
    trees = [tree for each, tree in modules() if each == room]
    assert set().union(*map(rooms_of, trees)) - {room} <= allowed(room)


def layer_modules(tree: ast.Module) -> set[str]:
    """The modules of layers/ that a module imports from."""
    names = (name.split(".") for name in imported(tree))
    return {path[2] for path in names if path[:2] == ["lstmcalc", "layers"] and len(path) > 2}


def test_arrays_know_of_a_layer_only_what_every_layer_says() -> None:
    trees = [tree for room, tree in modules() if room == "arrays"]
    assert set().union(*map(layer_modules, trees)) == {"base"}
    words = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert not words & MODULES.keys()


def test_a_name_of_a_class_has_one_meaning() -> None:
    names = [each.name for _, tree in modules() for each in ast.walk(tree) if isinstance(each, ast.ClassDef)]
    assert {name for name in names if names.count(name) > 1} == set()


def needs() -> dict[str, set[str]]:
    """What each module imports of the package, wherever in it, by the modules' names."""
    names = {
        path: ".".join(("lstmcalc", *path.relative_to(PACKAGE).with_suffix("").parts)) for path in PACKAGE.rglob("*.py")
    }
    known = {name.removesuffix(".__init__") for name in names.values()}
    found: dict[str, set[str]] = {}
    for path, name in names.items():
        asked = {each.rpartition(".")[0] if each not in known else each for each in imported(at_run_time(path))}
        found[name.removesuffix(".__init__")] = asked & known - {"lstmcalc"}
    return found


def at_run_time(path: Path) -> ast.Module:
    """A module without what is imported for types alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    return tree


def test_no_module_needs_one_that_needs_it() -> None:
    left = needs()
    assert len(left) > 100
    while free := [name for name, others in left.items() if not others & left.keys() - {name}]:
        for name in free:
            del left[name]
    assert left == {}, "these stand in a circle"


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("rich", {"views", "cli"}),
        ("click", {"cli"}),
        ("yaml", {"formats"}),
        ("numpy", {"kernels", "containers", "arrays", "layers", "views", "api", "cli"}),
        ("zipfile", {"containers"}),
        ("h5py", {"containers"}),
    ],
)
def test_a_library_is_known_in_its_rooms_only(library: str, rooms: set[str]) -> None:
    users = {room for room, tree in modules() if any(name.split(".")[0] == library for name in imported(tree))}
    assert users <= rooms


COUNT = """
import sys
import lstmcalc
model = lstmcalc.{call}
assert model.count_params() == 140
print(*sorted({{name if "dialects" in name else name.split(".")[0] for name in sys.modules}}))
"""


def loaded(program: str, folder: Path) -> set[str]:
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        check=True,
        timeout=60,
    )
    return set(run.stdout.split())


@pytest.mark.parametrize(
    "call",
    [
        "parse('Input(5, 1) | LSTM(5)')",
        "from_dict({'input': [5, 1], 'layers': [{'LSTM': 5}]})",
        "load('model.yaml')",
    ],
)
def test_a_count_imports_no_library_of_arrays_or_tables(call: str, tmp_path: Path) -> None:
    (tmp_path / "model.yaml").write_text("input: [5, 1]\nlayers: [{LSTM: 5}]", encoding="utf-8")
    found = loaded(COUNT.format(call=call), tmp_path)
    assert not found & {"numpy", "rich", "click", "h5py", "keras"}
    assert not found & {"lstmcalc.layers.dialects", "lstmcalc.models.dialects"}  # of words that a model seldom has


def test_an_expression_is_counted_without_pyyaml(tmp_path: Path) -> None:
    call = "parse('Input(5, 1) | LSTM(5)')"
    assert "yaml" not in loaded(COUNT.format(call=call), tmp_path)


def test_to_import_the_package_imports_no_library_but_msgspec(tmp_path: Path) -> None:
    found = loaded("import sys, lstmcalc; print(*sorted({name.split('.')[0] for name in sys.modules}))", tmp_path)
    assert not found & {"numpy", "rich", "click", "h5py", "keras", "yaml"}
