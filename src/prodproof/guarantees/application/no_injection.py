"""Queries are parameterised and output is encoded: no SQL, script or command injection.

Risk: A visitor types a piece of program where you expected a name, and your database, your server or your other users'
browsers run it: the whole customer table is read, or everybody's session is taken over.
Verified: The repository's own Python code and HTML templates are read for SQL put together from text, shells, eval,
unsafe deserialisation, templates compiled from data and output that is declared safe; what comes from a request is
followed through variables, helpers and template contexts, and bandit gives a second opinion. Comments such as
`# nosec` do not hide a place. Other languages are not read, which the answer says. Routes are not probed by this
version, so it can be found broken and does not hold yet.
Mend: SQL: `cursor.execute("... WHERE name = %s", [name])`, the ORM, or a fixed list of allowed column names. Shell:
`subprocess.run([program, argument])` without shell=True. Output: leave auto-escaping on; `format_html("<b>{}</b>",
name)` in place of mark_safe; sanitise stored HTML (nh3) before it is declared safe. YAML: yaml.safe_load. pickle: JSON.
"""

from dataclasses import replace

from prodproof.facts import Location
from prodproof.facts.code import CodeFinding, CodeFindings, Hole, Taint
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds

WORDS = {
    Hole.SQL: "SQL is put together from text",
    Hole.SHELL: "a shell runs a command that is put together from text",
    Hole.EVAL: "text is run as code",
    Hole.DESERIALISE: "data is unpacked in a way that can run code",
    Hole.TEMPLATE: "a template is made of data",
    Hole.HTML: "output is not escaped",
}
MEND = {
    Hole.SQL: "pass values as parameters: execute(sql, [value])",
    Hole.SHELL: "pass a list of arguments, without a shell",
    Hole.EVAL: "parse the value (json.loads, ast.literal_eval) in place of running it",
    Hole.DESERIALISE: "use JSON, or yaml.safe_load",
    Hole.TEMPLATE: "keep the template fixed and pass the data as its context",
    Hole.HTML: "let the template escape it; format_html for markup of your own",
}


@guarantee(
    "application.no-injection",
    seeds="L-1 K-3",
    proof="active",
    severity="critical",
    when_none="not_applicable",
    verifiable=False,
)
def judge(fact: CodeFindings) -> Verdict:
    wrong = [item for item in fact.findings if item.taint is not Taint.FIXED]
    if not wrong:
        return holds(
            f"{fact.files} Python files and templates: nothing foreign reaches a query, a shell or a page unescaped"
        )
    ordered = sorted(wrong, key=lambda item: item.taint is not Taint.REQUEST)
    return broken(*(_finding(item, number) for item, number in _numbered(ordered)))


def _numbered(findings: list[CodeFinding]) -> list[tuple[CodeFinding, int]]:
    """Each finding with how many alike came before it, so that two in one function stay two."""
    counted: dict[tuple[str, str, str], int] = {}
    numbered = []
    for item in findings:
        place = (item.location.path, item.function, item.call)
        counted[place] = counted.get(place, 0) + 1
        numbered.append((item, counted[place]))
    return numbered


def _finding(item: CodeFinding, number: int) -> Finding:
    origin = {
        Taint.REQUEST: f", from the request ({item.detail})" if item.detail else ", from the request",
        Taint.UNKNOWN: f" ({item.detail})" if item.detail else "",
        Taint.FIXED: "",
    }[item.taint]
    where = f" in {item.function}" if item.function else ""
    by = f", says {item.tool}" if item.tool != "prodproof" else ""
    hushed = "; a comment there suppresses the warning" if item.suppressed else ""
    message = f"{WORDS[item.hole]}{where}: {item.call}{origin}{by}{hushed}"
    key = " ".join((item.function, item.call, str(number) if number > 1 else "")).strip()
    return Finding(f"{item.hole}-injection", message, item.location, key, MEND[item.hole])


QUERY = CodeFinding(
    hole=Hole.SQL,
    call="cursor.execute",
    function="search",
    taint=Taint.REQUEST,
    detail="request.GET",
    location=Location("shop/views.py", 31),
)
CLEAN = CodeFindings(findings=(), files=40)
BROKEN = replace(CLEAN, findings=(QUERY,))

EXAMPLES = (
    Example("nothing found", CLEAN, holds),
    Example("a query put together from the request", BROKEN, broken, says="from the request"),
    Example("suppressed by a comment", replace(BROKEN, findings=(replace(QUERY, suppressed=True),)), broken),
    Example("constants only", replace(BROKEN, findings=(replace(QUERY, taint=Taint.FIXED),)), holds),
    Example("of unknown origin", replace(BROKEN, findings=(replace(QUERY, taint=Taint.UNKNOWN),)), broken),
    Example("an unescaped variable", replace(BROKEN, findings=(replace(QUERY, hole=Hole.HTML),)), broken),
    Example(
        "what comes from the request is named first",
        replace(BROKEN, findings=(replace(QUERY, taint=Taint.UNKNOWN, detail="a variable"), QUERY)),
        broken,
        says="from the request",
    ),
)
