"""Who may put a page into a frame, as browsers decide it."""

from urllib.parse import urlsplit

from prodproof.facts.http import Answer
from prodproof.facts.names import same_site
from prodproof.guarantees import _csp


def framing_fault(answer: Answer, embedders: tuple[str, ...], host: str) -> tuple[str, str] | None:
    """What is wrong with a page's framing rules: rule and message, or None.

    `frame-ancestors` of a header makes browsers ignore X-Frame-Options (CSP3, 6.4.2); in a meta element it has no
    effect. With several policies an ancestor must be let in by each.
    """
    lists = _csp.framers(_csp.parse(answer.all("content-security-policy")))
    if lists:
        strangers = [[source for source in sources if not _declared(source, embedders, host)] for sources in lists]
        if not all(strangers):
            return None
        named = min(strangers, key=len)[0]
        return "framing-foreign", f"frame-ancestors lets {named} frame it, which is not declared in embedders"
    values = {item.strip().lower() for value in answer.all("x-frame-options") for item in value.split(",")} - {""}
    if not values:
        return "framing-missing", "nothing says who may frame it (frame-ancestors or X-Frame-Options)"
    # Several values: any known one among them means that nobody may (HTML, 7.4.2.4).
    if values & {"deny", "sameorigin"}:
        return None
    return "framing-invalid", "X-Frame-Options has no value that browsers know"


def _declared(source: str, embedders: tuple[str, ...], host: str) -> bool:
    if source in ("'none'", "'self'"):
        return True
    if source in {item.lower() for item in embedders}:
        return True
    scheme, _, rest = source.rpartition("://")
    name = _host(f"//{rest}")
    if name in {_host(item) or item.lower() for item in embedders}:
        return True
    return scheme in ("", "https", "http") and same_site(name, host)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # what a site sends need not be a URL
        return ""
