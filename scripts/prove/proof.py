"""The outcome of the matrix: its JSON, its table, and `docs/proof.md`."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter

from prodproof.guarantees import catalogue
from prodproof.range import Form, all_faults, fault_of
from scripts.prove.rows import Row, State

PAGE = Path("docs/proof.md")
FILE = Path("docs/proof.json")
_ROW = TypeAdapter(Row)

_INTRO = """# Proof: every check has been seen to fail

Generated from a run of the matrix (`make prove`, then `python -m scripts.prove --keep`).

The [range](../README.md#the-range) is a whole production system in miniature. For each guarantee that prodproof can
verify or find broken it is looked at in three states: **healthy**, where the guarantee must hold (or, where this
version's proof cannot suffice, say so); **broken**, by the fault of the catalogue and by others of our own choosing,
where this guarantee must be broken (by the catalogue's own fault for the right subject and cause) and no other one
(after the catalogue's own fault every claim is looked at again that what was changed may matter to; after the further
ones, by `make prove-full`); and with the access **withdrawn** by which it is verified, where it must be unknown for the
right reason, and never hold.

"""


def line(rows: Sequence[Row]) -> str:
    """`detected D/D, false alarms 0/H, withdrawn to unknown W/W`."""
    broken = [row for row in rows if row.state is State.BROKEN]
    healthy = [row for row in rows if row.state is State.HEALTHY]
    withdrawn = [row for row in rows if row.state is State.WITHDRAWN]
    return (
        f"detected {sum(row.verdict == 'broken' for row in broken)}/{len(broken)}, "
        f"false alarms {sum(row.verdict == 'broken' for row in healthy)}/{len(healthy)}, "
        f"withdrawn to unknown {sum(row.verdict == 'unknown' for row in withdrawn)}/{len(withdrawn)}"
    )


def lacking(rows: Iterable[Row]) -> list[str]:
    """What the matrix lacks: a guarantee that is verifiable or can break without each of its rows."""
    seen: dict[str, list[State]] = {}
    for row in rows:
        seen.setdefault(row.guarantee, []).append(row.state)
    known = {fault.guarantee: len(fault.ways) for fault in all_faults()}
    found = []
    for item in catalogue():
        if not (item.guarantee.verifiable or item.guarantee.can_break):
            continue
        states = seen.get(item.id, [])
        if item.id not in known:
            found.append(f"{item.id} has no fault: add src/prodproof/range/faults/…")
        elif State.HEALTHY not in states or State.WITHDRAWN not in states:
            found.append(f"{item.id} was not shown healthy and withdrawn")
        elif states.count(State.BROKEN) < known[item.id]:
            found.append(f"{item.id} was broken in {states.count(State.BROKEN)} of {known[item.id]} ways")
    return found


def save(rows: Sequence[Row], form: Form, file: Path) -> None:
    """Write the rows as JSON."""
    data = {
        "schema": "prodproof/proof/1",
        "form": form,
        "summary": line(rows),
        "rows": [asdict(row) for row in rows],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def with_others(rows: Sequence[Row], before: Sequence[Row]) -> tuple[Row, ...]:
    """These rows, and those of other guarantees as they were."""
    anew = {row.guarantee for row in rows}
    return tuple(sorted((*rows, *(row for row in before if row.guarantee not in anew)), key=lambda row: row.guarantee))


def load(file: Path = FILE) -> tuple[Row, ...]:
    """The rows of a run that was saved."""
    data = json.loads(file.read_text())
    return tuple(_ROW.validate_python(item) for item in data["rows"])


def page(rows: Sequence[Row], form: str) -> str:
    """`docs/proof.md`."""
    parts = [_INTRO, f"**{line(rows)}** on the {form} form.\n"]
    by_area: dict[str, dict[str, list[Row]]] = {}
    for row in rows:
        by_area.setdefault(row.guarantee.partition(".")[0], {}).setdefault(row.guarantee, []).append(row)
    for area in sorted(by_area):
        parts.append(f"\n## {area}\n")
        parts.append("| guarantee | healthy | broken by | withdrawn |\n| --- | --- | --- | --- |")
        for guarantee in sorted(by_area[area]):
            found = by_area[area][guarantee]
            parts.append(
                f"| [{guarantee}](guarantees/{area}.md#{guarantee.replace('.', '')}) "
                f"| {_cell(found, State.HEALTHY)} | {_cell(found, State.BROKEN)} | {_cell(found, State.WITHDRAWN)} |"
            )
    return "\n".join(parts) + "\n"


def _cell(rows: Iterable[Row], state: State) -> str:
    cells = []
    for row in rows:
        if row.state is not state:
            continue
        answer = row.verdict if row.reason is None else f"{row.verdict} ({row.reason})"
        touched = f", with {', '.join(row.touched)}" if row.touched else ""
        mark = "" if row.right else "**wrong**: "
        what = f"{row.variant}{touched}" if state is State.BROKEN and row.right else answer
        if state is State.WITHDRAWN:
            what = f"{row.variant}: {answer}"
        if state is State.HEALTHY and (fault := fault_of(row.guarantee)).alone:
            what = f"{answer}, of {fault.subject} alone"
        cells.append(mark + what.replace("|", "\\|"))
    return "<br>".join(cells)
