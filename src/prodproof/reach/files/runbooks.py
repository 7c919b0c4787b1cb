"""What a linked document holds under a heading: whether there are steps to follow."""

import re
import unicodedata

MAX_LINES = 50_000
MAX_LINE = 2_000
_FENCE = re.compile(r"^\s*(```|~~~)")
_ITEM = re.compile(r"^\s*(([-*+•]|\d{1,3}[.)]|#\.)\s+\S|\.\. code)")
_MARKDOWN_HEADING = re.compile(r"^(#{1,6})\s+(.*)$")
_ASCIIDOC_HEADING = re.compile(r"^(={1,6})\s+(.*)$")
_UNDERLINE = re.compile(r"^([=\-~^\"'`#*+])\1{2,}\s*$")
_PLACEHOLDER = re.compile(r"\b(todo|tbd|tba|fixme|coming soon|to be (written|done|determined))\b", re.IGNORECASE)
_ANCHOR = re.compile(
    r"<a\s+(?:id|name)=[\"']([^\"']+)|\{#([\w-]+)\}|^\[\[([\w-]+)\]\]|^\[#([\w-]+)\]|^\.\. _([\w -]+):"
)
_LINK_ONLY = re.compile(r"^\s*([-*+]|\d+[.)])\s+\[[^\]]*\]\(#[^)]*\)\s*$")


def steps(text: str, anchor: str = "") -> int | None:
    """How many steps (list items, numbered steps, command blocks) stand in a document or below one of its headings.

    Items that only say "to do", and the lines of a table of contents, are none.

    Returns:
        The number, or None when there is no heading (or anchor) of that name.
    """
    lines = [line[:MAX_LINE] for line in text.splitlines()[:MAX_LINES]]
    if anchor:
        span = _span(lines, anchor)
        if span is None:
            return None
        lines = lines[span[0] : span[1]]
    count, fenced = 0, False
    for line in lines:
        if _FENCE.match(line):
            fenced = not fenced
            count += fenced
        elif not fenced and _ITEM.match(line) and not _PLACEHOLDER.search(line) and not _LINK_ONLY.match(line):
            count += 1
    return count


def section(text: str, anchor: str) -> str | None:
    """A document with all lines blank but one of its headings and those below, so that each keeps its number.

    None when there is no heading (or anchor) of that name.
    """
    lines = text.splitlines()
    span = _span([line[:MAX_LINE] for line in lines[:MAX_LINES]], anchor)
    if span is None:
        return None
    start, end = span
    return "\n".join(line if start - 1 <= number < end else "" for number, line in enumerate(lines)) + "\n"


def slug(heading: str) -> str:
    """A heading as forges and site generators write it into links."""
    plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", lambda match: match[1] or "", heading)
    folded = unicodedata.normalize("NFC", plain).strip().lower()
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", folded))


def _span(lines: list[str], anchor: str) -> tuple[int, int] | None:
    """The first line below a heading, and the one after its section."""
    wanted = anchor.lower()
    headings = _headings(lines)
    for position, (number, level, title) in enumerate(headings):
        if wanted in (slug(title), slug(title).strip("-"), slug(title).replace("_", "-")):
            rest = headings[position + 1 :]
            end = next((start for start, deeper, _ in rest if deeper <= level), len(lines))
            return number + 1, end
    for number, line in enumerate(lines):
        for match in _ANCHOR.finditer(line):
            if wanted in (part.lower() for part in match.groups() if part):
                end = next((start for start, _, _ in headings if start > number + 2), len(lines))
                return number + 1, end
    return None


def _headings(lines: list[str]) -> list[tuple[int, int, str]]:
    found: list[tuple[int, int, str]] = []
    marks: list[str] = []
    fenced = False
    for number, line in enumerate(lines):
        fence = line.lstrip().startswith(("```", "~~~"))
        fenced ^= fence
        if fenced or fence:  # the end of a block is no line under a heading
            continue
        match = _MARKDOWN_HEADING.match(line) or _ASCIIDOC_HEADING.match(line)
        if match:
            title = match[2].rstrip()
            title = title.rstrip("#").rstrip() if match[1][0] == "#" else title
            found.append((number, len(match[1]), title))
        elif (
            (under := _UNDERLINE.match(line))
            and number
            and lines[number - 1].strip()
            and not _ITEM.match(lines[number - 1])
        ):
            if under[1] not in marks:
                marks.append(under[1])
            found.append((number - 1, marks.index(under[1]) + 1, lines[number - 1].strip()))
    return found
