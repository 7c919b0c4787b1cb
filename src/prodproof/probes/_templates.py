"""What HTML templates (Django, Jinja) print without escaping it."""

import re
from collections.abc import Iterator, Mapping

from prodproof.facts import Location
from prodproof.facts.code import CodeFinding, Hole, Taint
from prodproof.probes._taint import Flow

_OPENING = re.compile(r"{{|{%|{#")
_CLOSING = {"{{": "}}", "{%": "%}", "{#": "#}"}
_VERBATIM = re.compile(r"(verbatim|raw|comment)\b")
_VERBATIM_END = {name: re.compile(rf"{{%-?\s*end{name}\s*-?%}}") for name in ("verbatim", "raw", "comment")}
_HARMLESS_FILTERS = frozenset(
    {"escape", "force_escape", "escapejs", "e", "urlencode", "striptags", "bleach", "sanitize", "clean", "markdown",
     "markdownify", "richtext", "date", "time", "naturaltime", "floatformat", "intcomma", "length", "filesizeformat",
     "tojson", "json", "json_script", "to_json", "jsonify", "slugify", "add_class", "crispy", "linebreaks", "urlize",
     "render_markdown", "nh3", "sanitize_html", "as_crispy_form", "pluralize", "yesno",
     "int", "float", "round", "abs", "i18n", "trans", "translate"}
)  # fmt: skip
_HTML_NAMES = re.compile(
    r"(^|[._])(\w*(html|svg|icon|embed|markup|richtext|rendered|json|script|css|iframe|snippet)\w*|media|form|field|errors"
    r"|super|widget|csrf_token|help_text|label_tag|as_p|as_table|as_ul|messages?|message\.message|csp_nonce|pagination"
    r"|canonical_url|caller|content_block|block|blocks)$",
    re.IGNORECASE,
)
"""Names that say themselves that they hold markup which the application made."""

_PRINTED = re.compile(r"^[A-Za-z_][\w.]*$")
_PART = re.compile(r"(?:[^|\"']|\"[^\"]*\"|'[^']*'|[\"'])+")
"""The variable and its filters, cut at each bar that is not in quotes."""

MAX_FINDINGS = 200
LONGEST_NAME = 200


def unescaped(path: str, text: str, contexts: Mapping[str, Mapping[str, Flow]]) -> list[CodeFinding]:
    """Places of one template at which a variable reaches the page as it is.

    Args:
        contexts: for each template name, the variables that views fill from the request.
    """
    known: dict[str, Flow] = {}
    for name, variables in contexts.items():
        if path == name or path.endswith("/" + name):
            known.update(variables)
    off = 0
    plain = not re.search(r"<[a-zA-Z!]", text)
    found: list[CodeFinding] = []
    for start, kind, content in _tokens(text):
        if len(found) >= MAX_FINDINGS:
            break
        if kind == "{%":
            off = _escaping(content, off)
            continue
        finding = _printed(content, off > 0 and not plain, known)
        if finding is not None:
            call, flow = finding
            line = text.count("\n", 0, start) + 1
            found.append(
                CodeFinding(
                    hole=Hole.HTML, call=call, function=path.rpartition("/")[2], taint=flow.taint,
                    detail=flow.words[:80], location=Location(path, line),
                )
            )  # fmt: skip
    return found


def _tokens(text: str) -> Iterator[tuple[int, str, str]]:
    """Position, opening and inside of each `{{ }}` and `{% %}` that is neither a comment nor printed as it stands.

    One pass, however many tokens never end: an end that is missing once is missing for all that follow.
    """
    position = 0
    endless: set[str] = set()

    while opening := _OPENING.search(text, position):
        kind, inside = opening[0], opening.end()
        end = -1 if kind in endless else text.find(_CLOSING[kind], inside)
        if end < 0:
            endless.add(kind)
            position = opening.start() + 1
            continue
        position = end + 2
        content = text[inside:end].strip()
        if kind == "{%":
            content = content.removeprefix("-").removesuffix("-").strip()
            verbatim = _VERBATIM.match(content)
            if verbatim and verbatim[1] not in endless:
                last = _VERBATIM_END[verbatim[1]].search(text, position)
                if last is None:
                    endless.add(verbatim[1])
                else:
                    position = last.end()
        if kind != "{#":
            yield opening.start(), kind, content


def _escaping(tag: str, off: int) -> int:
    words = tag.split()
    if words[:2] in (["autoescape", "off"], ["autoescape", "false"]):
        return off + 1
    if words[:1] == ["endautoescape"] and off:
        return off - 1
    return off


def _printed(expression: str, off: bool, known: Mapping[str, Flow]) -> tuple[str, Flow] | None:
    value, *filters = [part.strip() for part in _PART.findall(expression)] or [""]
    names = [re.split(r"[:(\s]", part)[0] for part in filters]
    unsafe = "safe" in names or "safeseq" in names
    if not (unsafe or off) or not _PRINTED.match(value):
        return None
    before = names[: names.index("safe")] if "safe" in names else names
    if any(name in _HARMLESS_FILTERS or re.search(r"html|markdown|sanit|clean|json|render", name) for name in before):
        return None
    root = value.split(".")[0]
    flow = known.get(root, Flow(Taint.UNKNOWN, value))
    if value.startswith(("request.GET", "request.POST", "request.COOKIES", "request.META", "request.path")):
        flow = Flow(Taint.REQUEST, value)
    if flow.taint is Taint.UNKNOWN and (
        _HTML_NAMES.search(value[-LONGEST_NAME:]) or root in ("block", "forloop", "settings", "self")
    ):
        return None
    shown = "{{ " + "|".join((value, *names))[:60] + " }}"
    return (shown if unsafe else f"{shown} with autoescape off"), flow
