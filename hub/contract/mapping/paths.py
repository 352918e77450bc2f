"""Paths of a mapping: a checked subset of XPath 1.0, compiled once into functions.

    Name  p:Name  *  .  ..  @name            steps, joined by /; a path that begins with / starts at the document
    [3]  [@role='ACC']  [Type='P']  [Note]   predicates: a position, a literal to equal, something that must be there
    a | b                                    a union, in the order written
    self::*[Type='P']                        the node itself, where the predicate holds
    normalize-space(P)  string(P)  concat(P, '/', Q)  substring(P, 2, 4)
    substring-before(P, '-')  substring-after(P, '-')

Rule: what is not in this list is refused when the mapping is loaded, never when a document comes. A path means what
XPath 1.0 says it means (a test compares both), except that a union keeps the order written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hub.contract.mapping.run import Run
from hub.document import Element
from hub.document.xml import text_of

Hit = tuple[Element, str | None]
"""An element, or an attribute of one."""

Select = Callable[[Element, Run], list[Hit]]
Text = Callable[[Element, Run], "str | None"]

_TOKEN = re.compile(
    r"\s*(?:(?P<literal>'[^']*'|\"[^\"]*\")|(?P<number>\d+)|(?P<function>[a-z\-]+)\s*\(|(?P<axis>self::\*)"
    r"|(?P<name>@?(?:[A-Za-z_][\w.\-]*:)?(?:[A-Za-z_][\w.\-]*|\*))|(?P<sign>\.\.|[./|\[\]=(),]))"
)
FUNCTIONS = {
    "normalize-space": (1, 1),
    "string": (1, 1),
    "concat": (2, 9),
    "substring": (2, 3),
    "substring-before": (2, 2),
    "substring-after": (2, 2),
}


class BadPath(Exception):
    """A path that is not in the subset; its words say where and why."""


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled path: `select` gives the nodes, `text` the text of the first of them (None where there is none)."""

    written: str
    text: Text
    select: Select | None = None  # None where the path is a function, which has a text only


def compile_path(written: str, namespaces: Mapping[str, str] | None = None) -> Path:
    """Compile a path. Raises BadPath."""
    parser = _Parser(written, namespaces or {})
    made = parser.expression()
    if parser.kind:
        raise BadPath(f"'{parser.value}' is not expected here")
    return Path(written, *made)


def text_at(hit: Hit) -> str:
    """The text of an element or attribute."""
    node, name = hit
    if name is not None:
        return node.get(name) or ""
    return text_of(node)


class _Parser:
    """Reads one path, a token at a time."""

    def __init__(self, written: str, namespaces: Mapping[str, str]) -> None:
        self._written, self._namespaces, self._at = written, namespaces, 0
        self.kind, self.value = "", ""
        self._next()

    def _next(self) -> str:
        taken = self.value
        if not self._written[self._at :].strip():
            self.kind, self.value = "", ""
            return taken
        match = _TOKEN.match(self._written, self._at)
        if match is None:
            raise BadPath(f"'{self._written[self._at :].strip()[:20]}' is not a path")
        self._at, self.kind = match.end(), match.lastgroup or ""
        self.value = match[self.kind]
        return taken

    def _sign(self, sign: str) -> bool:
        if (self.kind, self.value) == ("sign", sign):
            self._next()
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._sign(sign):
            raise BadPath(f"'{sign}' is missing" + (f" before '{self.value}'" if self.kind else ""))

    def expression(self) -> tuple[Text, Select | None]:
        """A function, or a union of paths."""
        if self.kind == "function":
            return self._function(), None
        paths = [self._path()]
        while self._sign("|"):
            paths.append(self._path())
        select = paths[0] if len(paths) == 1 else _union(paths)
        return _first_text(select), select

    def _function(self) -> Text:
        name = self._next()
        if name not in FUNCTIONS:
            raise BadPath(f"there is no function '{name}'; there are {', '.join(sorted(FUNCTIONS))}")
        least, most = FUNCTIONS[name]
        arguments = [self._argument()]
        while self._sign(","):
            arguments.append(self._argument())
        self._expect(")")
        if not least <= len(arguments) <= most:
            raise BadPath(f"{name}() takes {least} to {most} arguments")
        return _call(name, arguments)

    def _argument(self) -> Text:
        if self.kind == "literal":
            literal = self._next()[1:-1]
            return lambda node, run: literal
        if self.kind == "number":
            number = self._next()
            return lambda node, run: number
        return self.expression()[0]

    def _path(self) -> Select:
        steps = [self._root() if self._sign("/") else self._step()]
        while self._sign("/"):
            steps.append(self._step())
        return steps[0] if len(steps) == 1 else _chain(steps)

    def _root(self) -> Select:
        """The first step of a path that begins with /: the outermost element, where it has this name."""
        if self.kind != "name" or self.value.startswith("@"):
            raise BadPath("a path that begins with / goes on with the name of the outermost element")
        return self._predicates(_root(self._tag(self._next())))

    def _step(self) -> Select:
        if self._sign("."):
            return self._bare(_itself)
        if self._sign(".."):
            return self._bare(_parent)
        if self.kind == "axis":
            self._next()
            return self._predicates(_at_node)
        if self.kind == "name":
            return self._predicates(self._named(self._next()))
        raise BadPath(f"a step is missing before '{self.value}'" if self.kind else "a step is missing at the end")

    def _bare(self, step: Select) -> Select:
        """A step that XPath gives no predicates."""
        if (self.kind, self.value) == ("sign", "["):
            raise BadPath("no predicate follows . or ..: for the node itself write self::*[...]")
        return step

    def _predicates(self, step: Select) -> Select:
        while self._sign("["):
            step = self._predicate(step)
            self._expect("]")
        return step

    def _named(self, name: str) -> Select:
        tag = self._tag(name.removeprefix("@"))
        if not name.startswith("@"):
            return _any_child if tag == "*" else _child(tag)
        if tag == "*":
            raise BadPath("@* is not read: name the attribute")
        return _attribute(tag)

    def _tag(self, name: str) -> str:
        prefix, colon, local = name.rpartition(":")
        if not colon:
            return local
        if prefix not in self._namespaces or local == "*":
            raise BadPath(
                f"the prefix '{prefix}' is not in [namespaces]" if local != "*" else "write * without a prefix"
            )
        return f"{{{self._namespaces[prefix]}}}{local}"

    def _predicate(self, step: Select) -> Select:
        if self.kind == "number":
            return _at_position(step, int(self._next()))
        inner = self._path()
        if not self._sign("="):
            return _where(step, lambda node, run: bool(inner(node, run)))
        if self.kind != "literal":
            raise BadPath("a predicate compares with a text in quotes")
        wanted = self._next()[1:-1]
        return _where(step, lambda node, run: any(_read(hit, run) == wanted for hit in inner(node, run)))


def _read(hit: Hit, run: Run) -> str:
    run.used.add(hit[0] if hit[1] is None else (hit[0], hit[1]))
    return text_at(hit)


def _first_text(select: Select) -> Text:
    def first(node: Element, run: Run) -> str | None:
        hits = select(node, run)
        return _read(hits[0], run) if hits else None

    return first


def _child(tag: str) -> Select:
    return lambda node, run: [(child, None) for child in run.children(node).get(tag, ())]


def _any_child(node: Element, run: Run) -> list[Hit]:
    return [(child, None) for child in node]


def _attribute(name: str) -> Select:
    return lambda node, run: [(node, name)] if node.get(name) is not None else []


def _itself(node: Element, run: Run) -> list[Hit]:
    return [(node, None)]


def _at_node(node: Element, run: Run) -> list[Hit]:
    """The step `self::*`: an element, and unlike `.` nothing where it stands at an attribute (`_beside`)."""
    return [(node, None)]


def _parent(node: Element, run: Run) -> list[Hit]:
    parent = node.getparent()
    return [] if parent is None else [(parent, None)]


def _chain(steps: Sequence[Select]) -> Select:
    first, *rest = steps

    def chained(node: Element, run: Run) -> list[Hit]:
        hits = first(node, run)
        for step in rest:
            hits = [after for hit in hits for after in (step(hit[0], run) if hit[1] is None else _beside(step, hit))]
        return hits

    return chained


def _beside(step: Select, attribute: Hit) -> list[Hit]:
    """Where a step leads from an attribute: to itself, to its element, or nowhere."""
    if step is _itself:
        return [attribute]
    return [(attribute[0], None)] if step is _parent else []


def _root(tag: str) -> Select:
    return lambda node, run: [(run.root, None)] if tag in ("*", run.root.tag) else []


def _union(paths: Sequence[Select]) -> Select:
    return lambda node, run: list(dict.fromkeys(hit for path in paths for hit in path(node, run)))


def _at_position(step: Select, position: int) -> Select:
    return lambda node, run: step(node, run)[position - 1 : position]


def _where(step: Select, holds: Callable[[Element, Run], bool]) -> Select:
    return lambda node, run: [hit for hit in step(node, run) if hit[1] is None and holds(hit[0], run)]


def _call(name: str, arguments: Sequence[Text]) -> Text:
    def called(node: Element, run: Run) -> str | None:
        said = [argument(node, run) for argument in arguments]
        if name != "concat" and said[0] is None:
            return None
        if all(one is None for one in said):
            return None
        return _SAID[name](["" if one is None else one for one in said])

    return called


def _substring(said: list[str]) -> str:
    start = int(said[1]) - 1
    return said[0][max(start, 0) : start + int(said[2]) if len(said) == 3 else None]


_SAID: dict[str, Callable[[list[str]], str]] = {
    "normalize-space": lambda said: " ".join(said[0].split()),
    "string": lambda said: said[0],
    "concat": "".join,
    "substring": _substring,
    "substring-before": lambda said: said[0].partition(said[1])[0] if said[1] in said[0] else "",
    "substring-after": lambda said: said[0].partition(said[1])[2],
}
