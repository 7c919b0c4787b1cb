"""Threat model files, and when the sensitive code last changed much."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePosixPath

from prodproof.facts import Location, Proof, Reason, Survey, Unseen, lost
from prodproof.facts.declared import Declared, Repository
from prodproof.facts.reviews import SensitiveModule, Sensitivity, ThreatModel, ThreatModelling
from prodproof.probes._sensitive import sensitive
from prodproof.probes.probe import probe
from prodproof.reach.git.repository import RepositoryReader, shown
from prodproof.reach.world import World

LARGE_CHANGE = 100
"""Lines that one commit adds to or takes from a module."""

MAX_COMMITS = 2_000
_KINDS = (
    Sensitivity.AUTHENTICATION,
    Sensitivity.PAYMENTS,
    Sensitivity.PERSONAL_DATA,
    Sensitivity.ADMINISTRATION,
    Sensitivity.DECLARED,
)
_PLACE = re.compile(r"threat[-_ ]?model", re.IGNORECASE)
_DOCUMENT = {".md", ".rst", ".adoc", ".txt", ".json", ".yaml", ".yml", ".html", ".tm7", ".py"}
_FIELD = r"(?im)^[ \t>*_\-|#\"']*{name}[\"'*_\s]*[:|]\s*[*_\"']*\s*(.+)$"
_DATE = re.compile(_FIELD.format(name=r"(?:last[ -])?(?:date|reviewed|updated|review date)"))
_OWNER = re.compile(_FIELD.format(name=r"(?:owners?|authors?|responsible|maintainers?)"))
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NOBODY = re.compile(r"^\W*+(tbd|todo|tba|none|n/?a|nobody|\?)?\W*$", re.IGNORECASE)
_TOPIC = {
    Sensitivity.AUTHENTICATION: re.compile(
        r"\b(auth\w*|log-?in|sign-?[iu][np]|accounts?|passwords?|sessions?|permissions?|identity)\b", re.IGNORECASE
    ),
    Sensitivity.PAYMENTS: re.compile(r"\b(payments?|billing|checkout|refunds?|invoices?|cards?)\b", re.IGNORECASE),
    Sensitivity.PERSONAL_DATA: re.compile(
        r"\b(personal data|privacy|gdpr|customers?|users?|profiles?|patients?)\b", re.IGNORECASE
    ),
    Sensitivity.ADMINISTRATION: re.compile(r"\b(admin\w*|back-?office|staff)\b", re.IGNORECASE),
}


@probe(ThreatModelling, per=Repository, proof=Proof.RECORD, time_limit=90.0)
def observe(about: Repository, world: World) -> Survey[ThreatModelling]:
    """Sensitive modules with the date of their last large change, and the models with theirs."""
    reader = world.repositories[about.path]
    if isinstance(reader, Unseen):
        return lost(ThreatModelling, reader.why, reader.detail)
    observation = world.inside(about.subject, _modelling(reader, world), reader.commit)
    return Survey(ThreatModelling, (replace(observation, proof=Proof.RECORD),), reader.gaps)


def _modelling(reader: RepositoryReader, world: World) -> ThreatModelling | Unseen:
    modules = []
    for path, kind in sorted(sensitive(reader, world.declared)):
        if kind in _KINDS:
            changed = _last_large_change(reader, path)
            if isinstance(changed, Unseen):
                return changed
            modules.append(SensitiveModule(shown(path), kind, changed))
    models = []
    for path in _model_files(reader, world.declared):
        text = reader.text(path, 1024 * 1024)
        if isinstance(text, Unseen):
            return text
        changed = _committed(reader, path)
        if isinstance(changed, Unseen):
            return changed
        models.append(_model(path, text, changed, modules))
    return ThreatModelling(tuple(modules), tuple(models), _why_no_history(reader))


def _why_no_history(reader: RepositoryReader) -> str:
    if reader.git is None:
        return "this is no git repository, so nothing says when code changed"
    return "the clone is shallow: its history does not say when code changed" if reader.shallow else ""


def _model_files(reader: RepositoryReader, declared: Declared) -> Iterable[str]:
    stated = set(reader.glob(*declared.threat_models)) if declared.threat_models else set()
    for path in reader.files:
        pure = PurePosixPath(path)
        if path in stated or (
            _PLACE.search(path)
            and pure.suffix.lower() in _DOCUMENT
            and not re.search(r"template|readme|index", pure.stem, re.IGNORECASE)
        ):
            yield path


def _model(path: str, text: str, changed: datetime | None, modules: list[SensitiveModule]) -> ThreatModel:
    date = next((day[0] for match in _DATE.finditer(text[:20_000]) if (day := _DAY.search(match[1]))), None)
    owner = next(
        (match[1].strip(" *_\"',|")[:80] for match in _OWNER.finditer(text[:20_000]) if not _NOBODY.match(match[1])),
        None,
    )
    about = "\n".join([re.sub(r"[-_/.]", " ", path), *_about(text)])
    covers = [
        module.path
        for module in modules
        if module.path.rstrip("/") in text or ((topic := _TOPIC.get(module.kind)) and topic.search(about))
    ]
    return ThreatModel(Location(shown(path)), date, owner, changed, tuple(covers))


def _about(text: str) -> list[str]:
    """The lines that say what a model is about: title, scope, what it covers."""
    lines = text.splitlines()[:400]
    title = next((line for line in lines if line.strip(" -=\t") and ":" not in line), "")
    return [
        title,
        *(line for line in lines if re.match(r"\W*(covers|scope|component|feature|system)\W*:", line, re.IGNORECASE)),
    ]


def _last_large_change(reader: RepositoryReader, path: str) -> datetime | Unseen | None:
    if reader.git is None:
        return None
    answer = reader.git(
        "log",
        f"--max-count={MAX_COMMITS}",
        "--no-renames",
        "--no-ext-diff",
        "--no-textconv",
        "--numstat",
        "--format=%x01%ct",
        "HEAD",
        "--",
        f":(literal){path}",
        timeout=30,
    )
    if isinstance(answer, Unseen):
        return answer
    if answer.code != 0:
        return Unseen(Reason.INCOMPLETE, f"git log: {answer.error_line()}")
    commits = answer.stdout.decode("utf-8", "replace").split("\x01")[1:]
    # A model may well be older than the first commit of what it is about: it was thought of before it was built.
    for commit in commits if len(commits) == MAX_COMMITS else commits[:-1]:
        when, *stats = commit.split("\n")
        lines = sum(int(number) for stat in stats for number in stat.split("\t")[:2] if number.isdigit())
        if lines >= LARGE_CHANGE:
            return _moment(when)
    return None


def _committed(reader: RepositoryReader, path: str) -> datetime | Unseen | None:
    if reader.git is None:
        return None
    answer = reader.git("log", "--max-count=1", "--format=%ct", "HEAD", "--", f":(literal){path}", timeout=30)
    if isinstance(answer, Unseen):
        return answer
    if answer.code != 0:
        return Unseen(Reason.INCOMPLETE, f"git log: {answer.error_line()}")
    return _moment(answer.stdout.decode().strip())


def _moment(seconds: str) -> datetime | None:
    return datetime.fromtimestamp(int(seconds), UTC) if seconds.isdigit() and len(seconds) < 12 else None
