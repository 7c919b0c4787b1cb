"""What flows into an expression, followed within one function: from the request, from somewhere, or nothing foreign."""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass

from prodproof.facts.code import Taint

REQUEST_PARTS = frozenset(
    {"GET", "POST", "FILES", "COOKIES", "META", "headers", "body", "data", "query_params", "args", "form", "values",
     "json", "cookies", "files", "get_json", "path_params", "query_string", "get_full_path", "path", "path_info",
     "match_info", "params", "url"}
)  # fmt: skip
REQUESTS = frozenset({"request", "req", "_request"})
NUMBERS = frozenset(
    {"int", "float", "bool", "len", "UUID", "Decimal", "id", "hash", "ord", "isoformat", "date", "round"}
)
QUOTING = frozenset(
    {"quote", "quote_name", "escape", "conditional_escape", "format_html", "format_html_join", "urlencode", "clean",
     "render_to_string", "Identifier", "SQL", "Literal", "Placeholder", "escapejs", "escape_uri_path", "quote_plus",
     "sanitize", "sanitize_html", "secure_filename", "slugify", "dumps", "reverse", "hexdigest", "static", "gettext",
     "gettext_lazy", "_", "nh3", "bleach", "force_escape", "render", "render_template", "as_sql", "url_for", "mogrify"}
)  # fmt: skip
MADE_SAFE = re.compile(
    r"(?i)quote|escape|html|mark_safe|^safe|render|gettext|column_name|table_name|placeholder|^as_(ul|p|table|text)$"
    r"|flatatt|^qn$|sanitize|^img_tag$|sequence_name"
)
"""Names of functions whose result is meant to be put into SQL or HTML: what they do inside is judged where they are."""

SHAPING = frozenset(
    {"get", "getlist", "strip", "lstrip", "rstrip", "lower", "upper", "split", "replace", "format", "join", "decode",
     "encode", "title", "pop", "read", "str", "list", "tuple", "set", "dict", "sorted", "items", "values", "unquote",
     "b64decode", "loads", "smart_str", "force_str", "force_text", "copy", "get_json", "splitlines", "partition",
     "rpartition", "removeprefix", "removesuffix", "get_full_path", "chunks", "next", "iter", "reversed", "unescape"}
)  # fmt: skip
ROUTE_DECORATORS = frozenset(
    {"route", "get", "post", "put", "patch", "delete", "websocket", "api_view", "action", "api_route"}
)
MAX_DEPTH = 60

Builders = dict[str, str]
"""Functions whose result is a text that their arguments were put into, with its constant parts."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Flow:
    """What an expression is made of."""

    taint: Taint
    words: str = ""
    """Where it comes from, in words."""

    built: bool = False
    """Whether foreign parts were put into a text here: f-string, %, +, format, join."""

    text: str = ""
    """The constant parts of a text, for telling SQL from other text."""


FIXED = Flow(Taint.FIXED)


def joined(flows: Iterable[Flow], *, built: bool = False) -> Flow:
    """The worst of several, with their constant texts put together."""
    rank = {Taint.FIXED: 0, Taint.UNKNOWN: 1, Taint.REQUEST: 2}
    parts = list(flows)
    worst = max(parts, key=lambda flow: rank[flow.taint], default=FIXED)
    made = any(flow.built for flow in parts) or (built and worst.taint is not Taint.FIXED)
    return Flow(worst.taint, worst.words, made, "".join(flow.text for flow in parts)[:2000])


class Scope:
    """The names of one function (or of a module's top level), and what flows into them."""

    def __init__(self, parameters: dict[str, Flow] | None = None, outer: "Scope | None" = None) -> None:
        self.names: dict[str, Flow] = dict(parameters or {})
        self.outer = outer
        self.builders: Builders = outer.builders if outer is not None else {}
        self.cleared: set[str] = set()
        """Names that were compared with a fixed list of allowed values."""

    def lookup(self, name: str) -> Flow:
        if name in self.cleared:
            return FIXED
        if name in self.names:
            return self.names[name]
        if self.outer is not None:
            return self.outer.lookup(name)
        return FIXED if name.isupper() or name[:1].isupper() else Flow(Taint.UNKNOWN, name)

    def flow(self, node: ast.AST | None, depth: int = 0) -> Flow:
        """What flows into an expression."""
        if node is None:
            return FIXED
        if depth > MAX_DEPTH:
            return Flow(Taint.UNKNOWN, "a deep expression")
        inner = depth + 1
        match node:
            case ast.Constant():
                return Flow(Taint.FIXED, text=node.value if isinstance(node.value, str) else "")
            case ast.Name():
                return self.lookup(node.id)
            case ast.Attribute():
                return self.attribute(node, inner)
            case ast.JoinedStr():
                return joined([self.flow(part, inner) for part in node.values], built=True)
            case ast.FormattedValue():
                return FIXED if _is_numeric_format(node) else self.flow(node.value, inner)
            case ast.BinOp(op=ast.Add() | ast.Mod()):
                return self.binary(node, inner)
            case ast.BinOp(op=ast.Mult()):
                repeated = node.left if isinstance(node.left, (ast.List, ast.Constant)) else node.right
                return self.flow(repeated, inner)
            case ast.BinOp():
                return joined([self.flow(node.left, inner), self.flow(node.right, inner)])
            case ast.Call():
                return self.call(node, inner)
            case ast.Subscript():
                return self.flow(node.value, inner)
            case ast.List() | ast.Tuple() | ast.Set():
                return joined(self.flow(item, inner) for item in node.elts)
            case ast.Dict():
                return joined(self.flow(item, inner) for item in node.values)
            case ast.IfExp():
                return joined([self.flow(node.body, inner), self.flow(node.orelse, inner)])
            case ast.BoolOp():
                return joined(self.flow(item, inner) for item in node.values)
            case ast.Starred() | ast.Await() | ast.NamedExpr():
                return self.flow(node.value, inner)
            case ast.ListComp() | ast.GeneratorExp() | ast.SetComp():
                return self.comprehension(node, inner)
            case ast.Compare() | ast.UnaryOp() | ast.Lambda():
                return FIXED
            case _:
                return Flow(Taint.UNKNOWN, "an expression")

    def attribute(self, node: ast.Attribute, depth: int) -> Flow:
        if is_request(node.value) and node.attr in REQUEST_PARTS:
            return Flow(Taint.REQUEST, f"request.{node.attr}")
        if is_request(node.value):
            return Flow(Taint.UNKNOWN, f"request.{node.attr}")
        if node.attr in ("cleaned_data", "validated_data", "initial_data"):
            return Flow(Taint.REQUEST, node.attr)
        if isinstance(node.value, ast.Name) and node.value.id == "self" and node.attr in ("kwargs", "args"):
            return Flow(Taint.REQUEST, f"self.{node.attr}")
        if node.attr.isupper() or node.attr in ("_meta", "__name__", "pk", "id", "db_table", "__class__", "column"):
            return FIXED
        if isinstance(node.value, ast.Name) and node.value.id in ("settings", "config", "os", "sys", "string"):
            return FIXED
        held = self.flow(node.value, depth)
        if held.taint is Taint.FIXED:
            return FIXED if _is_constant_holder(node) else Flow(Taint.UNKNOWN, ast.unparse(node)[:60])
        if held.words.startswith("the parameter"):
            # What a URL gives is text; what has attributes was made from it by somebody else.
            return Flow(Taint.UNKNOWN, f"{held.words}.{node.attr}"[:60])
        return Flow(held.taint, f"{held.words}.{node.attr}"[:60])

    def binary(self, node: ast.BinOp, depth: int) -> Flow:
        left, right = self.flow(node.left, depth), self.flow(node.right, depth)
        if isinstance(node.op, ast.Mod) and not _is_text(node.left, left):
            return joined([left, right])
        if isinstance(node.op, ast.Mod) and left.taint is Taint.FIXED and _only_numbers(left.text):
            return Flow(Taint.FIXED, text=left.text)
        return joined([left, right], built=_is_text(node.left, left) or _is_text(node.right, right))

    def call(self, node: ast.Call, depth: int) -> Flow:
        name = called(node)
        given = [*node.args, *(word.value for word in node.keywords)]
        if name in NUMBERS or name in QUOTING or MADE_SAFE.search(name):
            return FIXED
        if isinstance(node.func, ast.Attribute):
            if is_request(node.func.value) and name in REQUEST_PARTS:
                return Flow(Taint.REQUEST, f"request.{name}()")
            held = self.flow(node.func.value, depth)
            if name == "format":
                return joined([held, *(self.flow(item, depth) for item in given)], built=True)
            if name == "join" and given:
                inner = self.flow(given[0], depth)
                return joined([held, inner], built=True)
            if name in SHAPING:
                return held if held.taint is not Taint.FIXED else joined(self.flow(item, depth) for item in given[1:2])
            if held.taint is Taint.REQUEST:
                return Flow(Taint.REQUEST, f"{held.words}.{name}()"[:60])
            if name in self.builders and isinstance(node.func.value, ast.Name) and node.func.value.id == "self":
                inner = joined(self.flow(item, depth) for item in given)
                return Flow(inner.taint, inner.words, inner.taint is not Taint.FIXED, self.builders[name])
            return Flow(Taint.UNKNOWN, f"the result of {name}()")
        if name in SHAPING:
            return joined(self.flow(item, depth) for item in given)
        if name and name[:1].isupper() and not given:
            return FIXED
        if name in self.builders:
            inner = joined(self.flow(item, depth) for item in given)
            return Flow(inner.taint, inner.words, inner.taint is not Taint.FIXED, self.builders[name])
        return Flow(Taint.UNKNOWN, f"the result of {name or 'a call'}()")

    def comprehension(self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp, depth: int) -> Flow:
        inside = Scope(outer=self)
        for part in node.generators:
            bind(inside, part.target, self.flow(part.iter, depth))
        return inside.flow(node.elt, depth)


def bind(scope: Scope, target: ast.expr, flow: Flow) -> None:
    """What an assignment does to its names."""
    if isinstance(target, ast.Name):
        scope.names[target.id] = flow
        scope.cleared.discard(target.id)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for part in target.elts:
            bind(scope, part, Flow(flow.taint, flow.words))
    elif isinstance(target, ast.Starred):
        bind(scope, target.value, flow)
    elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
        scope.names[target.value.id] = joined([scope.lookup(target.value.id), flow])


def is_request(node: ast.AST) -> bool:
    """`request`, `self.request`, `info.context`."""
    if isinstance(node, ast.Name):
        return node.id in REQUESTS
    return isinstance(node, ast.Attribute) and node.attr in REQUESTS


def called(node: ast.Call) -> str:
    """The last part of what is called: `execute` of `cursor.execute(...)`."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def owner(node: ast.Call) -> str:
    """What stands before the last part: `cursor`, `os`, `Model.objects`; empty for a plain name."""
    return ast.unparse(node.func.value)[:80] if isinstance(node.func, ast.Attribute) else ""


def parameters(function: Function, tainted: frozenset[int] = frozenset()) -> dict[str, Flow]:
    """What flows into a function's parameters: of a view, everything beside the request comes from the caller.

    Args:
        tainted: positions that other code passes parts of a request to.
    """
    names = [item.arg for item in (*function.args.posonlyargs, *function.args.args)]
    extra = [item.arg for item in function.args.kwonlyargs]
    more = [item.arg for item in (function.args.vararg, function.args.kwarg) if item]
    offset = 1 if names[:1] in (["self"], ["cls"]) else 0
    is_view = names[offset : offset + 1] in (["request"], ["req"]) and not function.name.startswith("_")
    is_view = is_view or any(_routes(item) for item in function.decorator_list)
    found: dict[str, Flow] = {}
    for position, name in enumerate((*names, *extra, *more)):
        annotated = next((item.annotation for item in (*function.args.args, *function.args.kwonlyargs)
                          if item.arg == name), None)  # fmt: skip
        if name in ("self", "cls") or name in REQUESTS:
            found[name] = Flow(Taint.UNKNOWN, name)
        elif isinstance(annotated, ast.Name) and annotated.id in ("int", "float", "bool", "UUID", "Decimal", "date"):
            found[name] = FIXED
        elif name in ("pk", "id") or name.endswith("_id"):
            found[name] = Flow(Taint.UNKNOWN, f"the parameter {name}")
        elif is_view or position - offset in tainted:
            found[name] = Flow(Taint.REQUEST, f"the parameter {name}")
        else:
            found[name] = Flow(Taint.UNKNOWN, f"the parameter {name}")
    return found


def _routes(decorator: ast.expr) -> bool:
    if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute):
        return False
    first = decorator.args[0] if decorator.args else None
    path = isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value.startswith("/")
    return decorator.func.attr in ROUTE_DECORATORS and path


def _is_text(node: ast.expr, flow: Flow) -> bool:
    return bool(flow.text) or flow.built or isinstance(node, ast.JoinedStr)


def _only_numbers(text: str) -> bool:
    return "%s" not in text and "%(" not in text and "%r" not in text and "%" in text


def _is_numeric_format(node: ast.FormattedValue) -> bool:
    spec = node.format_spec
    if not isinstance(spec, ast.JoinedStr) or len(spec.values) != 1 or not isinstance(spec.values[0], ast.Constant):
        return False
    return str(spec.values[0].value)[-1:] in ("d", "f", "x", "n", "%", "e", "g", "b", "o")


def _is_constant_holder(node: ast.Attribute) -> bool:
    root: ast.expr = node
    while isinstance(root, ast.Attribute):
        if root.attr in ("_meta", "ops"):
            return True
        root = root.value
    return isinstance(root, ast.Constant) or (isinstance(root, ast.Name) and root.id[:1].isupper())
