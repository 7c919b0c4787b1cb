"""The operators: for each node of a file, what could be written there by mistake."""

import ast
import copy
from collections.abc import Iterator

from scripts.mutate.regexes import changed_patterns, shortened

Located = ast.expr | ast.stmt
Change = tuple[Located, str, str]
"""The node whose text is replaced, the operator's name, and the new text."""

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.Pow: ast.Mult,
}  # fmt: skip
TWINS = {"any": "all", "all": "any", "min": "max", "max": "min"}
TWIN_METHODS = {"startswith": "endswith", "endswith": "startswith"}
VERDICTS = {"holds": "broken", "broken": "holds", "unknown": "holds", "not_applicable": "holds"}
EMPTY = {"list": "[]", "set": "set()", "tuple": "()", "dict": "{}", "str": "''", "int": "0", "frozenset": "frozenset()"}
WORD = "'(mutated)'"
REGEX_FLAGS = {"MULTILINE", "IGNORECASE", "DOTALL", "VERBOSE"}
SILENT_CALLS = {"join", "format", "replace"}


def changes(tree: ast.Module, skip: set[ast.AST]) -> Iterator[Change]:
    """Every change of a file, in the order of its text."""
    walker = _Walker(tree, skip)
    found = [change for node in ast.walk(tree) if node not in skip for change in walker.of(node)]
    seen: set[tuple[int, int, int | None, int | None, str]] = set()
    for node, operator, after in sorted(found, key=lambda change: (change[0].lineno, change[0].col_offset)):
        place = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset, after)
        if place not in seen:
            seen.add(place)
            yield node, operator, after


class _Walker:
    def __init__(self, tree: ast.Module, skip: set[ast.AST]) -> None:
        self.skip = skip
        self.parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        self.returns: dict[ast.AST, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                kind = ast.unparse(node.returns) if node.returns else ""
                for inner in ast.walk(node):
                    self.returns[inner] = kind

    def of(self, node: ast.AST) -> Iterator[Change]:
        match node:
            case ast.Compare():
                yield from _comparison(node)
            case ast.BoolOp():
                yield from _boolean(node)
            case ast.UnaryOp(op=ast.Not()):
                yield node, "not", _text(node.operand)
            case ast.BinOp():
                yield from _arithmetic(node)
            case ast.Constant():
                yield from self._constant(node)
            case ast.If() | ast.IfExp():
                for value in ("True", "False"):
                    yield node.test, "branch", value
            case ast.While():
                yield node.test, "branch", "False"
            case ast.comprehension():
                for test in node.ifs:
                    yield test, "filter", "True"
            case ast.Return():
                yield from self._returned(node)
            case ast.Call():
                yield from _call(node)
            case ast.Attribute():
                yield from self._attribute(node)
            case ast.Subscript(slice=ast.Slice() as bounds):
                yield from _slice(node, bounds)
            case ast.Tuple() | ast.Set() | ast.List() | ast.Dict():
                yield from self._elements(node)
            case ast.Expr() | ast.AugAssign() | ast.Raise():
                yield node, "statement", "pass"
            case ast.Continue():
                yield node, "statement", "break"
            case ast.Break():
                yield node, "statement", "continue"

    def _constant(self, node: ast.Constant) -> Iterator[Change]:
        value, parent = node.value, self.parents[node]
        if isinstance(value, bool):
            yield node, "constant", str(not value)
        elif isinstance(value, (int, float)):
            yield node, "constant", str(value + 1)
        elif isinstance(value, str):
            if isinstance(parent, ast.Call) and _name(parent.func) == "compile" and node is parent.args[0]:
                for what, pattern in changed_patterns(value):
                    yield node, f"pattern {what}", repr(pattern)
            elif self._decides(node, parent):
                yield node, "string", WORD

    def _decides(self, node: ast.Constant, parent: ast.AST) -> bool:
        if isinstance(parent, ast.Compare):
            return True
        if isinstance(parent, ast.Subscript):
            return node is parent.slice
        if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute):
            return node in parent.args and parent.func.attr not in SILENT_CALLS
        # A constant of the module: NAME = "text".
        return isinstance(parent, ast.Assign) and isinstance(self.parents[parent], ast.Module)

    def _returned(self, node: ast.Return) -> Iterator[Change]:
        kind, value = self.returns.get(node, ""), node.value
        if value is None:
            yield node, "statement", "pass"
        elif value in self.skip or isinstance(value, ast.Constant):
            return
        elif kind == "bool":
            yield value, "return", f"not ({_text(value)})"
        elif kind.endswith("| None"):
            yield value, "return", "None"
        elif (outer := kind.partition("[")[0]) in EMPTY and _text(value) != EMPTY[outer]:
            yield value, "return", EMPTY[outer]

    def _attribute(self, node: ast.Attribute) -> Iterator[Change]:
        if not isinstance(node.value, ast.Name):
            return
        if node.value.id == "Reason":
            yield node, "reason", "Reason.CRASHED" if node.attr != "CRASHED" else "Reason.DENIED"
        elif node.value.id == "re" and node.attr in REGEX_FLAGS:
            yield node, "flag", "re.NOFLAG"

    def _elements(self, node: ast.Tuple | ast.Set | ast.List | ast.Dict) -> Iterator[Change]:
        if not self._is_collection(node):
            return
        if isinstance(node, ast.Dict):
            pairs = list(zip(node.keys, node.values, strict=True))
            for kept in shortened(pairs):
                copied = ast.Dict([key for key, _ in kept], [value for _, value in kept])
                lost = next((key for key, _ in pairs if key not in [item for item, _ in kept]), None)
                yield node, f"element {_text(lost) if lost else ''}", _text(copied)
            return
        for rest in shortened(node.elts):
            lost = next(item for item in node.elts if item not in rest)
            text = "set()" if isinstance(node, ast.Set) and not rest else _text(_with(node, elts=rest))
            yield node, f"element {_text(lost)}", text

    def _is_collection(self, node: ast.expr) -> bool:
        """Whether it is a list of alternatives, not a record, arguments or targets."""
        if isinstance(getattr(node, "ctx", None), ast.Store):
            return False
        parent = self.parents[node]
        while isinstance(parent, ast.BinOp) or (
            isinstance(parent, ast.Call) and _name(parent.func) in ("frozenset", "set", "tuple")
        ):
            node, parent = parent, self.parents[parent]
        if isinstance(parent, (ast.For, ast.comprehension)):
            return node is parent.iter
        if isinstance(parent, ast.Compare):
            return node is not parent.left or isinstance(node, ast.Set)
        if isinstance(parent, (ast.Assign, ast.AnnAssign)):
            return isinstance(self.parents[parent], ast.Module)
        return isinstance(parent, ast.Call) and _name(parent.func) in TWIN_METHODS


def _comparison(node: ast.Compare) -> Iterator[Change]:
    for place, operator in enumerate(node.ops):
        for other in COMPARISONS[type(operator)]:
            ops = [*node.ops[:place], other(), *node.ops[place + 1 :]]
            yield node, "comparison", _text(_with(node, ops=ops))


def _boolean(node: ast.BoolOp) -> Iterator[Change]:
    yield node, "boolean", _text(_with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And()))
    for place in range(len(node.values)):
        rest = node.values[:place] + node.values[place + 1 :]
        yield node, "operand", _text(rest[0] if len(rest) == 1 else _with(node, values=rest))


def _arithmetic(node: ast.BinOp) -> Iterator[Change]:
    if type(node.op) in ARITHMETIC:
        yield node, "arithmetic", _text(_with(node, op=ARITHMETIC[type(node.op)]()))
    if isinstance(node.op, ast.Sub):
        yield node, "arithmetic", _text(node.left)


def _call(node: ast.Call) -> Iterator[Change]:
    if isinstance(node.func, ast.Name) and node.func.id in VERDICTS:
        other = VERDICTS[node.func.id]
        yield node, "verdict", f"__import__('prodproof.verdicts').verdicts.{other}({WORD})"
    elif isinstance(node.func, ast.Name) and node.func.id in TWINS:
        yield node.func, "twin", TWINS[node.func.id]
    elif isinstance(node.func, ast.Attribute) and node.func.attr in TWIN_METHODS:
        yield node.func, "twin", _text(_with(node.func, attr=TWIN_METHODS[node.func.attr]))


def _slice(node: ast.Subscript, bounds: ast.Slice) -> Iterator[Change]:
    for side in ("lower", "upper", "step"):
        if getattr(bounds, side) is not None:
            yield node, "slice", _text(_with(node, slice=_with(bounds, **{side: None})))


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _with(node: ast.expr, **fields: object) -> ast.expr:
    copied = copy.copy(node)
    for name, value in fields.items():
        setattr(copied, name, value)
    return copied


def _text(node: ast.expr) -> str:
    text = ast.unparse(node)
    simple = isinstance(node, (ast.Name, ast.Constant, ast.Attribute, ast.Call, ast.Subscript, ast.List, ast.Dict))
    return text if simple or (text.startswith("(") and isinstance(node, ast.Tuple)) else f"({text})"
