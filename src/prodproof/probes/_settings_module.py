"""A settings module carried out from its source, without running it.

Three answers are told apart for each name: its value; that an environment variable decides (with what it is when the
variable is not set); and that it is not known. Anything that is not followed is not known, never guessed.
"""

import ast
import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from prodproof.facts import Location
from prodproof.facts.django import Certainty
from prodproof.probes._constants import UNKNOWN, Context, Opaque, Special, Value
from prodproof.probes._expressions import Expressions
from prodproof.reach.files.python_source import parse

MAX_DEPTH = 10
_REFLECTION = ("globals", "locals", "vars", "exec", "setattr")
_CHANGERS = ("append", "insert", "extend", "remove", "update", "setdefault", "pop")
_SPECIAL_MODULES = {"os": Special("os"), "sys": Special("sys")}
_SPECIAL_NAMES = {
    ("os", "environ"): Special("environ"),
    ("os", "getenv"): Special("getenv"),
    ("environ", "Env"): Special("Env"),
    ("environs", "Env"): Special("Env"),
    ("decouple", "config"): Special("reader"),
    ("dynaconf", "Dynaconf"): Special("module:dynaconf.Dynaconf"),
}


class Evaluator:
    """Carries out settings modules statement by statement, over values that may not be known."""

    def __init__(self, source_of: Callable[[str], tuple[str, str] | None], variables: Mapping[str, str]) -> None:
        """
        Args:
            source_of: path and text of a module of the repository, by its dotted name; None for others.
            variables: environment variables that deployment files set, with their values.
        """
        self.source_of = source_of
        self.context = Context(variables)

    def module(self, name: str, names: dict[str, Any] | None = None, depth: int = 0) -> dict[str, Any]:
        """All names of a module after it has run."""
        names = {} if names is None else names
        found = self.source_of(name)
        self.context.modules -= 1
        if found is None or depth > MAX_DEPTH or self.context.modules < 0:
            self.context.unread.append(name)
            return names
        path, text = found
        try:
            tree = parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self.context.unread.append(name)
            self.context.poisoned = True
            return names
        package = name if path.endswith("/__init__.py") or path == "__init__.py" else name.rpartition(".")[0]
        _Module(self, path, package, names, depth).run(tree.body)
        return names

    def classes(self, name: str, line: tuple[ast.ClassDef, ...]) -> dict[str, Any]:
        """Names after the bodies of django-configurations' classes have run, on top of their module's."""
        names = self.module(name)
        found = self.source_of(name)
        for node in line if found else ():
            assert found is not None
            _Module(self, found[0], name.rpartition(".")[0], names, 1).run(node.body)
        return names


class _Module(Expressions):
    def __init__(self, owner: Evaluator, path: str, package: str, env: dict[str, Any], depth: int) -> None:
        super().__init__(owner.context, env)
        self.owner, self.path, self.package, self.depth = owner, path, package, depth
        self.classes: dict[str, ast.ClassDef] = {}

    def run(self, body: list[ast.stmt]) -> None:
        for statement in body:
            if not self.context.step():
                self.context.poisoned = True
                return
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign():
                value = self.placed(node, node.value)
                for target in node.targets:
                    self.assign(target, value)
            case ast.AnnAssign(value=ast.expr() as expression):
                self.assign(node.target, self.placed(node, expression))
            case ast.AugAssign():
                joined = self.combine(self.evaluate(node.target), node.op, self.evaluate(node.value))
                self.assign(node.target, self.at(node, joined))
            case ast.If():
                self.branch(node)
            case ast.Try():
                self.attempt(node)
            case ast.With():
                self.run(node.body)
            case ast.For() | ast.While():
                self.forget(node)
            case ast.ImportFrom():
                self.import_from(node)
            case ast.Import():
                for name in node.names:
                    bound = name.asname or name.name.partition(".")[0]
                    self.names[bound] = _SPECIAL_MODULES.get(name.name, Special(f"module:{name.name}"))
            case ast.Expr(value=ast.Call() as call):
                self.call_statement(call)
            case ast.Delete():
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self.names.pop(target.id, None)
            case ast.ClassDef():
                self.classes[node.name] = node
                self.names[node.name] = UNKNOWN
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.names[node.name] = UNKNOWN
            case _:
                pass

    def at(self, node: ast.AST, value: Value) -> Value:
        return replace(value, location=Location(self.path, getattr(node, "lineno", None)))

    def placed(self, node: ast.AST, expression: ast.expr) -> Any:
        value = self.evaluate(expression)
        return value if isinstance(value, Special) else self.at(node, value)

    def assign(self, target: ast.expr, value: Any) -> None:
        match target:
            case ast.Name():
                self.names[target.id] = value
            case ast.Tuple() | ast.List():
                items = value.value if isinstance(value, Value) and value.known else None
                fits = isinstance(items, (list, tuple)) and len(items) == len(target.elts)
                for number, part in enumerate(target.elts):
                    self.assign(part, replace(value, value=items[number]) if fits and items else UNKNOWN)
            case ast.Subscript():
                self.assign_item(target, value)
            case _:
                pass

    def assign_item(self, target: ast.Subscript, value: Any) -> None:
        if isinstance(target.value, ast.Call) and isinstance(target.value.func, ast.Name):
            if target.value.func.id in ("globals", "locals", "vars"):
                self.context.poisoned = True
            return
        name, holder, key = _root(target), self.evaluate(target.value), self.evaluate(target.slice)
        if not isinstance(holder, Value) or not isinstance(key, Value):
            return
        if holder.usable and key.known and isinstance(holder.value, (dict, list)) and isinstance(value, Value):
            try:
                holder.value[key.value] = value.value if value.usable else Opaque
            except (TypeError, IndexError, KeyError):
                pass
        elif name:
            self.names[name] = UNKNOWN

    def branch(self, node: ast.If) -> None:
        test = self.evaluate(node.test)
        if isinstance(test, Value) and test.known:
            self.run(node.body if test.value else node.orelse)
            return
        # Deep, for a list that one branch appends to must not change in the other.
        names, other = self.names, copy.deepcopy(self.names)
        self.run(node.body)
        taken = dict(names)
        self.names = other
        self.run(node.orelse)
        self.names = names
        merged = self.merge(taken, other, test if isinstance(test, Value) else UNKNOWN)
        names.clear()
        names.update(merged)

    def merge(self, taken: dict[str, Any], other: dict[str, Any], test: Value) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        for name in taken.keys() | other.keys():
            left, right = taken.get(name), other.get(name)
            if left == right and left is not None:
                merged[name] = left
            elif test.certainty is Certainty.ENVIRONMENT:
                chosen = left if test.value else right
                if isinstance(chosen, Value) and chosen.usable:
                    merged[name] = replace(chosen, certainty=Certainty.ENVIRONMENT, variable=test.variable)
                elif isinstance(chosen, Special):
                    merged[name] = chosen
                elif chosen is None and (only := left or right) is not None:
                    # Set only when the variable says so: without it, the framework's default is in force.
                    merged[name] = Value(Certainty.UNKNOWN, variable=test.variable, location=_place(only))
                else:
                    merged[name] = UNKNOWN
            else:
                merged[name] = left if left is not None and right is None and isinstance(left, Special) else UNKNOWN
        return merged

    def attempt(self, node: ast.Try) -> None:
        self.run(node.body)
        self.run(node.orelse)
        before = dict(self.names)
        for handler in node.handlers:
            # What a handler does is done only if the body failed; names that it sets become uncertain.
            self.run(handler.body)
        for name, value in self.names.items():
            if before.get(name) != value:
                self.names[name] = before[name] if isinstance(before.get(name), Special) else UNKNOWN
        self.run(node.finalbody)

    def forget(self, node: ast.For | ast.While) -> None:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                self.names[inner.id] = UNKNOWN
            elif isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id in _REFLECTION:
                self.context.poisoned = True
            elif isinstance(inner, ast.Attribute) and inner.attr in _CHANGERS and isinstance(inner.value, ast.Name):
                self.names[inner.value.id] = UNKNOWN

    def import_from(self, node: ast.ImportFrom) -> None:
        base = self.package
        for _ in range(max(0, node.level - 1)):
            base = base.rpartition(".")[0]
        name = node.module or ""
        full = f"{base}.{name}".strip(".") if node.level else name
        if [item.name for item in node.names] == ["*"]:
            if self.owner.source_of(full) is None:
                self.context.unread.append(full)
                return
            outside: dict[str, Any] = {}
            self.owner.module(full, outside, self.depth + 1)
            self.names.update({key: value for key, value in outside.items() if not key.startswith("_")})
            return
        for item in node.names:
            bound = item.asname or item.name
            special = _SPECIAL_NAMES.get((full, item.name))
            if special is not None:
                self.names[bound] = special
            elif full in ("dynaconf", "configurations") or item.name == "Dynaconf":
                self.names[bound] = Special(f"module:{full}")
            elif self.owner.source_of(full) is not None and self.owner.source_of(f"{full}.{item.name}") is None:
                self.names[bound] = self.owner.module(full, {}, self.depth + 1).get(item.name, UNKNOWN)
            else:
                self.names[bound] = UNKNOWN

    def call_statement(self, call: ast.Call) -> None:
        if isinstance(call.func, ast.Name) and call.func.id in ("exec", "include", "execfile", "load_settings"):
            self.context.poisoned = True
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in _CHANGERS:
            return
        if isinstance(call.func.value, ast.Call) and isinstance(call.func.value.func, ast.Name):
            self.context.poisoned = self.context.poisoned or call.func.value.func.id in _REFLECTION
            return
        name, holder = _root(call.func.value), self.evaluate(call.func.value)
        given = [self.evaluate(item) for item in call.args]
        if not isinstance(holder, Value) or not name:
            return
        plain = [item.value for item in given if isinstance(item, Value) and item.usable]
        try:
            if not holder.usable or len(plain) != len(given) or call.keywords:
                raise TypeError
            getattr(holder.value, call.func.attr)(*plain)
        except (TypeError, ValueError, AttributeError, IndexError, KeyError):
            self.names[name] = UNKNOWN


def _root(node: ast.expr) -> str:
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _place(value: Any) -> Location | None:
    return value.location if isinstance(value, Value) else None
