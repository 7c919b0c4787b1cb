"""`prodproof explain ID`: one guarantee, like a good man page."""

import textwrap
from typing import Annotated

import typer

from prodproof.cli.guarantees import ability
from prodproof.guarantees import Entry, entry
from prodproof.system.errors import UserError
from prodproof.verdicts import Kind

app = typer.Typer(rich_markup_mode=None, add_completion=False)

WIDTH = 92
ABILITIES = {
    "verifies": "This version can find it broken, and can make it hold.",
    "breaks": "This version can find it broken; to hold, it needs evidence that this version does not gather yet.",
    "-": "This version cannot verify it yet: check it by hand.",
}
WORDS = {
    Kind.HOLDS: "holds",
    Kind.BROKEN: "broken",
    Kind.UNKNOWN: "unknown",
    Kind.NOT_APPLICABLE: "not applicable",
}


@app.command()
def explain(id: Annotated[str, typer.Argument(help="For example exposure.hsts.")]) -> None:
    """A guarantee: the claim, the risk, how it is verified, how to mend it, and examples of each verdict."""
    try:
        found = entry(id)
    except KeyError as error:
        raise UserError(str(error.args[0])) from None
    typer.echo(page(found))


def page(item: Entry) -> str:
    """The whole page as text."""
    guarantee = item.guarantee
    days = guarantee.good_for.total_seconds() / 86400
    parts = [
        f"{item.id}   {guarantee.severity.value}",
        "",
        _block("must be true", item.must_be_true),
        _block("risk", item.risk),
        _block("verified" if guarantee.can_break else "how it will be verified", item.verified_by),
        _block("mend", item.remedy),
        _block(
            "evidence",
            f"It takes {' and '.join(sorted(guarantee.proof))} evidence, which is good for "
            f"{days:g} day{'s' if days != 1 else ''}. {ABILITIES[ability(item)]}",
        ),
        _block("from", "requirement " + ", ".join(guarantee.seeds)),
    ]
    if item.examples:
        lines = [f"  {WORDS[example.kind]:<15} {example.name}" for example in item.examples]
        parts += ["examples", *lines, ""]
    parts += ["see also", f"  prodproof verify --only {item.id}", f"  prodproof doctor {item.id}"]
    return "\n".join(parts)


def _block(title: str, text: str) -> str:
    return f"{title}\n{textwrap.fill(text, WIDTH, initial_indent='  ', subsequent_indent='  ')}\n"
