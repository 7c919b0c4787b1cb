"""Pull request templates, code owners of sensitive paths, and the acceptance criteria in issue templates."""

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePosixPath

from prodproof.facts import Location, Proof, Reason, Survey, Unseen, lost
from prodproof.facts.declared import Repository
from prodproof.facts.reviews import OwnedPath, ReviewQuestions, Sensitivity, StoryTemplate, StoryTemplates, Topic
from prodproof.probes._sensitive import sensitive
from prodproof.probes.probe import probe
from prodproof.reach.files.codeowners import PLACES, Rule, owners_of, parse
from prodproof.reach.files.placed import PlacedMap, read_documents, walk
from prodproof.reach.git.repository import RepositoryReader, shown
from prodproof.reach.world import World

_CHANGE = re.compile(
    r"(^|^docs/|^\.github/)pull_request_template(\.\w+)?$|(^|^docs/|^\.github/)pull_request_template/[^/]+\.(md|txt)$"
    r"|^\.gitlab/merge_request_templates/[^/]+\.md$",
    re.IGNORECASE,
)
_ISSUE = re.compile(
    r"(^|^docs/|^\.github/)issue_template(\.\w+)?$|(^|^docs/|^\.github/)issue_template/[^/]+\.(md|ya?ml)$|^\.gitlab/issue_templates/[^/]+\.md$",
    re.IGNORECASE,
)
_TOPICS = {
    Topic.INPUT: r"\binputs?\b|validat|saniti[sz]|inject|untrusted|escap(ed|ing)",
    Topic.SECRETS: r"\bsecrets?\b|\bcredentials?\b|\bapi[ -]?keys?\b",
    Topic.ATTACK_SURFACE: (
        r"attack surface|endpoints?\b|\bexpos(e|es|ed|ure)\b|threat model|publicly|newly reachable|new "
        r"(route|port|url)"
    ),
    Topic.PERMISSIONS: r"permission|authori[sz]|access control|privilege|access rights|\broles?\b",
    Topic.LOGGING: r"\blogs?\b|\blogging\b|\blogged\b|log lines?|personal data|\bPII\b",
}
_SECURITY = re.compile(
    r"security|threat|abuse case|attack|authori[sz]ation|access control|permission|injection|untrusted|secrets? ",
    re.IGNORECASE,
)
_CRITERION = re.compile(r"^[ \t]*([-*+]\s*\[[ xX]?\]|#{1,6}\s|\*\*|[-*+]\s|\d+[.)]\s)", re.MULTILINE)
_ASKED_SECTIONS = {
    Sensitivity.AUTHENTICATION,
    Sensitivity.PAYMENTS,
    Sensitivity.SETTINGS,
    Sensitivity.PIPELINE,
    Sensitivity.DECLARED,
}


@probe(ReviewQuestions, per=Repository, proof=Proof.INSIDE)
def observe(about: Repository, world: World) -> Survey[ReviewQuestions]:
    """What the template asks, and who owns the sensitive paths."""
    reader = world.repositories[about.path]
    if isinstance(reader, Unseen):
        return lost(ReviewQuestions, reader.why, reader.detail)
    return Survey(
        ReviewQuestions, (world.inside(about.subject, _questions(reader, world), reader.commit),), reader.gaps
    )


@probe(StoryTemplates, per=Repository, proof=Proof.RECORD, by_commit=True)
def observe_templates(about: Repository, world: World) -> Survey[StoryTemplates]:
    """What the templates for stories and changes ask."""
    reader = world.repositories[about.path]
    if isinstance(reader, Unseen):
        return lost(StoryTemplates, reader.why, reader.detail)
    found: list[StoryTemplate] = []
    seen: StoryTemplates | Unseen | None = None
    for path in reader.files:
        if not (_CHANGE.search(path) or _ISSUE.search(path)) or PurePosixPath(path).stem.lower() == "config":
            continue
        text = _visible(reader, path)
        if isinstance(text, Unseen):
            seen = text
            break
        found.append(StoryTemplate(Location(shown(path)), _kind(path, text), _asks_security(text)))
    answer = seen or StoryTemplates(tuple(found))
    observation = replace(world.inside(about.subject, answer, reader.commit), proof=Proof.RECORD)
    return Survey(StoryTemplates, (observation,), reader.gaps)


def _questions(reader: RepositoryReader, world: World) -> ReviewQuestions | Unseen:
    templates = sorted(
        (path for path in reader.files if _CHANGE.search(path)), key=lambda path: (path.count("/") > 1, path)
    )
    default = next(
        (path for path in templates if "_template/" not in path.lower() and "_templates/" not in path.lower()), None
    )
    default = default or next((path for path in templates if PurePosixPath(path).stem.lower() == "default"), None)
    text = ""
    for path in [default] if default else templates:
        part = _visible(reader, path)
        if isinstance(part, Unseen):
            return part
        text += part
    place = next((path for path in PLACES if reader.exists(path)), None)
    owners = reader.text(place) if place else ""
    if isinstance(owners, Unseen):
        return owners
    return ReviewQuestions(
        template=shown(default or templates[0]) if templates else None,
        topics=tuple(topic for topic, pattern in _TOPICS.items() if re.search(pattern, text, re.IGNORECASE)),
        owners_file=place,
        sensitive=tuple(_owned(reader, world, parse(owners))),
    )


def _owned(reader: RepositoryReader, world: World, rules: tuple[Rule, ...]) -> Iterable[OwnedPath]:
    for (path, kind), files in sorted(sensitive(reader, world.declared).items()):
        if kind not in _ASKED_SECTIONS:
            continue
        without, line = "", None
        for file in files[:2_000]:
            owners, decided = owners_of(rules, file)
            if not owners:
                without, line = file, decided
                break
        yield OwnedPath(shown(path), kind, not without, shown(without), line)


def _visible(reader: RepositoryReader, path: str) -> str | Unseen:
    """What an author reads; of a form, the texts of its fields."""
    text = reader.text(path, 256 * 1024)
    if isinstance(text, Unseen):
        return text
    if "\0" in text:
        return Unseen(Reason.INCOMPLETE, f"{shown(path)} is not text")
    if not path.endswith((".yml", ".yaml")):
        return re.sub(r"<!--.*?(-->|\Z)", "", text, flags=re.DOTALL)
    documents = read_documents(text, rendered=True)
    if isinstance(documents, Unseen):
        return Unseen(documents.why, f"{shown(path)} {documents.detail}")
    lines = []
    for entry in (item for document in documents for item in walk(document)):
        for key in ("label", "description", "value", "title", "placeholder"):
            if isinstance(entry, PlacedMap) and (words := entry.text(key)):
                lines.append(f"- {words}")  # noqa: PERF401
    return "\n".join(lines)


def _kind(path: str, text: str) -> str:
    if _CHANGE.search(path):
        return "change"
    name = PurePosixPath(path).stem.lower()
    if re.search(
        r"expected (result|behaviou?r)|steps to reproduce|reproduction|actual (result|behaviou?r)", text, re.IGNORECASE
    ):
        return "bug"
    if re.search(
        r"^(name|about|labels):.*\b(help|question|support|discussion)\b", text[:1_000], re.IGNORECASE | re.MULTILINE
    ):
        return "bug"
    if re.search(r"bug|defect|crash|regression|incident|question|support|docs?\b|documentation|vulnerability", name):
        return "bug"
    return "story"


def _asks_security(text: str) -> bool:
    # A link to the security policy asks nothing: the word must stand in a heading, a checkbox or an item.
    for line in text.splitlines():
        if (
            _CRITERION.match(line)
            and _SECURITY.search(line)
            and not re.search(r"SECURITY\.md|security polic|vulnerabilit(y|ies) (report|to)", line, re.IGNORECASE)
        ):
            return True
    return False
