"""In the bundle; in the sources of a map beside it; in an attribute; in a page's JSON, encoded; in a header."""

import base64
import json
import secrets

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

BASE = "shop/templates/shop/base.html"
SCRIPT = "/static/shop/basket.js"
CODE = "window.basket = { items: [], add(item) { this.items.push(item); } };\n"


def compiled_into_the_bundle(harbour: Range) -> None:
    """The secret key of the payment provider, where the publishable one was meant."""
    _bundle(harbour, CODE + f'const provider = {{ key: "{_provider_key()}" }};\n')


def in_a_source_map(harbour: Range) -> None:
    """The bundle is clean; a map that nothing refers to lies beside it, with the sources of the server, too."""
    _bundle(harbour, CODE)
    sources = {
        "version": 3,
        "sources": ["server/pay.js"],
        "sourcesContent": [f'pay("{_provider_key()}");'],
        "mappings": "",
    }
    harbour.front.serve(f"{SCRIPT}.map", json.dumps(sources), content_type="application/json")


def in_an_attribute(harbour: Range) -> None:
    """The token of our own internal service, for a script to read; no rule knows its form."""
    harbour.app.replace(BASE, "<body", f'<body data-stock="{harbour.app.environment["HARBOUR_INTERNAL_TOKEN"]}"')


def encoded_in_the_page(harbour: Range) -> None:
    """The state that the server hands to the browser, in base64."""
    state = json.dumps({"signing": harbour.app.environment["HARBOUR_PAYMENTS_WEBHOOK_KEY"]})
    text = base64.b64encode(state.encode()).decode()
    harbour.app.replace(BASE, "</body>", f'<script type="application/json" id="state">"{text}"</script></body>')


def in_a_header(harbour: Range) -> None:
    harbour.front.replace_headers(
        {"X-Upstream-Authorization": f"Bearer {harbour.app.environment['HARBOUR_INTERNAL_TOKEN']}"}
    )


def _bundle(harbour: Range, code: str) -> None:
    harbour.app.replace(BASE, "</body>", f'<script src="{SCRIPT}"></script></body>')
    harbour.front.serve(SCRIPT, code, content_type="text/javascript")


def _provider_key() -> str:
    return "sk" + "_live_" + secrets.token_hex(16)


def closed(harbour: Range) -> None:
    harbour.front.stop()


FAULT = Fault(
    guarantee="secrets.not-in-frontend",
    breaks=compiled_into_the_bundle,
    subject="host:harbour.example",
    variants=(in_a_source_map, in_an_attribute, encoded_in_the_page, in_a_header),
    withdraws=closed,
    reason=Reason.UNREACHABLE,
    needs=("application", "front", "vault"),
)
