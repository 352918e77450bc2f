"""What connectors rely on, printed from the code: a line a name, a parameter, a field (docs/contract.md).

`.venv/bin/python -m tests.shape.surface` writes it to `contract-<version>.txt` beside this file. Rule: it refuses where
something is lost, or newly demanded, within a version. Then `hub.contract.VERSION` must be raised first.

    hub.contract.Layer (dataclass)                        a class, and what it is made of
    hub.contract.Layer(* name): str (needed)              a field or a parameter: its position, or * where it goes by name
    hub.contract.Layer(* line): int = 0                   one that need not be given
    hub.contract.Reader.decode -> Iterator[Decoded] (needed)    what a connector must have, since the hub calls it
    hub.contract.Judgement = Again                        one of the alternatives of a union
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hub.contract import VERSION

ROOT = Path(__file__).resolve().parent.parent.parent
SNAPSHOT = Path(__file__).with_name(f"contract-{VERSION}.txt")
NEEDED = " (needed)"

PACKAGES = ("hub.contract", "hub.message")
NOT_FOR_CONNECTORS = ("hub.message.lifecycle", "hub.message.slip")
OF_DOCUMENTS = {
    "hub.document": ("Document", "Element", "JsonValue", "line_in"),
    "hub.document.escape": ("escape",),
    "hub.document.json": ("parse",),
    "hub.document.xml": ("parse", "parse_inner", "text_of", "path_of", "local_name", "compile_path", "serialise"),
}
"""What a connector may use of the package that reads documents. The rest is the hub's own."""

FOR_TESTS = {
    "hub.assemble": ("tools",),
    "hub.document.lift": ("lift",),
    "hub.prove": ("Failure", "Proof", "Sample", "Step"),
    "hub.prove.proving": ("prove",),
}
"""What a connector's own tests may use, and nothing else of it may."""


@dataclass(frozen=True)
class Promise:
    """One line. `owner` is the class or function for which something is needed, None where nothing is."""

    text: str
    owner: str | None = None


def modules() -> list[str]:
    """The modules whose every public name is promised."""
    found = [
        f"{package}.{path.stem}".removesuffix(".__init__")
        for package in PACKAGES
        for path in ROOT.joinpath(*package.split(".")).glob("*.py")
    ]
    return sorted(name for name in found if name not in NOT_FOR_CONNECTORS and any(promises(name, _source(name))))


def surface() -> list[Promise]:
    """Everything that is promised now."""
    wanted = {**dict.fromkeys(modules()), **OF_DOCUMENTS, **FOR_TESTS}
    return [one for name, only in wanted.items() for one in promises(name, _source(name), only)]


def breaks(before: Iterable[str], now: Iterable[Promise]) -> list[str]:
    """What a connector that relies on the lines of `before` would miss now, or would be asked for anew."""
    held, promised = set(before), {one.text: one.owner for one in now}
    known = {match[0] for line in held if (match := re.match(r"[\w.]+", line))}
    lost = [f"lost: {line}" for line in held - promised.keys() if not _is_eased(line, promised)]
    asked = [f"newly needed: {text}" for text, owner in promised.items() if owner in known and text not in held]
    return sorted(lost + asked)


def _is_eased(line: str, promised: Iterable[str]) -> bool:
    """Whether what had to be given need not be given any more."""
    return line.endswith(NEEDED) and any(text.startswith(line.removesuffix(NEEDED) + " = ") for text in promised)


def _source(name: str) -> str:
    path = ROOT.joinpath(*name.split("."))
    return (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text(encoding="utf-8")


# --- reading a module


def promises(module: str, source: str, only: Iterable[str] | None = None) -> Iterator[Promise]:
    """The public names of a module's source, or only some of them."""
    for node in ast.parse(source).body:
        name = _name(node)
        if name is None or name.startswith("_") or (only is not None and name not in only):
            continue
        path = f"{module}.{name}"
        match node:
            case ast.ClassDef():
                yield from _class(path, node)
            case ast.FunctionDef():
                yield from _function(path, node, own=0)
            case ast.AnnAssign():
                yield Promise(f"{path}: {ast.unparse(node.annotation)}")
            case ast.Assign(value=value):
                yield from _assigned(path, name, value)


def _name(node: ast.stmt) -> str | None:
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
            return name
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
    return None


def _assigned(path: str, name: str, value: ast.expr) -> Iterator[Promise]:
    """A constant by its name alone, since its value may change; a type by what it is."""
    if name.isupper():
        yield Promise(path)
        return
    parts = [value]
    while isinstance(parts[0], ast.BinOp):
        parts[:1] = [parts[0].left, parts[0].right]
    yield from (Promise(f"{path} = {ast.unparse(part)}") for part in parts)


def _class(path: str, node: ast.ClassDef) -> Iterator[Promise]:
    decorated = {ast.unparse(one).partition("(")[0]: ast.unparse(one) for one in node.decorator_list}
    made_of = [*(("dataclass",) if "dataclass" in decorated else ()), *map(ast.unparse, node.bases)]
    yield Promise(f"{path} ({', '.join(made_of)})" if made_of else path)
    protocol, by_name = "Protocol" in made_of, "kw_only=True" in decorated.get("dataclass", "")
    fields = 0
    for part in node.body:
        name = _name(part)
        match part:
            case ast.FunctionDef(name="__init__"):
                yield from _parameters(path, part, own=1, protocol=False)
            case _ if name is None or name.startswith("_"):
                continue
            case ast.FunctionDef():
                yield from _function(f"{path}.{name}", part, own=1, protocol=protocol)
            case ast.AnnAssign() if "dataclass" in decorated:
                fields += 1
                yield _given(path, "*" if by_name else str(fields), name, part.annotation, _default(part.value))
            case ast.AnnAssign():
                yield Promise(f"{path}.{name}: {ast.unparse(part.annotation)}")
            case ast.Assign(value=ast.Tuple(elts=[value, *_])) | ast.Assign(value=value):
                yield Promise(f"{path}.{name} = {ast.unparse(value)}")


def _default(value: ast.expr | None) -> ast.expr | None:
    """What a field of a dataclass is where it is not given; None where it must be."""
    if not (isinstance(value, ast.Call) and ast.unparse(value.func) == "field"):
        return value
    given = {one.arg: one.value for one in value.keywords}
    made = given.get("default_factory")
    return given.get("default") if made is None else ast.Call(func=made, args=[], keywords=[])


def _function(path: str, node: ast.FunctionDef, *, own: int, protocol: bool = False) -> Iterator[Promise]:
    """What it gives and takes; `own` is how many parameters (self) are not given by a caller."""
    gives = f"{path} -> {ast.unparse(node.returns) if node.returns else 'nothing said'}"
    yield Promise(gives + NEEDED, path.rpartition(".")[0]) if protocol else Promise(gives)
    yield from _parameters(path, node, own=own, protocol=protocol)


def _parameters(path: str, node: ast.FunctionDef, *, own: int, protocol: bool) -> Iterator[Promise]:
    """Every parameter. All of a protocol's are needed: a connector that does not take one cannot be called."""
    taken = node.args
    ordered = [*taken.posonlyargs, *taken.args]
    defaults = [*[None] * (len(ordered) - len(taken.defaults)), *taken.defaults]
    for position, (one, default) in enumerate([*zip(ordered, defaults, strict=True)][own:], 1):
        yield _given(path, str(position), one.arg, one.annotation, None if protocol else default)
    for one, default in zip(taken.kwonlyargs, taken.kw_defaults, strict=True):
        yield _given(path, "*", one.arg, one.annotation, None if protocol else default)
    for mark, rest in (("*", taken.vararg), ("**", taken.kwarg)):
        if rest is not None:
            yield Promise(f"{path}({mark}{rest.arg}){_kind(rest.annotation)}")


def _given(path: str, place: str, name: str, annotation: ast.expr | None, default: ast.expr | None) -> Promise:
    text = f"{path}({place} {name}){_kind(annotation)}"
    return Promise(text + NEEDED, path) if default is None else Promise(f"{text} = {ast.unparse(default)}")


def _kind(annotation: ast.expr | None) -> str:
    return "" if annotation is None else f": {ast.unparse(annotation)}"


def refresh(snapshot: Path) -> list[str]:
    """Write the snapshot of this version. What it would break, where it would: then nothing is written."""
    now = surface()
    broken = breaks(snapshot.read_text(encoding="utf-8").splitlines(), now) if snapshot.exists() else []
    if not broken:
        snapshot.write_text("\n".join(one.text for one in now) + "\n", encoding="utf-8")
    return broken


def main() -> int:
    """Refresh the snapshot of this version; 1 where that would break connectors."""
    broken = refresh(SNAPSHOT)
    if broken:
        words = f"connectors for version {VERSION} of the contract would break: raise hub.contract.VERSION, or keep"
        sys.stderr.write("\n  ".join([words, *broken]) + "\n")
        return 1
    sys.stdout.write(f"written: {SNAPSHOT.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
