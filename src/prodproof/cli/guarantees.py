"""`prodproof guarantees`: the whole catalogue."""

import json
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated, Any

import typer

from prodproof.guarantees import Entry, catalogue

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"


@app.command()
def guarantees(
    pattern: Annotated[str, typer.Argument(help="Only ids that match, for example 'exposure.*'.")] = "*",
    format: Annotated[Format, typer.Option(help="How to print it.")] = Format.TEXT,
    not_yet: Annotated[bool, typer.Option("--not-yet", help="Only those that cannot be verified yet.")] = False,
) -> None:
    """The whole catalogue: each claim with its severity and what this version can do about it.

    `verifies`: this version can make it hold. `breaks`: it can find it broken, and lacks a part of what would make it
    hold. `-`: not yet.
    """
    chosen = [item for item in catalogue() if fnmatchcase(item.id, pattern)]
    if not_yet:
        chosen = [item for item in chosen if not item.guarantee.can_break]
    if format is Format.JSON:
        typer.echo(json.dumps([as_data(item) for item in chosen], indent=2, ensure_ascii=False))
        return
    for item in chosen:
        typer.echo(f"{item.id:<42} {item.guarantee.severity.value:<9} {ability(item):<9} {item.must_be_true}")
    verifiable = sum(item.guarantee.verifiable for item in chosen)
    breakable = sum(item.guarantee.can_break for item in chosen)
    typer.echo(f"{len(chosen)} guarantees; {breakable} can be found broken, {verifiable} of these can hold")


def ability(item: Entry) -> str:
    """What this version can do about a claim, in one word."""
    if item.guarantee.verifiable:
        return "verifies"
    return "breaks" if item.guarantee.can_break else "-"


def as_data(item: Entry) -> dict[str, Any]:
    """The stable JSON form of a catalogue entry."""
    guarantee = item.guarantee
    return {
        "id": guarantee.id,
        "area": guarantee.area,
        "seeds": " ".join(guarantee.seeds),
        "proof": "+".join(sorted(guarantee.proof)),
        "must_be_true": item.must_be_true,
        "risk": item.risk,
        "verified_by": item.verified_by,
        "remedy": item.remedy,
        "severity": guarantee.severity.value,
        "good_for_seconds": int(guarantee.good_for.total_seconds()),
        "verifiable": guarantee.verifiable,
        "can_break": guarantee.can_break,
    }
