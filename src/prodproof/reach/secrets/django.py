"""Secrets as a running Django application has them: known by fingerprint alone."""

from prodproof.facts import Reason, Unseen
from prodproof.facts.django import DjangoSettings, SecretShape, Source
from prodproof.facts.secrets import (
    ComponentPrint,
    ListedSecret,
    ManagerPosture,
    SecretDescription,
    SecretListing,
)
from prodproof.reach.secret import Secret
from prodproof.reach.secrets.store import SecretStore, rest


class DjangoStore(SecretStore):
    """`django:SETTING`, from the collector's answer."""

    kind = "django"

    def __init__(self, settings: DjangoSettings | Unseen) -> None:
        """
        Args:
            settings: as the collector answered, with fingerprints under the system's key; or why there is no answer.
        """
        self._settings = settings

    def read(self, reference: str) -> Secret | Unseen:
        found = self._shapes(reference)
        if isinstance(found, Unseen):
            return found
        return Unseen(Reason.NOT_PERMITTED, f"{reference}: an application gives fingerprints of its secrets only")

    def describe(self, reference: str) -> SecretDescription | Unseen:
        found = self._shapes(reference)
        if isinstance(found, Unseen):
            if found.why is not Reason.NOT_CONFIGURED:
                return found
            return SecretDescription(reference=reference, store=self.kind, found=False, detail=found.detail)
        return SecretDescription(reference=reference, store=self.kind, found=True)

    def names(self) -> SecretListing:
        if isinstance(self._settings, Unseen):
            return SecretListing(secrets=(), gaps=(self._settings,))
        names = sorted({shape.name for shape in self._settings.secrets})
        return SecretListing(secrets=tuple(ListedSecret(name=name, path=name) for name in names))

    def posture(self) -> ManagerPosture | Unseen:
        return Unseen(Reason.NOT_CONFIGURED, "an application is no secret manager")

    def fingerprints(self, reference: str, key: bytes) -> tuple[ComponentPrint, ...] | Unseen:
        """The fingerprints as the application gave them; `key` must be the one that it was asked with."""
        found = self._shapes(reference)
        if isinstance(found, Unseen):
            return found
        if not all(shape.fingerprint for shape in found):
            return Unseen(Reason.NOT_CONFIGURED, f"{reference}: the application was asked without a fingerprint key")
        return tuple(ComponentPrint(component=shape.component, fingerprint=shape.fingerprint) for shape in found)

    def _shapes(self, reference: str) -> tuple[SecretShape, ...] | Unseen:
        if isinstance(self._settings, Unseen):
            return self._settings
        if self._settings.source is not Source.EFFECTIVE:
            return Unseen(Reason.INSUFFICIENT_PROOF, f"{reference}: the application itself was not asked")
        name = rest(reference)
        found = tuple(shape for shape in self._settings.secrets if shape.name == name or _item_of(shape.name, name))
        if not found:
            return Unseen(Reason.NOT_CONFIGURED, f"{reference}: the application has no such secret")
        if all(shape.length == "empty" for shape in found):
            return Unseen(Reason.NOT_CONFIGURED, f"{reference} is empty")
        return tuple(shape for shape in found if shape.length != "empty")


def _item_of(name: str, of: str) -> bool:
    """Whether a name is that of an item of a list: `SECRET_KEY_FALLBACKS.0`."""
    return name.startswith(f"{of}.") and name[len(of) + 1 :].isdecimal()
