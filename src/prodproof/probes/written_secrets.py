"""Secrets whose text stands in settings modules, or in the deployment files that set variables for them."""

import re
from collections.abc import Iterable

from prodproof.facts import Observation, Proof, Reason, Subject, Survey, Unseen
from prodproof.facts.declared import Declared, Repository
from prodproof.facts.secret_use import WrittenSecret, WrittenSecrets
from prodproof.probes._django_project import Application, DjangoSource
from prodproof.probes._django_static import written_secrets
from prodproof.probes._effective_secrets import tells_of_a_secret
from prodproof.probes.django import apps_of
from prodproof.probes.probe import probe
from prodproof.reach.django.collector import is_secret_name, secret_parts
from prodproof.reach.git.repository import RepositoryReader, shown
from prodproof.reach.world import World

_NO_SECRET = re.compile(
    r"/[\w./-]*|[A-Za-z_]\w*(\.[A-Za-z_]\w*)+|ENC\[.*|https?://[^@]*|true|false|none|null|\d{1,6}", re.IGNORECASE
)
"""What stands in deployment files as the value of a variable and is no secret: paths, names, encrypted values."""


@probe(WrittenSecrets, per=Declared, proof=Proof.INSIDE, time_limit=120)
def observe(about: Declared, world: World) -> Survey[WrittenSecrets]:
    """One observation for each Django application of each repository, from its source."""
    seen: list[Observation[WrittenSecrets]] = []
    gaps: list[Unseen] = []
    for repository in about.repositories or (Repository(path="."),):
        reader = world.repositories.get(repository.path)
        if not isinstance(reader, RepositoryReader):
            gaps.append(reader or Unseen(Reason.NOT_DECLARED, "no repository is declared"))
            continue
        source = DjangoSource(reader, about.environment.kind)
        wanted = tuple(dict.fromkeys(app.settings for app in apps_of(repository, about))) or (None,)
        found = [application for module in wanted for application in source.applications(module)]
        for application in dict.fromkeys(found):
            subject = Subject("app", _name(repository, application, found, about))
            seen.append(world.inside(subject, _written(source, application), reader.commit))
        gaps += [*source.unread, *reader.gaps]
    return Survey(WrittenSecrets, tuple(seen), tuple(dict.fromkeys(gaps)))


def _name(repository: Repository, application: Application, found: list[Application], about: Declared) -> str:
    place = "" if len(set(found)) == 1 else f"/{shown(application.directory)}:{application.module}"
    return f"{repository.subject.name}{place}#{about.environment.name}"


def _written(source: DjangoSource, application: Application) -> WrittenSecrets | Unseen:
    set_there = tuple(_of_deployment(source))
    encrypted = {name for name, (value, _) in source.variables.items() if value.startswith("ENC[")}
    # What stands in a deployment file is said of that file, and not of the settings that read it.
    shapes = written_secrets(source, application, {item.name for item in set_there} | encrypted)
    if shapes is None:
        what = f"{application.module} cannot be followed" if application.module else application.because
        return Unseen(Reason.INCOMPLETE, f"what stands in the settings is not known: {what}")
    of_settings = (
        WrittenSecret(
            name=f"{shape.name} ({shape.component})" if shape.component else shape.name,
            variable=shape.variable,
            looks_default=shape.looks_default,
            location=shape.location,
        )
        for shape in shapes
        if tells_of_a_secret(shape.name, shape.component)
    )
    return WrittenSecrets(module=application.module, written=(*of_settings, *set_there))


def _of_deployment(source: DjangoSource) -> Iterable[WrittenSecret]:
    for name, (value, location) in sorted(source.variables.items()):
        named = is_secret_name(name) and tells_of_a_secret(name, "")
        parts = [
            (component, part)
            for component, part in secret_parts(value)
            if (named or component not in ("", "user")) and part and not _NO_SECRET.fullmatch(part)
        ]
        if parts:
            yield WrittenSecret(name=name, variable=name, deployment=True, location=location)
