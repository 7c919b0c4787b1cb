"""The dialect of rules' patterns: what `re` and hyperscan both understand. Parsed to see widths and to cut tails off.

Hyperscan reports every end of a match: a token of 24 to 247 characters would be told 224 times. So it is given a
pattern that ends where a match is first certain, and `re` looks at the text around that place.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from prodproof.trace.patterns.rule import RuleError

UNBOUNDED = 1 << 20
"""The width of what has no bound."""

MAX_DEPTH = 20
_COUNTED = 24
"""Hyperscan is given no upper bound above this, where a repetition cannot leave its line."""

_TOKEN = re.compile(
    r"""(?P<open>\((?:\?:|\?i:)?(?!\?))
      | (?P<close>\))
      | (?P<or>\|)
      | (?P<assertion>\\[bBAZ]|\^|\$)
      | (?P<escape>\\(?:x[0-9A-Fa-f]{2}|[wWdDsSnrtfv0]|[^\w\s]|\ ))
      | (?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])
      | (?P<char>[^\\()\[\]|*+?^$])
    """,
    re.VERBOSE | re.DOTALL,
)
_REPEAT = re.compile(r"(?:(?P<sign>[*+?])|\{(?P<least>\d+)(?P<range>,(?P<most>\d*))?\})(?P<lazy>\??)(?![+])")


@dataclass(frozen=True, slots=True)
class Atom:
    """One character, of some kind; or an assertion, which has no width."""

    text: str
    width: int
    newline: bool
    """Whether it can be a line break."""


@dataclass(frozen=True, slots=True)
class Group:
    """Alternatives in brackets."""

    open: str
    branches: "tuple[Sequence, ...]"


@dataclass(frozen=True, slots=True)
class Repeat:
    """Something a number of times."""

    node: Atom | Group
    least: int
    most: int


Node = Atom | Group | Repeat


@dataclass(frozen=True, slots=True)
class Sequence:
    """One thing after another."""

    nodes: tuple[Node, ...]


def parse(pattern: str) -> tuple[Group, bool]:
    """A pattern's tree, and whether case does not count.

    Raises:
        RuleError: it is outside the dialect; the message says where.
    """
    if not pattern.isascii():
        raise RuleError("only ASCII characters; write others as \\x..")
    caseless = pattern.startswith("(?i)")
    text = pattern.removeprefix("(?i)")
    branches, position = _branches(text, 0, 0)
    if position != len(text):
        raise RuleError(f"a bracket is closed that was not opened, at {text[position : position + 20]!r}")
    return Group("(?:", branches), caseless


def _branches(text: str, position: int, depth: int) -> tuple[tuple[Sequence, ...], int]:
    if depth > MAX_DEPTH:
        raise RuleError(f"more than {MAX_DEPTH} brackets inside each other")
    branches: list[Sequence] = []
    nodes: list[Node] = []
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise RuleError(
                f"not understood at {text[position : position + 20]!r} (there are no lookarounds, back-references, "
                "named groups or inline flags other than (?i) at the start)"
            )
        if token["close"]:
            break
        position = token.end()
        if token["or"]:
            branches.append(Sequence(tuple(nodes)))
            nodes = []
            continue
        if token["open"]:
            inner, position = _branches(text, position, depth + 1)
            if text[position : position + 1] != ")":
                raise RuleError("a bracket is not closed")
            position += 1
            node: Atom | Group = Group(token["open"], inner)
        elif token["assertion"]:
            nodes.append(Atom(token[0], 0, False))
            continue
        else:
            node = Atom(token[0], 1, re.match(token[0], "\n") is not None)
        repeat = _REPEAT.match(text, position)
        if repeat is None:
            nodes.append(node)
            continue
        position = repeat.end()
        nodes.append(_repeated(node, repeat))
    branches.append(Sequence(tuple(nodes)))
    return tuple(branches), position


def _repeated(node: Atom | Group, repeat: re.Match[str]) -> Repeat:
    match repeat["sign"]:
        case "*":
            least, most = 0, UNBOUNDED
        case "+":
            least, most = 1, UNBOUNDED
        case "?":
            least, most = 0, 1
        case _:
            least = int(repeat["least"])
            most = least if repeat["range"] is None else int(repeat["most"] or UNBOUNDED)
    if most == UNBOUNDED and any(isinstance(part, Repeat) and part.most == UNBOUNDED for part in _parts(node)):
        raise RuleError(f"an unbounded repetition inside another one: {repeat[0]!r} can take for ever")
    if least > most or (most != UNBOUNDED and most > 4096):
        raise RuleError(f"{repeat[0]!r}: at most 4096 times")
    return Repeat(node, least, most)


def _parts(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, Repeat):
        yield from _parts(node.node)
    elif isinstance(node, Group):
        for branch in node.branches:
            for part in branch.nodes:
                yield from _parts(part)


def spans_lines(node: Node) -> bool:
    """Whether a match can hold a line break."""
    return any(isinstance(part, Atom) and part.newline for part in _parts(node))


def is_anchored(node: Node) -> bool:
    """Whether it says where an item begins or ends."""
    return any(isinstance(part, Atom) and part.text in (r"\A", r"\Z") for part in _parts(node))


def width(node: Node) -> tuple[int, int]:
    """The least and the most bytes that a match has; the most is at most `UNBOUNDED`."""
    match node:
        case Atom():
            return node.width, node.width
        case Repeat():
            least, most = width(node.node)
            return min(least * node.least, UNBOUNDED), min(most * node.most, UNBOUNDED)
        case Group():
            widths = [_width_of(branch) for branch in node.branches]
            return min(least for least, _ in widths), max(most for _, most in widths)


def _width_of(sequence: Sequence) -> tuple[int, int]:
    widths = [width(node) for node in sequence.nodes]
    least, most = sum(pair[0] for pair in widths), sum(pair[1] for pair in widths)
    return min(least, UNBOUNDED), min(most, UNBOUNDED)


def shortened(node: Group) -> Group:
    """The pattern without the part of its end that only makes a match longer."""
    return Group(node.open, tuple(_shortened(branch) for branch in node.branches))


def _shortened(sequence: Sequence) -> Sequence:
    nodes = list(sequence.nodes)
    asserted: list[Node] = []
    while nodes:
        last = nodes.pop()
        match last:
            case Atom(width=0):
                asserted.insert(0, last)
                continue
            case Repeat() if last.most > last.least:
                asserted = []
                if last.least:
                    return Sequence((*nodes, Repeat(last.node, last.least, last.least)))
                continue
            case Group():
                short = shortened(last)
                return Sequence((*nodes, short, *(asserted if short == last else ())))
            case _:
                return Sequence((*nodes, last, *asserted))
    return Sequence(tuple(asserted))


def for_hyperscan(node: Node) -> str:
    """The pattern as hyperscan is given it. Items in a slab end with a zero byte, not with the end of the text."""
    match node:
        case Atom(text="^"):
            return r"(?:^|[\n\x00])"
        case Atom(text="$"):
            return r"[\r\n\x00]"
        case Atom(text=r"\A"):
            return r"(?:\A|\x00)"
        case Atom(text=r"\Z"):
            return r"\x00"
        case Atom():
            return node.text
        case Repeat():
            # Hyperscan counts slowly; what it lets through, the regular expression sees again.
            most = "" if node.most == UNBOUNDED or (node.most > _COUNTED and not spans_lines(node)) else str(node.most)
            count = f"{{{node.least}}}" if node.least == node.most else f"{{{node.least},{most}}}"
            return for_hyperscan(node.node) + count
        case Group():
            inner = "|".join("".join(for_hyperscan(part) for part in branch.nodes) for branch in node.branches)
            return f"{'(?i:' if node.open == '(?i:' else '(?:'}{inner})"
