"""Which parts of a file only say something to people, or only build its examples: mutants of these prove nothing."""

import ast
from collections.abc import Iterator

_SPEAKERS = {"holds": 0, "not_applicable": 0, "broken": 0, "unknown": 1}
_DECIDING_METHODS = {"startswith", "endswith", "removeprefix", "removesuffix", "compile"}
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def skipped(tree: ast.Module) -> set[ast.AST]:
    """Every node that is not to be changed: prose, annotations, decorators, imports, assertions and examples."""
    found: set[ast.AST] = set()
    for root in (*_fixed(tree), *_examples(tree)):
        found.update(ast.walk(root))
    analysis = _Prose(tree, found)
    while analysis.spread():
        pass
    return found


def _fixed(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.Assert)) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        ):
            yield node
        elif isinstance(node, ast.AnnAssign | ast.arg) and node.annotation:
            yield node.annotation
        elif isinstance(node, _Function):
            yield from node.decorator_list
            if node.returns:
                yield node.returns
            if node.name in ("__str__", "__repr__"):
                yield node
        elif isinstance(node, ast.ClassDef):
            yield from (*node.decorator_list, *node.bases, *node.keywords)
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield from node.exc.args
        elif isinstance(node, ast.Assign) and _defined(node) & {"__all__", "T"}:
            yield node


def _defined(node: ast.stmt) -> set[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    return {node.target.id} if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) else set()


def _examples(tree: ast.Module) -> set[ast.stmt]:
    """`EXAMPLES`, and what nothing but them uses."""
    named = {name: node for node in tree.body for name in _defined(node)}
    if "EXAMPLES" not in named:
        return set()

    def reached(start: set[str]) -> set[str]:
        seen: set[str] = set()
        todo = set(start)
        while todo:
            name = todo.pop()
            seen.add(name)
            used = {node.id for node in ast.walk(named[name]) if isinstance(node, ast.Name)}
            todo |= (used & named.keys()) - seen
        return seen

    judges = {name for name, node in named.items() if isinstance(node, _Function) and node.decorator_list}
    return {named[name] for name in reached({"EXAMPLES"}) - reached(judges)}


def _reads(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)


class _Prose:
    """Spreads from the arguments of verdicts and findings to the names and functions that only feed them."""

    def __init__(self, tree: ast.Module, found: set[ast.AST]) -> None:
        self.tree, self.found = tree, found
        self.parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        self.functions = {node.name: node for node in tree.body if isinstance(node, _Function)}
        self.makers = {"Finding"}
        for name, function in self.functions.items():
            if isinstance(function.returns, ast.Name) and function.returns.id == "Finding":
                self.makers.add(name)
                for statement in function.body:
                    found.update(ast.walk(statement))
        for node in ast.walk(tree):
            for root in self._spoken(node):
                found.update(ast.walk(root))

    def _spoken(self, node: ast.AST) -> Iterator[ast.AST]:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            name = node.func.id
            if name in self.makers:
                yield from (*node.args, *(keyword.value for keyword in node.keywords))
            elif name == "broken":
                yield from (item for item in node.args if isinstance(item, (ast.Constant, ast.JoinedStr, ast.Name)))
            elif name in _SPEAKERS:
                yield from node.args[_SPEAKERS[name] :]
        elif isinstance(node, ast.JoinedStr) and not self._decides(node):
            yield node

    def _decides(self, node: ast.AST) -> bool:
        while isinstance(node := self.parents[node], ast.expr):
            if isinstance(node, (ast.Compare, ast.Subscript)):
                return True
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in _DECIDING_METHODS:
                return True
        return False

    def spread(self) -> bool:
        """One round; whether anything was added."""
        before = len(self.found)
        for name, function in self.functions.items():
            if isinstance(function.returns, ast.Name) and function.returns.id == "str" and self._only_heard(name):
                for statement in function.body:
                    self.found.update(ast.walk(statement))
        for statement in self.tree.body:
            names = _defined(statement) if isinstance(statement, (ast.Assign, ast.AnnAssign)) else set()
            if names and all(self._only_heard(name) for name in names):
                self.found.update(ast.walk(statement))
        for node in ast.walk(self.tree):
            if isinstance(node, _Function):
                self._locals(node)
            elif isinstance(node, ast.If) and all(self._silent(item) for item in (*node.body, *node.orelse)):
                self.found.update(ast.walk(node))
        return len(self.found) > before

    def _silent(self, statement: ast.stmt) -> bool:
        return statement in self.found

    def _only_heard(self, name: str) -> bool:
        uses = [node for node in ast.walk(self.tree) if _reads(node, name)]
        return bool(uses) and all(use in self.found for use in uses)

    def _locals(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        loaded: dict[str, list[ast.Name]] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                loaded.setdefault(node.id, []).append(node)
        for node in ast.walk(function):
            target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
            if isinstance(node, (ast.AnnAssign, ast.AugAssign)):
                target = node.target
            uses = loaded.get(target.id) if isinstance(target, ast.Name) else None
            if uses and all(use in self.found for use in uses):
                self.found.update(ast.walk(node))
