"""Declared secrets in their stores, compared with what the running applications have."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from prodproof.facts import Observation, Proof, Reason, Subject, Survey, Unseen, lost
from prodproof.facts.declared import Declared, DjangoApp, Secret
from prodproof.facts.django import DjangoSettings
from prodproof.facts.secret_use import AppSecrets, Fit, Kept, SecretKept, SecretPlace, SecretUse
from prodproof.facts.secrets import ComponentPrint, SecretDescription
from prodproof.facts.traced import Unsearched
from prodproof.probes._application import asked_settings
from prodproof.probes._effective_secrets import Effective, at_place, effective, tells_of_a_secret
from prodproof.probes.probe import probe
from prodproof.reach.django.collector import is_secret_name
from prodproof.reach.git.repository import RepositoryReader
from prodproof.reach.secrets.local import file_of
from prodproof.reach.secrets.stores import MANAGED, Stores
from prodproof.reach.world import World

NO_KEY = Unseen(Reason.NOT_CONFIGURED, "there is no fingerprint key of this system, so nothing can be compared")
NO_APPLICATION = Unseen(
    Reason.NOT_CONFIGURED, "no [[django]] command is declared for this environment, so effective secrets are not read"
)
NONE_DECLARED = Unseen(Reason.NOT_DECLARED, "no secret is declared for this environment: [[secret]]")
MAX_UNEXPLAINED = 50

Prints = frozenset[str]
_WORST = (Fit.OTHER, Fit.EARLIER, Fit.ABSENT, Fit.CURRENT)


@probe(SecretKept, AppSecrets, per=Declared, proof=Proof.INSIDE, time_limit=300, needs_trust=True)
def observe(about: Declared, world: World) -> tuple[Survey[SecretKept], Survey[AppSecrets]]:
    """One observation for each declared secret of the environment, and one for each of its applications."""
    if not world.settings.fingerprint_key:
        return lost(SecretKept, NO_KEY.why, NO_KEY.detail), lost(AppSecrets, NO_KEY.why, NO_KEY.detail)
    answers = {app: asked_settings(world, app) for app in about.django}
    with Stores(about) as stores:
        look = _Look(world, stores, answers)
        kept = tuple(world.inside(secret.subject, look.kept(secret)) for secret in about.secrets)
        apps = tuple(look.app(number, app) for number, app in enumerate(about.django))
    return (
        Survey(SecretKept, kept, () if about.secrets else (NONE_DECLARED,)),
        Survey(AppSecrets, apps, () if about.django else (NO_APPLICATION,)),
    )


class _Look:
    """One look at all stores and applications of an environment."""

    def __init__(self, world: World, stores: Stores, answers: Mapping[DjangoApp, DjangoSettings | Unseen]) -> None:
        self.world, self.stores, self.answers = world, stores, answers
        self.key = world.settings.fingerprint_key
        self.declared = world.declared
        self.found = {app: effective(it) for app, it in answers.items() if not isinstance(it, Unseen)}
        self._current: dict[str, Prints | Unseen] = {}
        self._earlier: dict[str, Prints] = {}

    # ---- declared secrets

    def kept(self, secret: Secret) -> SecretKept | Unseen:
        if secret.kind in MANAGED:
            return self._managed(secret)
        return self._local(secret)

    def _managed(self, secret: Secret) -> SecretKept | Unseen:
        about = self.stores.describe(secret)
        if isinstance(about, Unseen):
            return about
        current = self.current(secret) if about.found and not secret.public else frozenset()
        return self._made(secret, Kept.MANAGER, about, current)

    def _local(self, secret: Secret) -> SecretKept | Unseen:
        if secret.kind in ("file", "docker"):
            about = self.stores.describe(secret)
            if isinstance(about, Unseen):
                return about
            if not about.found:
                # It may well be there where the application runs.
                return Unseen(Reason.NOT_CONFIGURED, f"{secret.ref}: {about.detail or 'there is none'} on this machine")
            return self._made(secret, Kept.MOUNTED, about, self.current(secret))
        of_environment = secret.kind == "env"
        kept = Kept.ENVIRONMENT if of_environment else Kept.APPLICATION
        store = "environment" if of_environment else "django"
        current = self.current(secret) if of_environment else frozenset()
        if isinstance(current, Unseen):
            if current.why is not Reason.NOT_CONFIGURED:
                return current
            current = frozenset()
        # What the process was started with is what was injected, whether this machine has it, too, or not.
        name = secret.variable or (secret.ref.partition(":")[2] if of_environment else "")
        injected = [item for items in self.found.values() for item in at_place(items, name, True)]
        known = current or frozenset(item.shape.fingerprint for item in injected)
        if of_environment and not known and self.found and not is_secret_name(name):
            # The application tells nothing of variables whose names do not sound like a secret's.
            return Unseen(
                Reason.NOT_CONFIGURED, f"{secret.ref} is not set here, so what the application has is not known"
            )
        found = SecretDescription(reference=secret.ref, store=store, found=bool(known))
        return self._made(secret, kept, found, known)

    def _made(self, secret: Secret, kept: Kept, about: SecretDescription, current: Prints | Unseen) -> SecretKept:
        uses: list[SecretUse] = []
        unheard: set[SecretUse] = set()
        places = self.places(secret)
        known = frozenset() if isinstance(current, Unseen) else current
        for name, variable in places if about.found and known else ():
            fits = [self._fit(secret, at_place(items, name, variable), known) for items in self.found.values()]
            if fits:
                word = "variable" if variable else "setting"
                # A place that only one of several applications has is no lack of the others.
                present = [fit for fit in fits if fit is not Fit.ABSENT] or fits
                uses.append(SecretUse(place=f"the {word} {name}", fit=min(present, key=_WORST.index)))
                unheard |= {uses[-1]} if not is_secret_name(name.rpartition(".")[2]) else set()
        # Of what does not sound secret the application gives no fingerprint: that it is absent says nothing.
        told = [use for use in uses if use not in unheard or use.fit is not Fit.ABSENT]
        lost_apps = [answer for answer in self.answers.values() if isinstance(answer, Unseen)]
        unasked = lost_apps[0] if lost_apps else NO_APPLICATION if not self.answers else None
        return SecretKept(
            reference=secret.ref,
            kept=kept,
            store=about.store,
            found=about.found,
            detail=about.detail,
            version=about.version,
            created=about.created,
            unread=current if isinstance(current, Unseen) else None,
            uses=tuple(told or uses),
            placed=bool(places),
            injected=self._is_injected(secret),
            unasked=unasked if places or kept in (Kept.ENVIRONMENT, Kept.APPLICATION) else None,
            committed=self._committed(secret),
        )

    def places(self, secret: Secret) -> tuple[tuple[str, bool], ...]:
        """The settings (False) and variables (True) that a secret is to be in, by its declaration or reference."""
        rest = secret.ref.partition(":")[2]
        setting = secret.setting or (rest if secret.kind == "django" else None)
        variable = secret.variable
        if variable is None and secret.kind == "env":
            # The variable may have another name where the application runs.
            variable = rest if any(at_place(items, rest, True) for items in self.found.values()) else None
        return tuple((name, kind) for name, kind in ((setting, False), (variable, True)) if name)

    def _fit(self, secret: Secret, there: Sequence[Effective], current: Prints) -> Fit:
        if not there:
            return Fit.ABSENT
        prints = frozenset(item.shape.fingerprint for item in there)
        if prints <= current:
            return Fit.CURRENT
        return Fit.EARLIER if prints <= current | self.earlier(secret) else Fit.OTHER

    def _is_injected(self, secret: Secret) -> bool:
        """Whether each application that has the setting has a variable of its process with the same value."""
        name = next((name for name, variable in self.places(secret) if not variable), "")
        found = []
        for items in self.found.values():
            setting = {item.shape.fingerprint for item in at_place(items, name, False)}
            if setting:
                found.append(setting <= {item.shape.fingerprint for item in items if item.variable})
        return bool(found) and all(found)

    def _committed(self, secret: Secret) -> str:
        if secret.kind != "file" or not self.declared.root:
            return ""
        place = Path(self.declared.root, file_of(secret.ref)).absolute()
        for reader in self.world.repositories.values():
            if isinstance(reader, RepositoryReader):
                try:
                    inner = place.relative_to(reader.directory.absolute())
                except ValueError:
                    continue
                if reader.exists(inner.as_posix()):
                    return inner.as_posix()
        return ""

    def current(self, secret: Secret) -> Prints | Unseen:
        """The parts of a secret's current version."""
        if secret.name not in self._current:
            self._current[secret.name] = _digests(self.stores.fingerprints(secret, self.key))
        return self._current[secret.name]

    def earlier(self, secret: Secret) -> Prints:
        """The parts of the versions before."""
        if secret.name not in self._earlier:
            found = self.stores.earlier(secret, self.key) if secret.kind in MANAGED else ()
            self._earlier[secret.name] = frozenset(part.fingerprint for part in found)
        return self._earlier[secret.name]

    # ---- applications

    def app(self, number: int, app: DjangoApp) -> Observation[AppSecrets]:
        several = len(self.declared.django) > 1
        suffix = f"/{app.directory if app.directory != '.' else number}" if several else ""
        subject = Subject("app", f"{self._repository(app)}{suffix}#{self.declared.environment.name}")
        answer = self.answers[app]
        return self.world.inside(subject, answer if isinstance(answer, Unseen) else self._secrets(app, answer))

    def _repository(self, app: DjangoApp) -> str:
        names = [item for item in self.declared.repositories if app.repository in (item.path, item.name)]
        return (names or list(self.declared.repositories))[0].subject.name if self.declared.repositories else "."

    def _secrets(self, app: DjangoApp, settings: DjangoSettings) -> AppSecrets:
        secrets = self.declared.secrets
        places = {place for secret in secrets for place in self.places(secret)}
        items = [item for item in self.found[app] if tells_of_a_secret(item.name, item.shape.component)]
        placed = {id(item) for name, variable in places for item in at_place(items, name, variable)}
        known: set[str] = {item.shape.fingerprint for item in items if id(item) in placed}
        unread = []
        for secret in secrets:
            current = self.current(secret) if secret.kind != "django" else frozenset()
            if not isinstance(current, Unseen):
                known |= current
            elif secret.kind != "env" or not self.places(secret):
                unread.append(Unsearched(path=secret.name, why=current.why, detail=current.detail))
        explained = {item.shape.fingerprint for item in items} & known
        strange = [item for item in items if item.shape.fingerprint not in known]
        if strange:
            # A key that was replaced may stand beside the new one until what it signed has run out.
            before = frozenset[str]().union(*(self.earlier(secret) for secret in secrets))
            strange = [item for item in strange if item.shape.fingerprint not in before]
        return AppSecrets(
            module=settings.module,
            explained=len(explained),
            unexplained=tuple(_once(strange))[:MAX_UNEXPLAINED],
            unread=tuple(unread),
        )


def _digests(found: tuple[ComponentPrint, ...] | Unseen) -> Prints | Unseen:
    return found if isinstance(found, Unseen) else frozenset(part.fingerprint for part in found)


def _once(items: Iterable[Effective]) -> Iterable[SecretPlace]:
    """Each value once, by the first place that has it."""
    seen: set[str] = set()
    for item in items:
        if item.shape.fingerprint not in seen:
            seen.add(item.shape.fingerprint)
            yield SecretPlace(place=item.place, looks_default=item.shape.looks_default)
