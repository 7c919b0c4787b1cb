"""Constructions through which data becomes code: SQL, shell, eval, deserialisation, templates, HTML."""

import ast
import re
from collections import defaultdict

from prodproof.facts import Location
from prodproof.facts.code import CodeFinding, Hole, Taint
from prodproof.probes._taint import Builders, Flow, Function, Scope, bind, called, joined, owner, parameters

_SQL_TEXT = re.compile(
    r"^\s*(select|with)\b|\b(select\b.+\bfrom|insert\s+into|update\b.+\bset|delete\s+from|drop\s+(table|index|view)|alter\s+table"
    r"|create\s+(table|index|view)|truncate|where\b|order\s+by|union\b|call\s+\w|exec\s+\w|pragma\s+\w|set\s+\w)",
    re.IGNORECASE | re.DOTALL,
)
CURSORS = re.compile(
    r"(?i)(^|[._])(c|cur|curs|cursor|conn|connection|db|database|engine|session|tx|con|sql|query)\w*(\(\))?$"
)
SUBPROCESS = frozenset({"run", "call", "check_call", "check_output", "Popen", "getoutput", "getstatusoutput"})
SAFE_LOADERS = frozenset({"SafeLoader", "CSafeLoader", "BaseLoader", "CBaseLoader"})
PICKLES = frozenset(
    {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "marshal", "jsonpickle", "shelve", "joblib"}
)
TEMPLATES = frozenset({"Template", "render_template_string", "from_string"})
SHELL_LIST = re.compile(r"(/\S*/)?(ba|z|da)?sh-l?c")
"""The constant parts of `["sh", "-c", ...]`, put together."""

NOT_FOLLOWED = frozenset(
    {"render", "get", "filter", "print", "info", "debug", "warning", "error", "execute", "executemany", "raw", "extra",
     "save", "create", "update", "add", "append", "run", "call", "load", "loads", "open", "read", "write", "format"}
)  # fmt: skip
"""Functions of so many owners that what is passed to one says nothing of another of that name."""

SINKS = frozenset(
    {"execute", "executemany", "executescript", "execute_values", "raw", "RawSQL", "extra", "text", "system", "popen",
     "getoutput", "getstatusoutput", "create_subprocess_shell", "exec_command", "eval", "exec", "load", "loads",
     "load_all", "Unpickler", "open", "decode", "unsafe_load", "unsafe_load_all", "mark_safe", "SafeString", "SafeText",
     "Markup", "format_html", "HttpResponse", "render", "render_to_string", "TemplateResponse", "render_template",
     "render_to_response", "import_module", "__import__"}
) | SUBPROCESS | TEMPLATES  # fmt: skip
SUPPRESSED = re.compile(r"#\s*(nosec|noqa:?[^#]*\bS\d{3}|nosemgrep)", re.IGNORECASE)

Calls = dict[str, set[int]]
"""Function name to the positions that parts of a request are passed to somewhere."""

Contexts = dict[str, dict[str, Flow]]
"""Template name to its variables that come from a request."""


class Module:
    """One Python file, read for what it does with foreign data."""

    def __init__(
        self,
        path: str,
        text: str,
        tree: ast.Module,
        everywhere: frozenset[str],
        calls: Calls,
        contexts: Contexts,
        builders: Builders,
    ) -> None:
        """
        Args:
            everywhere: names of all functions of the repository.
            calls: which parameters of them take parts of a request.
            contexts: what views hand to templates; added to.
            builders: functions that build texts from their arguments.
        """
        self.path, self.lines, self.tree = path, text.splitlines(), tree
        self.everywhere = everywhere
        self.within: list[str] = []
        self.calls, self.contexts, self.builders = calls, contexts, builders
        self.found: list[CodeFinding] = []
        self.passed: dict[str, set[int]] = defaultdict(set)
        """What this file passes on, found while it is read."""

        self.builds: Builders = {}
        """Functions of this file that build texts from their arguments."""

        self.called: set[str] = set()
        self.defined: set[str] = set()
        """Names of the functions of this file."""

    def read(self) -> None:
        """Read the whole file."""
        top = Scope()
        top.builders = self.builders
        self.block(self.tree.body, top, "")

    def block(self, body: list[ast.stmt], scope: Scope, where: str) -> None:
        for statement in body:
            self.statement(statement, scope, where)

    def statement(self, node: ast.stmt, scope: Scope, where: str) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.function(node, scope, where)
            case ast.ClassDef():
                self.block(node.body, Scope(outer=scope), f"{where}.{node.name}".strip("."))
            case ast.Assign():
                self.expressions(node.value, scope, where)
                flow = scope.flow(node.value)
                for target in node.targets:
                    bind(scope, target, flow)
            case ast.AnnAssign(value=ast.expr() as value):
                self.expressions(value, scope, where)
                bind(scope, node.target, scope.flow(value))
            case ast.AugAssign():
                self.expressions(node.value, scope, where)
                bind(scope, node.target, joined([scope.flow(node.target), scope.flow(node.value)], built=True))
            case ast.If():
                self.expressions(node.test, scope, where)
                self.allowed(node, scope)
                self.block(node.body, scope, where)
                self.block(node.orelse, scope, where)
            case ast.For() | ast.AsyncFor():
                self.expressions(node.iter, scope, where)
                bind(scope, node.target, scope.flow(node.iter))
                self.block(node.body, scope, where)
                self.block(node.orelse, scope, where)
            case ast.While():
                self.expressions(node.test, scope, where)
                self.block(node.body, scope, where)
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    self.expressions(item.context_expr, scope, where)
                    if item.optional_vars is not None:
                        bind(scope, item.optional_vars, scope.flow(item.context_expr))
                self.block(node.body, scope, where)
            case ast.Try():
                self.block(node.body, scope, where)
                for handler in node.handlers:
                    self.block(handler.body, scope, where)
                self.block(node.orelse, scope, where)
                self.block(node.finalbody, scope, where)
            case ast.Return(value=ast.expr() as value):
                self.expressions(value, scope, where)
                self.returned(value, scope)
            case ast.Match():
                self.expressions(node.subject, scope, where)
                for case in node.cases:
                    self.block(case.body, scope, where)
            case _:
                self.expressions(node, scope, where)

    def function(self, node: Function, scope: Scope, where: str) -> None:
        self.defined.add(node.name)
        tainted = frozenset(self.calls.get(node.name, ()))
        inside = Scope(parameters(node, tainted), scope)
        self.within.append(node.name)
        self.block(node.body, inside, f"{where}.{node.name}".strip("."))
        self.within.pop()

    def returned(self, value: ast.expr, scope: Scope) -> None:
        """Notes a function whose result is SQL that its parameters were put into."""
        flow = scope.flow(value)
        if self.within and flow.built and flow.words.startswith("the parameter") and _is_sql(flow.text):
            self.builds[self.within[-1]] = flow.text

    def allowed(self, node: ast.If, scope: Scope) -> None:
        """`if sort not in ALLOWED: ...` clears the name: only listed values pass."""
        for test in ast.walk(node.test):
            if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.left, ast.Name):
                continue
            against = scope.flow(test.comparators[0])
            if isinstance(test.ops[0], (ast.In, ast.NotIn)) and against.taint is Taint.FIXED:
                scope.cleared.add(test.left.id)

    def expressions(self, node: ast.AST, scope: Scope, where: str) -> None:
        for item in ast.walk(node):
            if isinstance(item, ast.Call):
                self.call(item, scope, where)
            elif isinstance(item, ast.Dict):
                self.options(item, where)

    def options(self, node: ast.Dict, where: str) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            named = isinstance(key, ast.Constant) and key.value == "autoescape"
            if named and isinstance(value, ast.Constant) and value.value is False:
                self.add(Hole.HTML, "autoescape: False", node, Flow(Taint.UNKNOWN, "every template"), where)

    def call(self, node: ast.Call, scope: Scope, where: str) -> None:
        name = called(node)
        self.called.add(name)
        self.note_passed(node, name, scope)
        if name not in SINKS:
            return
        before = owner(node)
        first = node.args[0] if node.args else None
        flow = scope.flow(first)
        if name in ("execute", "executemany", "executescript", "execute_values") and first is not None:
            sql_like = _is_sql(flow.text) or (CURSORS.search(before) and not flow.text)
            if sql_like:
                self.built(Hole.SQL, f"{_short(before)}.{name}", node, flow, where)
        elif name == "raw" and before.endswith(("objects", "_default_manager", "manager")):
            self.built(Hole.SQL, f"{_short(before)}.raw", node, flow, where)
        elif name == "RawSQL":
            self.built(Hole.SQL, "RawSQL", node, flow, where)
        elif name == "extra" and node.keywords and {"where", "select", "tables", "order_by"} & _words(node):
            parts = [scope.flow(word.value) for word in node.keywords if word.arg in ("where", "select", "tables")]
            self.built(Hole.SQL, "extra", node, joined(parts), where)
        elif name == "text" and flow.built and _is_sql(flow.text):
            self.add(Hole.SQL, "text", node, flow, where)
        elif name in ("system", "popen") and before == "os":
            self.foreign(Hole.SHELL, f"os.{name}", node, flow, where)
        elif name in ("getoutput", "getstatusoutput") or (name == "create_subprocess_shell"):
            self.foreign(Hole.SHELL, name, node, flow, where)
        elif name in SUBPROCESS and _is_true(node, "shell"):
            self.foreign(Hole.SHELL, f"{name}(shell=True)", node, flow, where)
        elif name in SUBPROCESS and SHELL_LIST.match(flow.text):
            self.built(Hole.SHELL, f"{name} of a shell", node, flow, where)
        elif name in ("import_module", "__import__") and flow.taint is Taint.REQUEST:
            self.add(Hole.EVAL, name, node, flow, where)
        elif name == "from_string" and flow.taint is Taint.REQUEST:
            self.add(Hole.TEMPLATE, name, node, flow, where)
        elif name == "exec_command":
            self.built(Hole.SHELL, "exec_command", node, flow, where)
        elif name in ("eval", "exec") and not before and first is not None:
            self.foreign(Hole.EVAL, name, node, flow, where)
        elif name in ("load", "loads", "Unpickler", "open", "decode") and before in PICKLES:
            if flow.taint is Taint.REQUEST:
                self.add(Hole.DESERIALISE, f"{before}.{name}", node, flow, where)
        elif name in ("load", "load_all") and before == "yaml":
            self.yaml_load(node, flow, where)
        elif name in ("unsafe_load", "unsafe_load_all") and before == "yaml":
            self.foreign(Hole.DESERIALISE, f"yaml.{name}", node, flow, where)
        elif name in TEMPLATES and before in ("", "env", "template", "jinja2", "django.template", "flask", "engine"):
            self.built(Hole.TEMPLATE, name, node, flow, where)
        elif name in ("mark_safe", "SafeString", "SafeText", "Markup"):
            self.built(Hole.HTML, name, node, flow, where)
        elif name == "format_html" and (flow.built or isinstance(first, ast.JoinedStr)):
            self.built(Hole.HTML, "format_html of a text that is already put together", node, flow, where)
        elif name == "HttpResponse" and flow.taint is Taint.REQUEST and not _plain_type(node):
            self.built(Hole.HTML, "HttpResponse", node, flow, where)
        elif name in ("render", "render_to_string", "TemplateResponse", "render_template", "render_to_response"):
            self.context(node, scope)

    def yaml_load(self, node: ast.Call, flow: Flow, where: str) -> None:
        given = [word.value for word in node.keywords if word.arg == "Loader"] or node.args[1:2]
        loader = ast.unparse(given[0]).rpartition(".")[2] if given else ""
        if loader in SAFE_LOADERS or (loader and "Safe" in loader):
            return
        if flow.taint is Taint.REQUEST or loader in ("Loader", "UnsafeLoader", "CLoader") or not loader:
            detail = flow if flow.taint is not Taint.FIXED else Flow(Taint.UNKNOWN, "a document")
            self.add(Hole.DESERIALISE, "yaml.load without a safe loader", node, detail, where)

    def built(self, hole: Hole, call: str, node: ast.Call, flow: Flow, where: str) -> None:
        if flow.taint is not Taint.FIXED and (flow.built or flow.taint is Taint.REQUEST):
            self.add(hole, call, node, flow, where)

    def foreign(self, hole: Hole, call: str, node: ast.Call, flow: Flow, where: str) -> None:
        if flow.taint is not Taint.FIXED:
            self.add(hole, call, node, flow, where)

    def add(self, hole: Hole, call: str, node: ast.AST, flow: Flow, where: str) -> None:
        line = getattr(node, "lineno", 1)
        last = getattr(node, "end_lineno", line) or line
        suppressed = any(SUPPRESSED.search(text) for text in self.lines[line - 1 : last])
        self.found.append(
            CodeFinding(
                hole=hole,
                call=call,
                function=where,
                taint=flow.taint,
                detail=flow.words[:80],
                suppressed=suppressed,
                location=Location(self.path, line),
            )
        )

    def note_passed(self, node: ast.Call, name: str, scope: Scope) -> None:
        if name not in self.everywhere or name in NOT_FOLLOWED:
            return
        for position, item in enumerate(node.args[:12]):
            if scope.flow(item).taint is Taint.REQUEST:
                self.passed[name].add(position)

    def context(self, node: ast.Call, scope: Scope) -> None:
        names = [item.value for item in node.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]
        dicts = [item for item in (*node.args, *(word.value for word in node.keywords)) if isinstance(item, ast.Dict)]
        direct = [word for word in node.keywords if word.arg and called(node) == "render_template"]
        for name in names:
            known = self.contexts.setdefault(name, {})
            for each in dicts:
                for key, value in zip(each.keys, each.values, strict=True):
                    if isinstance(key, ast.Constant) and scope.flow(value).taint is Taint.REQUEST:
                        known[str(key.value)] = scope.flow(value)
            for word in direct:
                if word.arg and scope.flow(word.value).taint is Taint.REQUEST:
                    known[word.arg] = scope.flow(word.value)


def _is_sql(text: str) -> bool:
    # A longer text has said by then whether it is SQL.
    return _SQL_TEXT.search(text[:4_000]) is not None


def _short(text: str) -> str:
    return text if len(text) <= 40 else "..." + text[-30:]


def _words(node: ast.Call) -> set[str]:
    return {word.arg for word in node.keywords if word.arg}


def _is_true(node: ast.Call, name: str) -> bool:
    return any(word.arg == name and isinstance(word.value, ast.Constant) and word.value.value is True
               for word in node.keywords)  # fmt: skip


def _plain_type(node: ast.Call) -> bool:
    for word in node.keywords:
        if word.arg in ("content_type", "mimetype") and not (
            isinstance(word.value, ast.Constant) and "html" in str(word.value.value)
        ):
            return True
    return len(node.args) > 1
