"""What no single value of the tables about secrets shows to be wrong."""

import difflib
from collections.abc import Iterator

from prodproof.system.environments import environment_of
from prodproof.system.errors import Problem, inert
from prodproof.system.merged import SystemFile
from prodproof.system.rotation_checks import problems_of_rotation

KEPT_IN = {
    "aws-sm": "aws",
    "aws-ssm": "aws",
    "vault": "vault",
    "vault-db": "vault",
    "k8s": "kubernetes",
    "file": "files",
    "docker": "files",
}
"""The kind of manager that each kind of reference belongs to; the others belong to none."""

_ONLY_OF = {"region": ("aws",), "path": ("files",), "ca": ("aws", "vault"), "url": ("aws", "vault")}
_LOG_NEEDS = {"file": "path", "nginx": "path", "postgres": "path", "sentry": "url", "http": "url"}


def problems_of_secrets(file: SystemFile) -> Iterator[Problem]:
    """Everything that does not fit together."""
    yield from _secrets(file)
    yield from _managers(file)
    entries = {item.url for item in file.tables.entry_point}
    for index, log in enumerate(file.tables.log):
        needed = _LOG_NEEDS.get(log.kind)
        if needed and getattr(log, needed) is None:
            yield file.problem("log", index, None, f"of the kind {log.kind} needs {needed} = …")
        if log.unit and log.kind != "journal":
            yield file.problem("log", index, "unit", "counts only for the kind journal")
        for url in log.of:
            if url not in entries:
                yield file.problem("log", index, "of", f"{inert(url)} is the url of no [[entry_point]]")
    yield from _artifacts(file)


def _secrets(file: SystemFile) -> Iterator[Problem]:
    tables = file.tables
    for index, secret in enumerate(tables.secret):
        kind = KEPT_IN.get(secret.ref.partition(":")[0])
        environment = environment_of(secret, tables)
        here = [item for item in tables.secret_manager if environment_of(item, tables) == environment]
        if secret.manager is not None:
            named = next((item for item in here if item.name == secret.manager), None)
            if named is None:
                near = difflib.get_close_matches(secret.manager, [item.name for item in here], n=1)
                hint = f'did you mean "{inert(near[0])}"?' if near else "declare it as a [[secret_manager]]"
                message = f'there is no secret manager "{inert(secret.manager)}" in that environment; {hint}'
                yield file.problem("secret", index, "manager", message)
            elif kind != named.kind:
                scheme = secret.ref.partition(":")[0]
                message = f'is of the kind {named.kind}, which keeps no references of the form "{scheme}:"'
                yield file.problem("secret", index, "manager", message)
        elif kind in ("aws", "vault", "kubernetes") and sum(item.kind == kind for item in here) > 1:
            yield file.problem("secret", index, "ref", f'could lie in several managers; say manager = "…" ({kind})')
        if secret.rotation is not None:
            for message in problems_of_rotation(secret.rotation, environment, tables):
                yield file.problem("secret", index, "rotation", message)
        if secret.public and secret.may:
            yield file.problem("secret", index, "may", "of a public value says nothing: everybody has it")


def _managers(file: SystemFile) -> Iterator[Problem]:
    for index, manager in enumerate(file.tables.secret_manager):
        for key, kinds in _ONLY_OF.items():
            if getattr(manager, key) is not None and manager.kind not in kinds:
                yield file.problem("secret_manager", index, key, f"counts only for the kind {' or '.join(kinds)}")
        if manager.kind == "vault" and manager.url is None:
            yield file.problem("secret_manager", index, None, 'of the kind vault needs url = "https://…"')
        if manager.kind == "files" and manager.path is None:
            yield file.problem("secret_manager", index, None, 'of the kind files needs path = "…"')
        if manager.trail and manager.trail.startswith(("cloudtrail:", "s3:")) and manager.kind != "aws":
            yield file.problem("secret_manager", index, "trail", "of that form is AWS's; write file:PATH")
        if manager.canary and KEPT_IN.get(manager.canary.partition(":")[0]) != manager.kind:
            yield file.problem(
                "secret_manager", index, "canary", f"must lie in this manager, of the kind {manager.kind}"
            )
        seen: set[str] = set()
        for service in manager.service:
            if service.name in seen:
                message = f'"{inert(service.name)}" is declared twice'
                yield file.problem("secret_manager", index, "service", message)
            seen.add(service.name)


def _artifacts(file: SystemFile) -> Iterator[Problem]:
    paths = {item.path.rstrip("/") for item in file.tables.repository} or {"."}
    for index, artifact in enumerate(file.tables.artifact):
        if artifact.repository.rstrip("/") not in paths:
            message = f'"{inert(artifact.repository)}" is none of the declared repositories'
            yield file.problem("artifact", index, "repository", message)
