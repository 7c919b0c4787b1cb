"""Evaluates the expressions of settings without running them: literals, operators, and the usual ways to read the
environment. Anything else is not known."""

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from prodproof.facts.django import Certainty
from prodproof.probes._constants import MISSING, UNKNOWN, Context, Literal, Opaque, Special, Value, carry, known

MAX_LIST = 2_000
TRUE_WORDS = frozenset({"1", "true", "yes", "on", "y", "t", "ok"})


class _Argv(tuple[str, ...]):
    """`sys.argv`."""


class Expressions:
    """Evaluates expressions over names whose values may not be known."""

    def __init__(self, context: Context, names: dict[str, Any]) -> None:
        self.context = context
        self.names = names

    def evaluate(self, node: ast.expr, depth: int = 0) -> Any:
        if depth > 60 or not self.context.step():
            return UNKNOWN
        match node:
            case ast.Constant():
                return known(node.value)
            case ast.Name():
                return self.names.get(node.id, UNKNOWN)
            case ast.List() | ast.Tuple() | ast.Set():
                return self.sequence(node, depth)
            case ast.Dict():
                return self.mapping(node, depth)
            case ast.BinOp():
                return self.combine(self.evaluate(node.left, depth + 1), node.op, self.evaluate(node.right, depth + 1))
            case ast.UnaryOp():
                return self.unary(node, depth)
            case ast.BoolOp():
                return self.logic(node, depth)
            case ast.Compare():
                return self.compare(node, depth)
            case ast.IfExp():
                test = self.evaluate(node.test, depth + 1)
                if isinstance(test, Value) and test.usable:
                    chosen = self.evaluate(node.body if test.value else node.orelse, depth + 1)
                    return carry(chosen, test) if isinstance(chosen, Value) else chosen
                return UNKNOWN
            case ast.Subscript():
                return self.item(node, depth)
            case ast.Attribute():
                return self.attribute(node, depth)
            case ast.Call():
                return self.call(node, depth)
            case ast.JoinedStr():
                return self.joined(node, depth)
            case _:
                return UNKNOWN

    def sequence(self, node: ast.List | ast.Tuple | ast.Set, depth: int) -> Value:
        items: list[Any] = []
        certainty, variable = Certainty.KNOWN, ""
        for part in node.elts[:MAX_LIST]:
            inner = part.value if isinstance(part, ast.Starred) else part
            value = self.evaluate(inner, depth + 1)
            if not isinstance(value, Value) or not value.usable:
                if isinstance(part, ast.Starred):
                    return UNKNOWN
                items.append(Opaque)
                continue
            if not value.known:
                certainty, variable = Certainty.ENVIRONMENT, value.variable
            if isinstance(part, ast.Starred):
                if not isinstance(value.value, (list, tuple)):
                    return UNKNOWN
                items.extend(value.value)
            else:
                items.append(value.value)
        made: Any = tuple(items) if isinstance(node, ast.Tuple) else items
        return Value(certainty, made, variable)

    def mapping(self, node: ast.Dict, depth: int) -> Value:
        made: dict[Any, Any] = {}
        for key, part in zip(node.keys[:MAX_LIST], node.values, strict=False):
            value = self.evaluate(part, depth + 1)
            plain = value.value if isinstance(value, Value) and value.usable else Opaque
            if key is None:
                if not isinstance(plain, dict):
                    return UNKNOWN
                made.update(plain)
                continue
            name = self.evaluate(key, depth + 1)
            if not isinstance(name, Value) or not name.usable or not isinstance(name.value, (str, int)):
                return UNKNOWN
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                plain = Literal(part.value)
            made[name.value] = plain
        return known(made)

    def combine(self, left: Any, operator: ast.operator, right: Any) -> Value:
        if not isinstance(left, Value) or not isinstance(right, Value) or not (left.usable and right.usable):
            return UNKNOWN
        one, two = left.value, right.value
        try:
            if isinstance(operator, ast.Add) and isinstance(one, (str, list, tuple, int)) and _size(one, two) < 100_000:
                result = one + two
            elif (
                isinstance(operator, ast.Mult)
                and isinstance(one, int)
                and isinstance(two, int)
                and abs(one * two) < 2**53
            ):
                result = one * two
            elif isinstance(operator, ast.Sub) and isinstance(one, int) and isinstance(two, int):
                result = one - two
            elif isinstance(operator, ast.BitOr) and isinstance(one, dict) and isinstance(two, dict):
                result = one | two
            else:
                return UNKNOWN
        except TypeError:
            return UNKNOWN
        return carry(known(result), left, right)

    def unary(self, node: ast.UnaryOp, depth: int) -> Value:
        value = self.evaluate(node.operand, depth + 1)
        if not isinstance(value, Value) or not value.usable or value.value is Opaque:
            return UNKNOWN
        if isinstance(node.op, ast.Not):
            return carry(known(not value.value), value)
        if isinstance(node.op, ast.USub) and isinstance(value.value, int):
            return carry(known(-value.value), value)
        return UNKNOWN

    def logic(self, node: ast.BoolOp, depth: int) -> Any:
        passed: list[Value] = []
        for part in node.values:
            value = self.evaluate(part, depth + 1)
            if not isinstance(value, Value) or not value.usable or value.value is Opaque:
                return UNKNOWN
            passed.append(value)
            if bool(value.value) is isinstance(node.op, ast.Or):
                break
        return carry(passed[-1], *passed)

    def compare(self, node: ast.Compare, depth: int) -> Value:
        if len(node.ops) != 1:
            return UNKNOWN
        operator = node.ops[0]
        right = self.evaluate(node.comparators[0], depth + 1)
        left = self.evaluate(node.left, depth + 1)
        if isinstance(right, Special) and right.kind == "environ" and isinstance(left, Value) and left.known:
            present = str(left.value) in self.context.variables
            if isinstance(operator, (ast.In, ast.NotIn)):
                return Value(Certainty.ENVIRONMENT, present is isinstance(operator, ast.In), str(left.value))
        if isinstance(left, Value) and left.known and isinstance(left.value, _Argv):
            return known(isinstance(operator, (ast.NotIn, ast.NotEq)))
        if isinstance(right, Value) and right.known and isinstance(right.value, _Argv):
            # `"test" in sys.argv`: a serving process is started with no such word.
            return known(isinstance(operator, (ast.NotIn, ast.NotEq)))
        if not isinstance(left, Value) or not isinstance(right, Value) or not (left.usable and right.usable):
            return UNKNOWN
        if left.value is Opaque or right.value is Opaque:
            return UNKNOWN
        tests: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
            ast.Eq: lambda a, b: a == b,
            ast.NotEq: lambda a, b: a != b,
            ast.In: lambda a, b: a in b,
            ast.NotIn: lambda a, b: a not in b,
            ast.Is: lambda a, b: a is b,
            ast.IsNot: lambda a, b: a is not b,
            ast.Gt: lambda a, b: a > b,
            ast.Lt: lambda a, b: a < b,
            ast.GtE: lambda a, b: a >= b,
            ast.LtE: lambda a, b: a <= b,
        }
        try:
            return carry(known(bool(tests[type(operator)](left.value, right.value))), left, right)
        except TypeError:
            return UNKNOWN

    def item(self, node: ast.Subscript, depth: int) -> Any:
        holder, key = self.evaluate(node.value, depth + 1), self.evaluate(node.slice, depth + 1)
        if not isinstance(key, Value) or not key.usable:
            return UNKNOWN
        if isinstance(holder, Special) and holder.kind == "environ":
            return self.variable(str(key.value), MISSING, None)
        if isinstance(holder, Value) and holder.usable:
            try:
                return carry(known(holder.value[key.value]), holder)
            except (TypeError, KeyError, IndexError):
                return UNKNOWN
        return UNKNOWN

    def attribute(self, node: ast.Attribute, depth: int) -> Any:
        holder = self.evaluate(node.value, depth + 1)
        if isinstance(holder, Special):
            if holder.kind == "os" and node.attr == "environ":
                return Special("environ")
            if holder.kind == "os" and node.attr == "getenv":
                return Special("getenv")
            if holder.kind == "sys" and node.attr == "argv":
                return known(_Argv())
            if holder.kind == "module:environ" and node.attr in ("Env", "FileAwareEnv"):
                return Special("Env")
            if holder.kind == "module:environs" and node.attr == "Env":
                return Special("Env")
            if holder.kind == "module:decouple" and node.attr == "config":
                return Special("reader")
        return UNKNOWN

    def joined(self, node: ast.JoinedStr, depth: int) -> Value:
        text, used = "", []
        for part in node.values:
            value = self.evaluate(part.value if isinstance(part, ast.FormattedValue) else part, depth + 1)
            if not isinstance(value, Value) or not value.usable or not isinstance(value.value, (str, int)):
                return UNKNOWN
            used.append(value)
            text += str(value.value)
        return carry(known(text), *used)

    def call(self, node: ast.Call, depth: int) -> Any:
        named = {word.arg: word.value for word in node.keywords if word.arg}
        function = node.func
        special = self.evaluate(function, depth + 1)
        if isinstance(special, Special):
            if special.kind in ("getenv", "reader"):
                return self.read(special, node, named, depth, None)
            if special.kind == "Env":
                return Special("reader", self.casts(named, depth))
            if special.kind.startswith("module:") and special.kind.endswith("Dynaconf"):
                self.context.poisoned = True
        if isinstance(function, ast.Attribute):
            holder = self.evaluate(function.value, depth + 1)
            if isinstance(holder, Special) and holder.kind == "environ" and function.attr in ("get", "setdefault"):
                return self.read(holder, node, named, depth, None)
            if isinstance(holder, Special) and holder.kind == "reader":
                return self.read(holder, node, named, depth, function.attr)
            if isinstance(holder, Value) and holder.usable and isinstance(holder.value, (str, dict)):
                return self.method(holder, function.attr, node, depth)
            return UNKNOWN
        if isinstance(function, ast.Name):
            return self.builtin(function.id, node, depth)
        return UNKNOWN

    def casts(self, named: dict[str, ast.expr], depth: int) -> dict[str, tuple[str, Any]]:
        found: dict[str, tuple[str, Any]] = {}
        for name, expression in named.items():
            if (
                isinstance(expression, ast.Tuple)
                and len(expression.elts) == 2
                and isinstance(expression.elts[0], ast.Name)
            ):
                default = self.evaluate(expression.elts[1], depth + 1)
                if isinstance(default, Value) and default.known:
                    found[name] = (expression.elts[0].id, default.value)
            elif isinstance(expression, ast.Name):
                found[name] = (expression.id, MISSING)
        return found

    def read(
        self, special: Special, node: ast.Call, named: dict[str, ast.expr], depth: int, method: str | None
    ) -> Value:
        """A variable that is read with `os.environ.get`, `getenv`, django-environ, environs or decouple."""
        name = self.evaluate(node.args[0], depth + 1) if node.args else UNKNOWN
        if not isinstance(name, Value) or not name.known or not isinstance(name.value, str):
            return UNKNOWN
        cast, default = special.casts.get(name.value, (None, MISSING))
        plain = special.kind in ("environ", "getenv")
        expression = named.get("default", node.args[1] if len(node.args) > 1 else None)
        if isinstance(expression, ast.Name) and expression.id in ("bool", "int", "str", "list") and not plain:
            cast, expression = expression.id, named.get("default")
        if expression is not None:
            given = self.evaluate(expression, depth + 1)
            default = given.value if isinstance(given, Value) and given.usable else Opaque
        elif plain:
            default = None
        wanted = named.get("cast")
        if isinstance(wanted, ast.Name):
            cast = wanted.id
        elif wanted is not None:
            cast = "?"
        if method in ("bool", "int", "str", "list", "tuple", "float"):
            cast = method
        elif method is not None and method not in ("get_value", "__call__"):
            cast = "?"
        return self.variable(name.value, default, "text" if plain else cast)

    def variable(self, name: str, default: Any, cast: str | None) -> Value:
        raw = self.context.variables.get(name)
        if raw is not None:
            if cast in (None, "text", "str"):
                return Value(Certainty.KNOWN, raw, name, text=True)
            if cast == "bool":
                return Value(Certainty.KNOWN, raw.strip().lower() in TRUE_WORDS, name)
            if cast in ("list", "tuple"):
                return Value(Certainty.KNOWN, [item.strip() for item in raw.split(",") if item.strip()], name)
            return Value(Certainty.UNKNOWN, variable=name)
        if default is MISSING:
            return Value(Certainty.REQUIRED, variable=name)
        if default is Opaque or cast == "?":
            return Value(Certainty.UNKNOWN, variable=name)
        if cast == "bool" and isinstance(default, str):
            default = default.strip().lower() in TRUE_WORDS
        return Value(Certainty.ENVIRONMENT, default, name, text=cast == "text")

    def method(self, holder: Value, name: str, node: ast.Call, depth: int) -> Value:
        given = [self.evaluate(item, depth + 1) for item in node.args]
        if any(not isinstance(item, Value) or not item.usable for item in given) or node.keywords:
            return UNKNOWN
        allowed = {
            "lower",
            "upper",
            "strip",
            "split",
            "casefold",
            "capitalize",
            "startswith",
            "endswith",
            "get",
            "copy",
        }
        if name not in allowed:
            return UNKNOWN
        try:
            return replace(
                carry(known(getattr(holder.value, name)(*(item.value for item in given))), holder), text=False
            )
        except (TypeError, ValueError, AttributeError):
            return UNKNOWN

    def builtin(self, name: str, node: ast.Call, depth: int) -> Any:
        if name in ("exec", "globals", "locals", "vars"):
            self.context.poisoned = True
            return UNKNOWN
        value = self.evaluate(node.args[0], depth + 1) if len(node.args) == 1 and not node.keywords else UNKNOWN
        if not isinstance(value, Value) or not value.usable or value.value is Opaque:
            return replace(UNKNOWN, variable=value.variable) if isinstance(value, Value) else UNKNOWN
        if name in ("strtobool", "str2bool", "str_to_bool", "parse_bool", "to_bool", "as_bool"):
            return replace(carry(known(str(value.value).lower() in TRUE_WORDS), value), text=False)
        makers: dict[str, Callable[[Any], Any]] = {"bool": bool, "int": int, "str": str, "list": list, "tuple": tuple}
        if name not in makers:
            return UNKNOWN
        try:
            # bool() of a variable's text is true for "False" as well: it stays text.
            return replace(carry(known(makers[name](value.value)), value), text=value.text and name in ("bool", "str"))
        except (TypeError, ValueError):
            return UNKNOWN


def _size(*values: Any) -> int:
    return sum(len(value) for value in values if hasattr(value, "__len__"))
