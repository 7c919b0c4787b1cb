"""What no single value shows to be wrong: unknown names, doubles, dates in the wrong order."""

import difflib
from collections.abc import Callable, Collection, Iterator
from datetime import date, timedelta
from typing import Any

from prodproof.facts.declared import EntryPoint
from prodproof.facts.posture import SCANNED, cloud_of
from prodproof.system.environments import DEFAULT, environment_names, environment_of
from prodproof.system.errors import MAX_SHOWN, Problem, SystemFileError, inert
from prodproof.system.merged import SystemFile
from prodproof.system.recovery_checks import problems_of_recovery
from prodproof.system.schema import ARRAYS
from prodproof.system.secret_checks import problems_of_secrets

LONGEST_WAIVER = timedelta(days=2 * 366)

_WITH_ENVIRONMENT = ("entry_point", "host", "zone", "data_store", "secret", "secret_manager", "log", "backup", "django",
                     "erasure", "maintenance")  # fmt: skip


def _per_environment(key: str) -> Callable[[Any], tuple[Any, ...]]:
    return lambda item: (getattr(item, key).lower().rstrip("./"), item.environment)


_IDENTITY: dict[str, Callable[[Any], Any]] = {
    "environment": lambda item: item.name,
    "repository": lambda item: item.path.rstrip("/"),
    "entry_point": lambda item: (EntryPoint(url=item.url).authority, item.url.rstrip("/"), item.environment),
    "host": _per_environment("name"),
    "zone": _per_environment("name"),
    "data_store": lambda item: (item.name, item.environment),
    "person": lambda item: item.id,
    "service": lambda item: item.name,
    "vendor": lambda item: item.name,
    "retention": lambda item: (item.what, item.store),
    "secret": lambda item: (item.name, item.environment),
    "secret_manager": lambda item: (item.name, item.environment),
    "log": lambda item: (item.name, item.environment),
    "backup": lambda item: (item.name, item.environment),
    "erasure": lambda item: (item.name, item.store, item.environment),
    "artifact": lambda item: item.path,
    "secret_rule": lambda item: item.id,
    "secret_allowed": lambda item: item.finding,
    "runbook": lambda item: item.name,
    "maintenance": lambda item: (item.name, item.environment),
    "django": lambda item: (item.repository, item.directory, item.environment, item.settings),
    "registry": lambda item: item.url,
    "suppression": lambda item: item.advisory,
    "owner": lambda item: item.of,
    "not_applicable": lambda item: item.guarantee,
    "waiver": lambda item: (item.guarantee, item.environment, item.subject, item.finding, item.covers),
}
_NAMED_BY = {"entry_point": "url", "person": "id", "repository": "path", "registry": "url", "suppression": "advisory",
             "owner": "of", "waiver": "guarantee", "not_applicable": "guarantee", "retention": "what",
             "django": "environment", "artifact": "path", "secret_rule": "id", "secret_allowed": "finding"}  # fmt: skip


def check(file: SystemFile, guarantees: Collection[str] | None = None, today: date | None = None) -> None:
    """Check the sense of a system file; raises SystemFileError with everything that is wrong.

    Args:
        file: what was read.
        guarantees: ids of the catalogue; unknown ids are looked for only if given.
        today: the day of the run; how far away a waiver ends is looked at only if given.
    """
    problems = list(_all(file, guarantees, today))
    if problems:
        ordered = sorted(set(problems))
        raise SystemFileError(tuple(ordered[:MAX_SHOWN]), len(ordered[MAX_SHOWN:]))


def _all(file: SystemFile, guarantees: Collection[str] | None, today: date | None) -> Iterator[Problem]:
    yield from _doubles(file)
    yield from _environments(file)
    yield from _owners(file)
    yield from _dates(file, today)
    yield from _references_between(file)
    yield from problems_of_secrets(file)
    yield from problems_of_recovery(file)
    if guarantees is not None:
        yield from _guarantees(file, guarantees)


def _doubles(file: SystemFile) -> Iterator[Problem]:
    for table in ARRAYS:
        first: dict[Any, int] = {}
        for index, item in enumerate(getattr(file.tables, table)):
            identity = _IDENTITY[table](item)
            earlier = first.setdefault(identity, index)
            if earlier != index:
                where, line = file.place(table, earlier)
                key = _NAMED_BY.get(table, "name")
                yield file.problem(table, index, key, f"is declared twice, first at {where}:{line}")


def _environments(file: SystemFile) -> Iterator[Problem]:
    names = environment_names(file.tables)
    for table in (*_WITH_ENVIRONMENT, "waiver"):
        for index, item in enumerate(getattr(file.tables, table)):
            if item.environment is None:
                if table != "waiver" and environment_of(item, file.tables) is None:
                    known = " or ".join(f'"{inert(name, 30)}"' for name in names[:8])
                    yield file.problem(
                        table, index, None, f'has no environment, and none is called "{DEFAULT}"; write {known}'
                    )
            elif item.environment not in names:
                near = difflib.get_close_matches(item.environment, names, n=1)
                hint = f'did you mean "{inert(near[0])}"?' if near else "declare it as an [[environment]]"
                message = f'there is no environment "{inert(item.environment)}"; {hint}'
                yield file.problem(table, index, "environment", message)


def _owners(file: SystemFile) -> Iterator[Problem]:
    people = file.tables.person
    if not people:
        return
    known = {name for person in people for name in (person.id, person.name, person.email, *person.roles) if name}
    ids = [person.id for person in people]
    for table in ARRAYS:
        key = "person" if table == "owner" else "owner"
        for index, item in enumerate(getattr(file.tables, table)):
            name = getattr(item, key, None)
            if isinstance(name, str) and name and name not in known:
                yield file.problem(table, index, key, _nobody(name, ids))
    if file.tables.gate.owner and file.tables.gate.owner not in known:
        yield file.problem("gate", None, "owner", _nobody(file.tables.gate.owner, ids))


def _nobody(name: str, ids: list[str]) -> str:
    near = difflib.get_close_matches(name, ids, n=1)
    hint = f'did you mean "{inert(near[0])}"?' if near else "add a [[person]], or use a role that somebody has"
    return f'"{inert(name)}" is neither a person nor a role of one; {hint}'


def _dates(file: SystemFile, today: date | None) -> Iterator[Problem]:
    for index, person in enumerate(file.tables.person):
        if person.joined and person.left and person.left < person.joined:
            yield file.problem("person", index, "left", f"is before the first day, {person.joined}")
    if today is None:
        return
    for table in ("waiver", "suppression", "secret_allowed"):
        for index, item in enumerate(getattr(file.tables, table)):
            if item.until - today > LONGEST_WAIVER:
                yield file.problem(
                    table, index, "until", "is more than two years away; accept it for a time, not for ever"
                )


def _references_between(file: SystemFile) -> Iterator[Problem]:
    tables = file.tables
    stores = {store.name for store in tables.data_store}
    for index, kept in enumerate(tables.retention):
        if kept.store and kept.store not in stores:
            near = difflib.get_close_matches(kept.store, list(stores), n=1)
            hint = f'did you mean "{inert(near[0])}"?' if near else "declare it as a [[data_store]]"
            yield file.problem("retention", index, "store", f'there is no data store "{inert(kept.store)}"; {hint}')
    paths = {item.path.rstrip("/") for item in tables.repository} or {"."}
    for index, app in enumerate(tables.django):
        if app.repository.rstrip("/") not in paths:
            message = f'"{inert(app.repository)}" is none of the declared repositories'
            yield file.problem("django", index, "repository", message)
    for index, host in enumerate(tables.host):
        seen: set[int] = set()
        for port in host.ports:
            if port.number in seen:
                yield file.problem("host", index, "ports", f"{port.number} is declared twice")
            seen.add(port.number)
        if host.control_closed is not None and host.control_closed in seen | {host.control_open}:
            yield file.problem("host", index, "control_closed", f"{host.control_closed} is declared open")
    for index, entry in enumerate(tables.entry_point):
        if entry.login and entry.url.lower().startswith("http:"):
            yield file.problem("entry_point", index, "login", "would be sent unencrypted; write the URL with https")
    for index, service in enumerate(tables.service):
        if service.posture and cloud_of(service.kind) not in SCANNED:
            yield file.problem("service", index, "posture", f"is read for {', '.join(sorted(SCANNED))} accounts only")
        elif service.posture and not service.account:
            message = "needs account = the id that is scanned, so that another account's results are not taken for it"
            yield file.problem("service", index, "posture", message)
    if tables.gate.scope == "listed" and not tables.gate.include:
        yield file.problem("gate", None, "scope", 'a listed scope needs include = ["…"], areas and guarantee ids')
    if tables.gate.scope != "listed" and tables.gate.include:
        yield file.problem("gate", None, "include", 'counts only with scope = "listed"')


def _guarantees(file: SystemFile, ids: Collection[str]) -> Iterator[Problem]:
    areas = {id.partition(".")[0] for id in ids}
    for table in ("waiver", "not_applicable"):
        for index, item in enumerate(getattr(file.tables, table)):
            if item.guarantee not in ids:
                yield file.problem(table, index, "guarantee", _no_guarantee(item.guarantee, ids))
    for index, owner in enumerate(file.tables.owner):
        if owner.of != "*" and owner.of not in ids and owner.of not in areas:
            yield file.problem("owner", index, "of", _no_guarantee(owner.of, {*ids, *areas}))
    for name in file.tables.gate.include:
        if name not in ids and name not in areas:
            yield file.problem("gate", None, "include", _no_guarantee(name, {*ids, *areas}))


def _no_guarantee(name: str, ids: Collection[str]) -> str:
    near = difflib.get_close_matches(name, sorted(ids), n=1) if len(name) <= 60 else []
    hint = f'did you mean "{near[0]}"?' if near else "prodproof guarantees lists them"
    return f'there is no guarantee "{inert(name)}"; {hint}'
