"""Production secrets live in a dedicated manager or are injected at run time; each declared secret is really found
there.

Risk: A secret in a settings file is known to everybody who ever cloned the repository.
Verified: The collector runs where the application serves, in a process that gets what the serving one gets: the
fingerprint of each part of each declared secret, in its setting and in its variable, must be that of the manager's
current version (of an injected file or variable, for `file:`, `docker:` and `env:` references); one that an earlier
version has is said to be so. A file of the repository is no injection. Every other setting or variable with a secret's
name, and every password inside a URL, must have the value of some declared secret, current or earlier. In the source of
the environment's settings no secret may stand as text or as a default (environ.get(NAME, 'insecure')), nor in the
deployment files that set its variables. Secrets that are declared without a setting or variable are only looked for in
their manager. Of services that are no Django application nothing is read: without [[django]] it is unknown.
Mend: Move each one to a manager or inject it at run time, remove defaults such as environ.get(NAME, 'insecure'),
and let the start fail when it is missing. What is no secret in spite of its name is declared with `public = true`.
"""

from dataclasses import replace

from prodproof.facts import Location, Reason, Unseen
from prodproof.facts.declared import Declared, Environment, Secret
from prodproof.facts.secret_use import (
    AppSecrets,
    Fit,
    Kept,
    SecretKept,
    SecretPlace,
    SecretUse,
    WrittenSecret,
    WrittenSecrets,
)
from prodproof.facts.traced import Unsearched
from prodproof.verdicts import Example, Finding, Verdict, broken, guarantee, holds, unknown

_STORES = {"vault": "Vault", "aws": "AWS", "kubernetes": "Kubernetes"}


@guarantee("secrets.in-manager", seeds="M-S2 H-5 S-1 K-4 L-1", proof="inside", severity="high")
def judge(secret: SecretKept, declared: Secret) -> Verdict:
    """One declared secret: what is wrong counts even where not all of it could be compared."""
    if findings := _findings(secret):
        return broken(*findings)
    if declared.public:
        return holds("it is meant to be public")
    if secret.unread is not None:
        return unknown(secret.unread.why, secret.unread.detail)
    if (secret.placed or not secret.found) and secret.unasked is not None:
        return unknown(secret.unasked.why, secret.unasked.detail)
    absent = [use.place for use in secret.uses if use.fit is Fit.ABSENT]
    if absent:
        return unknown(Reason.INCOMPLETE, f"the application has nothing in {' and '.join(absent)}: declare where it is")
    where = _STORES.get(secret.store, "the environment" if secret.kept is not Kept.MOUNTED else "a mounted file")
    compared = f", and in {' and '.join(use.place for use in secret.uses)}" if secret.uses else ""
    return holds(f"its current version is in {where}{compared}")


def _findings(secret: SecretKept) -> list[Finding]:
    if secret.committed:
        mend = "replace it, and let the file be written when the application is deployed"
        text = f"it is read from {secret.committed}, which the repository holds"
        return [Finding("committed", text, Location(secret.committed), "committed", mend)]
    if secret.kept is Kept.APPLICATION:
        if secret.injected or secret.unasked is not None:
            return []
        text = "it is neither in a manager nor injected: its reference names the application itself"
        return [Finding("nowhere", text, key="nowhere")]
    if not secret.found:
        if secret.kept is Kept.MANAGER:
            store = _STORES.get(secret.store, secret.store)
            why = f" ({secret.detail})" if secret.detail else ""
            return [Finding("missing", f"{secret.reference} is not in {store}{why}", key="missing")]
        if secret.unasked is not None:
            return []
        return [Finding("missing", f"the application is not given {secret.reference}", key="missing")]
    return [finding for use in secret.uses for finding in _of_use(secret, use)]


def _of_use(secret: SecretKept, use: SecretUse) -> list[Finding]:
    store = _STORES.get(secret.store, "its place")
    if use.fit is Fit.EARLIER:
        since = f" (since {secret.created:%Y-%m-%d})" if secret.created else ""
        text = f"{use.place} still has an earlier version; {store} has version {secret.version}{since}"
        return [Finding("earlier", text, key=f"earlier {use.place}", mend="let the application take up the new one")]
    if use.fit is Fit.OTHER:
        text = f"{use.place} has another value than {secret.reference}"
        return [Finding("other", text, key=f"other {use.place}", mend="take the value from where it is declared to be")]
    return []


@judge.also
def of_application(secrets: AppSecrets) -> Verdict:
    """Everything secret that one running application has."""
    if not secrets.unexplained:
        return holds(f"{secrets.explained} values in effect, each of a declared secret")
    if secrets.unread:
        first = secrets.unread[0]
        text = f"{secrets.unexplained[0].place} could be {first.path}, whose value could not be had: {first.detail}"
        return unknown(first.why, text)
    mend = "put it into the manager and declare it as [[secret]], with public = true if it is none"
    return broken(
        *(
            Finding("undeclared", f"{item.place} has a value that no declared secret has", key=item.place, mend=mend)
            for item in secrets.unexplained
        )
    )


@judge.also
def in_source(source: WrittenSecrets, declared: Declared) -> Verdict:
    """The source of one application's settings."""
    if not source.module:
        return unknown(Reason.INCOMPLETE, "no settings module of this environment could be told")
    public = {name for secret in declared.secrets if secret.public for name in (secret.setting, secret.variable)}
    written = [item for item in source.written if item.name.partition(" ")[0] not in public]
    if written:
        return broken(*(_written(item) for item in written))
    return holds(f"no secret stands in {source.module}")


def _written(item: WrittenSecret) -> Finding:
    weak = ", and looks like a word out of an example" if item.looks_default else ""
    if item.deployment:
        file = item.location.path if item.location else "a deployment file"
        return Finding("deployment", f"{item.name} is set in {file}", item.location, f"deployment {item.name}")
    if item.variable:
        text = f"{item.name} has a default in the settings, for when {item.variable} is not set{weak}"
        return Finding("default", text, item.location, f"default {item.name}", "remove the default")
    text = f"{item.name} stands in the settings as text{weak}"
    return Finding("literal", text, item.location, f"literal {item.name}", "replace it, then read it from outside")


_IN_VAULT = SecretKept(
    reference="vault:secret/shop/secret-key#value",
    kept=Kept.MANAGER,
    store="vault",
    found=True,
    version="3",
    uses=(
        SecretUse(place="the setting SECRET_KEY", fit=Fit.CURRENT),
        SecretUse(place="the variable SHOP_SECRET_KEY", fit=Fit.CURRENT),
    ),
)
_SECRET = Secret(name="secret-key", ref=_IN_VAULT.reference, setting="SECRET_KEY", variable="SHOP_SECRET_KEY")
_INJECTED = replace(_IN_VAULT, reference="env:SHOP_SECRET_KEY", kept=Kept.ENVIRONMENT, store="environment", version="")
_ITSELF = replace(_INJECTED, reference="django:SECRET_KEY", kept=Kept.APPLICATION, store="django", injected=True)
_MOUNTED = replace(_IN_VAULT, reference="docker:secret_key", kept=Kept.MOUNTED, store="docker", version="")
_AWAY = Unseen(Reason.UNREACHABLE, "the [[django]] command did not reach the application")
_APP = AppSecrets(module="shop.settings", explained=6)
_STRANGE = SecretPlace(place="the setting MAP_API_KEY")
_SOURCE = WrittenSecrets(module="shop.settings")
_LITERAL = WrittenSecret(name="SECRET_KEY", location=Location("shop/settings.py", 12))
_SHOP = Declared(system="shop", environment=Environment(name="production"))
_PUBLIC = Secret(name="map", ref="env:MAP_API_KEY", setting="MAP_API_KEY", public=True)


def _with(*fits: Fit) -> SecretKept:
    uses = zip(_IN_VAULT.uses, fits, strict=False)
    return replace(_IN_VAULT, uses=tuple(replace(use, fit=fit) for use, fit in uses))


EXAMPLES = (
    Example("Vault's current version is in effect", _IN_VAULT, holds, declared=_SECRET, says="in Vault, and in the"),
    Example(
        "the setting has another value",
        _with(Fit.OTHER, Fit.CURRENT),
        broken,
        declared=_SECRET,
        says="the setting SECRET_KEY has another value than vault:secret/shop/secret-key#value",
    ),
    Example(
        "rotated in the manager, and not in the application",
        _with(Fit.EARLIER, Fit.EARLIER),
        broken,
        declared=_SECRET,
        says="still has an earlier version; Vault has version 3",
    ),
    Example(
        "the manager has none",
        replace(_IN_VAULT, found=False, detail="there is none", uses=()),
        broken,
        declared=_SECRET,
        says="is not in Vault (there is none)",
    ),
    Example(
        "the setting does not exist",
        _with(Fit.ABSENT, Fit.CURRENT),
        unknown,
        declared=_SECRET,
        says="nothing in the setting SECRET_KEY",
        reason=Reason.INCOMPLETE,
    ),
    Example(
        "the application is away",
        replace(_IN_VAULT, uses=(), unasked=_AWAY),
        unknown,
        declared=_SECRET,
        reason=Reason.UNREACHABLE,
    ),
    Example(
        "the value may not be read",
        replace(_IN_VAULT, uses=(), unread=Unseen(Reason.DENIED, "Vault refuses it")),
        unknown,
        declared=_SECRET,
        says="Vault refuses it",
        reason=Reason.DENIED,
    ),
    Example(
        "in the manager alone",
        replace(_IN_VAULT, uses=(), placed=False, unasked=_AWAY),
        holds,
        declared=_SECRET,
        says="in Vault",
    ),
    Example(
        "a public one",
        replace(_IN_VAULT, uses=(), unasked=_AWAY),
        holds,
        declared=replace(_SECRET, public=True),
        says="public",
    ),
    Example("a variable that the application was given", _INJECTED, holds, declared=_SECRET, says="the environment"),
    Example(
        "a variable that the application has not",
        replace(_INJECTED, found=False, uses=()),
        broken,
        declared=_SECRET,
        says="is not given env:SHOP_SECRET_KEY",
    ),
    Example(
        "a variable of an application that is away",
        replace(_INJECTED, found=False, uses=(), unasked=_AWAY),
        unknown,
        declared=_SECRET,
        reason=Reason.UNREACHABLE,
    ),
    Example(
        "a variable without a place, of an application that is away",
        replace(_INJECTED, found=False, uses=(), placed=False, unasked=_AWAY),
        unknown,
        declared=_SECRET,
        reason=Reason.UNREACHABLE,
    ),
    Example("a mounted file", _MOUNTED, holds, declared=_SECRET, says="a mounted file"),
    Example(
        "a file of the repository",
        replace(_MOUNTED, committed="deploy/secret_key"),
        broken,
        declared=_SECRET,
        says="deploy/secret_key, which the repository holds",
    ),
    Example("known to the application alone, injected", _ITSELF, holds, declared=_SECRET),
    Example(
        "known to the application alone",
        replace(_ITSELF, injected=False),
        broken,
        declared=_SECRET,
        says="neither in a manager nor injected",
    ),
    Example(
        "known to an application that is away",
        replace(_ITSELF, injected=False, uses=(), unasked=_AWAY),
        unknown,
        declared=_SECRET,
        reason=Reason.UNREACHABLE,
    ),
    Example("everything in effect is declared", _APP, holds, says="6 values"),
    Example(
        "a key that nobody declared",
        replace(_APP, unexplained=(_STRANGE,)),
        broken,
        says="the setting MAP_API_KEY has a value that no declared secret has",
    ),
    Example(
        "a key that could be one that was not read",
        replace(
            _APP,
            unexplained=(_STRANGE,),
            unread=(Unsearched(path="map-key", why=Reason.DENIED, detail="Vault refuses it"),),
        ),
        unknown,
        says="could be map-key",
        reason=Reason.DENIED,
    ),
    Example(
        "one that was not read, and nothing strange",
        replace(_APP, unread=(Unsearched(path="map-key", why=Reason.DENIED, detail="Vault refuses it"),)),
        holds,
    ),
    Example("no text in the settings", _SOURCE, holds, declared=_SHOP, says="shop.settings"),
    Example(
        "a literal in the settings",
        replace(_SOURCE, written=(_LITERAL,)),
        broken,
        declared=_SHOP,
        says="SECRET_KEY stands in the settings as text",
    ),
    Example(
        "a literal of a declared secret",
        replace(_SOURCE, written=(_LITERAL,)),
        broken,
        declared=replace(_SHOP, secrets=(_SECRET,)),
        says="SECRET_KEY stands in the settings as text",
    ),
    Example(
        "a default",
        replace(_SOURCE, written=(replace(_LITERAL, variable="SHOP_SECRET_KEY", looks_default=True),)),
        broken,
        declared=_SHOP,
        says="for when SHOP_SECRET_KEY is not set, and looks like a word out of an example",
    ),
    Example(
        "a variable in a deployment file",
        replace(
            _SOURCE,
            written=(
                WrittenSecret(
                    name="SHOP_SECRET_KEY",
                    variable="SHOP_SECRET_KEY",
                    deployment=True,
                    location=Location("deploy/production.env", 3),
                ),
            ),
        ),
        broken,
        declared=_SHOP,
        says="SHOP_SECRET_KEY is set in deploy/production.env",
    ),
    Example(
        "what is public may stand there",
        replace(_SOURCE, written=(replace(_LITERAL, name="MAP_API_KEY"),)),
        holds,
        declared=replace(_SHOP, secrets=(_PUBLIC,)),
    ),
    Example(
        "a part of what is public may stand there",
        replace(_SOURCE, written=(replace(_LITERAL, name="MAP_API_KEY (token)"),)),
        holds,
        declared=replace(_SHOP, secrets=(_PUBLIC,)),
    ),
    Example(
        "a public variable in a deployment file",
        replace(_SOURCE, written=(replace(_LITERAL, name="SHOP_MAP_KEY", deployment=True),)),
        holds,
        declared=replace(_SHOP, secrets=(replace(_PUBLIC, variable="SHOP_MAP_KEY"),)),
    ),
    Example("no settings module", replace(_SOURCE, module=""), unknown, declared=_SHOP, reason=Reason.INCOMPLETE),
)
