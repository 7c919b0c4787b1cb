"""The classes of nginx mistakes that gixy describes, judged on the tree of one file.

Source: https://github.com/yandex/gixy/tree/master/docs/en/plugins
"""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from prodproof.facts.infrastructure import Flaw
from prodproof.reach.files.nginx import Directive
from prodproof.reach.files.patterns import (
    UnreadablePatternError,
    can_contain,
    compiled,
    groups,
    must_contain,
    samples,
    tree,
)

_VARIABLE = re.compile(r"\$\{?([A-Za-z0-9_]+)\}?")
_URL = re.compile(r"(?P<scheme>[^?#/)]+://)?(?P<host>[^?#/)]+)")
_FROM_CLIENT = {
    "uri": r"/[^\x20\t]*", "document_uri": r"/[^\x20\t]*", "request_uri": r"/[^\s]*",
    "args": r"[^\s]+", "query_string": r"[^\s]+",
}  # fmt: skip
_FROM_CLIENT_PREFIX = (("arg_", r"[^\s&]+"), ("http_", r"[\x21-\x7e]+"))
_SECURITY_HEADERS = {
    "content-security-policy", "cross-origin-embedder-policy", "cross-origin-opener-policy",
    "cross-origin-resource-policy", "permissions-policy", "referrer-policy", "strict-transport-security",
    "x-content-type-options", "x-frame-options", "x-xss-protection",
}  # fmt: skip
_REDIRECTS = {"301", "302", "303", "307", "308"}
_MAX_RESOLVE = 8


class DoubtError(Exception):
    """A part that cannot be judged; the message is one line for a person."""


def flaws(root: Directive) -> tuple[tuple[Flaw, ...], str]:
    """All flaws of one file, and what could not be judged in it (empty when everything was)."""
    found: list[Flaw] = []
    doubt = ""
    for directive in root.walk():
        for rule in _RULES.get(directive.name.lower(), ()):
            try:
                found.extend(rule(directive))
            except (UnreadablePatternError, DoubtError) as error:
                doubt = doubt or f"line {directive.line}: {error}"
    return tuple(found), doubt


def _flaw(directive: Directive, check: str, title: str) -> Flaw:
    blocks = [block for block in directive.parents() if block.name in ("server", "location", "if")]
    place = " ".join(_named(block) for block in reversed(blocks))
    return Flaw(check=check, title=title, about=f"{place} {directive.name}".strip(), line=directive.line)


def _named(block: Directive) -> str:
    if block.name == "server":
        names = next((item.arguments for item in block.block or () if item.name == "server_name"), ())
        return " ".join(("server", *names[:1]))
    return " ".join((block.name, *block.arguments))[:120]


# Variables


def _definition(name: str, directive: Directive) -> tuple[str, Any] | None:
    """What gives a variable its value at a directive: a `set` text, a group's tree, a client's text; None: harmless."""
    for scope in (directive, *directive.parents()):
        siblings = scope.parent.block if scope.parent and scope.parent.block else ()
        before = [item for item in siblings if item.line <= directive.line and item is not scope]
        for item in reversed(before):
            if item.name == "set" and len(item.arguments) == 2 and item.arguments[0].lstrip("$") == name:
                return "text", item
            if item.name == "rewrite" and item.arguments and name in (found := groups(item.arguments[0])):
                return "group", found[name]
        pattern = _location_pattern(scope)
        if scope is not directive and pattern is not None and name in (found := groups(pattern)):
            return "group", found[name]
    if name in _FROM_CLIENT:
        return "group", tree(_FROM_CLIENT[name])
    for prefix, pattern in _FROM_CLIENT_PREFIX:
        if name.startswith(prefix) and name != "http_host":
            return "group", tree(pattern)
    return ("group", tree(r"[\x21-\x7e]+")) if name == "http_host" else None


def _location_pattern(block: Directive) -> str | None:
    if block.name == "location" and len(block.arguments) > 1 and block.arguments[0] in ("~", "~*"):
        return block.arguments[1]
    if block.name == "if" and len(block.arguments) >= 3 and block.arguments[1] in ("~", "~*"):
        return _condition(block)[2]
    if block.name == "server":
        for item in block.block or ():
            if item.name == "server_name":
                return next((name[1:] for name in item.arguments if name.startswith("~") and "(" in name), None)
    return None


def _parts(text: str, directive: Directive, depth: int = 0) -> Iterator[tuple[str, str, Any]]:
    """Literal and variable parts of a text, `set` variables replaced by what they were set to."""
    if depth > _MAX_RESOLVE:
        raise DoubtError("variables are set from each other too deeply")
    position = 0
    for match in _VARIABLE.finditer(text):
        if match.start() > position:
            yield "literal", text[position : match.start()], None
        position = match.end()
        definition = _definition(match[1], directive)
        if definition is None:
            yield "constant", match[1], None
        elif definition[0] == "text":
            yield from _parts(definition[1].arguments[1], definition[1], depth + 1)
        else:
            yield "client", match[1], definition[1]
    if position < len(text):
        yield "literal", text[position:], None


# Rules


def _ssrf(directive: Directive) -> Iterator[Flaw]:
    location = next((block for block in directive.parents() if block.name == "location"), None)
    if not directive.arguments or (location and any(item.name == "internal" for item in location.block or ())):
        return
    match = _URL.match(directive.arguments[0])
    for script in (match["scheme"], match["host"]) if match else ():
        for kind, name, node in _parts(script or "", directive):
            if kind == "literal" and "/" in name.replace("://", ""):
                break
            if kind != "client":
                continue
            if must_contain(node, "/"):
                break
            if can_contain(node, "."):
                yield _flaw(directive, "nginx-ssrf", f"visitors choose the host that is asked, through ${name}")
                return


def _splitting(directive: Directive) -> Iterator[Flaw]:
    value = _header_value(directive)
    for kind, name, node in _parts(value, directive) if value else ():
        inside_only = directive.name.startswith("proxy_")
        if kind == "client" and (can_contain(node, "\n") or (not inside_only and can_contain(node, "\r"))):
            title = f"visitors can put line breaks, and so headers of their own, into it through ${name}"
            yield _flaw(directive, "nginx-http-splitting", title)
            return


def _header_value(directive: Directive) -> str | None:
    arguments = directive.arguments
    if directive.name == "proxy_pass":
        return arguments[0] if arguments else None
    if directive.name == "return":
        if len(arguments) == 1:
            return arguments[0] if not arguments[0].isdigit() else None
        return arguments[1] if len(arguments) > 1 and arguments[0] in _REDIRECTS else None
    if len(arguments) < 2:
        return None
    if directive.name == "rewrite":
        leaves = arguments[1].startswith(("http://", "https://", "$scheme")) or arguments[-1] in (
            "redirect",
            "permanent",
        )
        return arguments[1] if leaves else None
    return arguments[1]


def _alias(directive: Directive) -> Iterator[Flaw]:
    location = next((block for block in directive.parents() if block.name == "location"), None)
    if location is None or not directive.arguments or not location.arguments:
        return
    modifier, path = ("", location.arguments[0]) if len(location.arguments) == 1 else location.arguments[:2]
    if modifier not in ("", "^~") or path.endswith("/") or path.startswith("@"):
        return
    target = directive.arguments[0]
    if "." in path.rpartition("/")[2] and "." in target.rpartition("/")[2]:
        return  # one file: nothing can be appended to its name that leads elsewhere
    what = "files above" if target.endswith("/") else "neighbours of"
    yield _flaw(directive, "nginx-alias-traversal", f"location {path} without a closing slash opens {what} {target}")


def _host(directive: Directive) -> Iterator[Flaw]:
    if len(directive.arguments) == 2 and directive.arguments[0].lower() == "host":
        value = directive.arguments[1].replace("{", "").replace("}", "")
        if value == "$http_host" or value.startswith("$arg_"):
            yield _flaw(directive, "nginx-host-spoofing", f"passes the visitor's own {value} on as Host; use $host")


def _referers(directive: Directive) -> Iterator[Flaw]:
    if "none" in directive.arguments:
        yield _flaw(directive, "nginx-valid-referers", "valid_referers accepts requests without a Referer (none)")


def _multiline(directive: Directive) -> Iterator[Flaw]:
    values = list(directive.arguments)
    if directive.name == "add_header":
        values = values[1:2]
    else:
        options = {"-t", "-s"}
        values = [item for number, item in enumerate(values) if number == 0 or values[number - 1] not in options]
    if any("\n" in value for value in values):
        yield _flaw(directive, "nginx-multiline-header", "a header value spans lines, which some browsers refuse")


def _redefined(block: Directive) -> Iterator[Flaw]:
    own = {item.arguments[0].lower() for item in block.block or () if item.name == "add_header" and item.arguments}
    if not own or any(item.name == "include" for item in block.block or ()):
        return  # an included snippet may repeat the headers
    for parent in block.parents():
        theirs = {item.arguments[0].lower() for item in parent.block or ()
                  if item.name == "add_header" and item.arguments}  # fmt: skip
        if not theirs:
            continue
        lost = sorted((theirs & _SECURITY_HEADERS) - own)
        if lost:
            names = ", ".join(lost)
            yield _flaw(block, "nginx-header-redefinition", f"add_header here drops the inherited {names}")
        return


def _condition(directive: Directive) -> tuple[str, str, str]:
    """Variable, operator and value of an `if`."""
    words = list(directive.arguments)
    if not words:
        return "", "", ""
    words[0] = words[0].removeprefix("(")
    words[-1] = words[-1].removesuffix(")")
    words = [word for word in words if word]
    return (words[0], words[1], words[2]) if len(words) == 3 else ("", "", "")


def _origins(directive: Directive) -> Iterator[Flaw]:
    variable, operator, pattern = _condition(directive)
    if variable not in ("$http_origin", "$http_referer") or operator.lstrip("!") not in ("~", "~*"):
        return
    expression = compiled(pattern, ignore_case=operator.endswith("*"))
    trusted = {_domain(_host_of(text)) for text in samples(pattern, ".")} - {""}
    for attack in _attacks(pattern):
        if expression.search(attack) and _domain(_host_of(attack)) not in trusted:
            name = variable.removeprefix("$http_")
            yield _flaw(directive, "nginx-origin-check", f"its pattern also takes {attack!r} for a trusted {name}")
            return


def _attacks(pattern: str) -> Iterator[str]:
    for wild in ("/", "a", "."):
        for text in samples(pattern, wild):
            if wild != ".":
                yield text
            yield text + ".evil.example"
            yield "http://evil.example/" + text


def _host_of(text: str) -> str:
    try:
        return urlsplit(text).hostname or ""
    except ValueError:
        return ""


def _domain(host: str) -> str:
    return ".".join(host.split(".")[-2:])


_RULES: dict[str, tuple[Callable[[Directive], Iterator[Flaw]], ...]] = {
    "proxy_pass": (_ssrf, _splitting),
    "rewrite": (_splitting,),
    "return": (_splitting,),
    "add_header": (_splitting, _multiline),
    "more_set_headers": (_multiline,),
    "proxy_set_header": (_splitting, _host),
    "alias": (_alias,),
    "valid_referers": (_referers,),
    "if": (_redefined, _origins),
    "location": (_redefined,),
    "server": (_redefined,),
    "http": (_redefined,),
}
