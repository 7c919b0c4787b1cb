"""Where source says that forged requests are not checked."""

import ast
import re
from collections.abc import Iterator

from prodproof.facts import Location, Reason, Unseen
from prodproof.facts.django import Certainty, CsrfCause, CsrfPlace, DjangoSettings
from prodproof.probes._django_project import Application, DjangoSource
from prodproof.reach.files.python_source import parse
from prodproof.reach.git.repository import shown

OF_REQUEST = {"user", "session", "COOKIES", "POST", "GET", "body", "FILES", "data", "headers", "META", "method", "auth"}
TELLING = {
    "cleaned_data", "is_valid", "get_user", "save", "delete", "create", "update", "get_or_create", "update_or_create",
    "bulk_create", "execute", "set_password", "login", "logout", "authenticate", "is_authenticated", "is_staff",
    "compare_digest", "construct_event", "hmac", "check_token", "verify", "unsign", "validate", "login_required",
    "permission_required", "staff_member_required", "LoginRequiredMixin", "PermissionRequiredMixin",
}  # fmt: skip
_TEXT = re.compile(r"AUTHORIZATION|SIGNATURE|BEARER|API.?KEY|X-HUB", re.IGNORECASE)
_REST = re.compile(r"APIView|ViewSet|GenericAPI|CreateAPI|UpdateAPI|DestroyAPI|ListAPI|RetrieveAPI")
_CSRF_MIDDLEWARE = re.compile(r"(^|\.)\w*Csrf\w*Middleware$", re.IGNORECASE)


def places(source: DjangoSource, application: Application, settings: DjangoSettings) -> tuple[CsrfPlace, ...]:
    """Every such place of one application, in the order of its files."""
    found: list[CsrfPlace] = []
    prefix = "" if application.directory == "." else application.directory + "/"
    for path in source.python:
        if not path.startswith(prefix) or path.rpartition("/")[2].startswith("test"):
            continue
        text = source.text(path)
        if "csrf_exempt" not in text and "enforce_csrf" not in text and "CsrfExempt" not in text:
            continue
        try:
            tree = parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            source.unread.append(Unseen(Reason.INCOMPLETE, f"{shown(path)} is not Python of this version"))
            continue
        found.extend(_in_module(path, tree))
    return (*found, *_middleware(settings))


def _middleware(settings: DjangoSettings) -> Iterator[CsrfPlace]:
    for name in ("MIDDLEWARE", "MIDDLEWARE_CLASSES"):
        item = settings.setting(name)
        if item is None or not isinstance(item.value, tuple) or item.type == "opaque":
            continue
        if item.certainty not in (Certainty.KNOWN, Certainty.ENVIRONMENT) or item.location is None:
            continue
        sessions = any(part.endswith("SessionMiddleware") for part in item.value)
        if sessions and not any(_CSRF_MIDDLEWARE.search(part) for part in item.value):
            yield CsrfPlace(cause=CsrfCause.MIDDLEWARE_MISSING, name=name, location=item.location)


def _in_module(path: str, tree: ast.Module) -> Iterator[CsrfPlace]:
    every = list(ast.walk(tree))
    functions = {node.name: node for node in every if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            decorators = {_name(item) for item in node.decorator_list}
            if "csrf_exempt" in decorators and "api_view" not in decorators:
                yield _place(CsrfCause.EXEMPT, path, node, node)
        elif isinstance(node, ast.ClassDef):
            yield from _in_class(path, node)
    for call in every:
        if not isinstance(call, ast.Call) or _name(call.func) != "csrf_exempt" or not call.args:
            continue
        inner = call.args[0]
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.attr == "as_view":
            target: ast.AST | None = classes.get(_name(inner.func.value))
            name = _name(inner.func.value)
        else:
            target, name = functions.get(_name(inner)), _name(inner)
        if target is not None and isinstance(target, ast.ClassDef) and _is_rest(target):
            continue
        touched = _touches(target) if target is not None else ()
        place = Location(path, call.lineno)
        yield CsrfPlace(cause=CsrfCause.EXEMPT, name=name or "a view", touches=touched, location=place)


def _in_class(path: str, node: ast.ClassDef) -> Iterator[CsrfPlace]:
    exempt = any(_exempts(item, on_class=True) for item in node.decorator_list)
    exempt = exempt or any(_name(base) == "CsrfExemptMixin" for base in node.bases)
    for item in node.body:
        if not isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if item.name == "dispatch" and any(_exempts(each, on_class=False) for each in item.decorator_list):
            exempt = True
        sessions = any("SessionAuthentication" in _name(base) for base in node.bases)
        if item.name == "enforce_csrf" and sessions and not any(isinstance(each, ast.Call) for each in ast.walk(item)):
            yield _place(CsrfCause.AUTHENTICATION_WEAKENED, path, node, item)
    if exempt and not _is_rest(node):
        yield _place(CsrfCause.EXEMPT, path, node, node)


def _exempts(decorator: ast.expr, *, on_class: bool) -> bool:
    """Whether it is `csrf_exempt`, or `method_decorator(csrf_exempt, name="dispatch")`: elsewhere it does nothing."""
    if _name(decorator) == "csrf_exempt":
        return not on_class
    if not isinstance(decorator, ast.Call) or _name(decorator.func) != "method_decorator":
        return False
    named = next((word.value for word in decorator.keywords if word.arg == "name"), None)
    inner = [item for argument in decorator.args for item in getattr(argument, "elts", [argument])]
    if not any(_name(item) == "csrf_exempt" for item in inner):
        return False
    return not on_class or (isinstance(named, ast.Constant) and named.value == "dispatch")


def _is_rest(node: ast.ClassDef) -> bool:
    return any(_REST.search(_name(base)) for base in node.bases)


def _place(cause: CsrfCause, path: str, named: ast.AST, at: ast.AST) -> CsrfPlace:
    return CsrfPlace(
        cause=cause,
        name=getattr(named, "name", ""),
        touches=_touches(named),
        location=Location(path, getattr(at, "lineno", None)),
    )


def _touches(node: ast.AST) -> tuple[str, ...]:
    found: set[str] = set()
    for item in ast.walk(node):
        if isinstance(item, ast.Attribute):
            owner = item.value
            of_request = _name(owner) in ("request", "req", "_request")
            if (of_request and item.attr in OF_REQUEST) or item.attr in TELLING:
                found.add(item.attr)
        elif isinstance(item, ast.Name) and item.id in TELLING:
            found.add(item.id)
        elif isinstance(item, ast.Constant) and isinstance(item.value, str) and len(item.value) < 60:
            found.update(f"text:{telling[0].lower()}" for telling in _TEXT.finditer(item.value))
    return tuple(sorted(found))


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    return _name(node.func) if isinstance(node, ast.Call) and not isinstance(node.func, ast.Call) else ""
