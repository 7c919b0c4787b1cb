"""The settings of a Django application as its source has them."""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from prodproof.facts.django import (
    Backend,
    Certainty,
    Database,
    DjangoSettings,
    Plain,
    SecretShape,
    Setting,
    Source,
)
from prodproof.probes._constants import Literal, Opaque, Value
from prodproof.probes._django_project import Application, DjangoSource
from prodproof.probes._settings_module import Evaluator
from prodproof.reach.django.collector import NOT_SECRET, is_secret_name, says_plain, secret_parts
from prodproof.reach.files.python_source import parse

SHOWN = (
    "DEBUG", "ALLOWED_HOSTS", "MIDDLEWARE", "MIDDLEWARE_CLASSES", "INSTALLED_APPS", "ROOT_URLCONF", "X_FRAME_OPTIONS",
    "APPEND_SLASH", "USE_X_FORWARDED_HOST", "MEDIA_ROOT", "MEDIA_URL", "STATIC_ROOT", "STATIC_URL", "EMAIL_BACKEND",
    "AUTH_USER_MODEL", "AUTHENTICATION_BACKENDS", "PASSWORD_HASHERS", "INTERNAL_IPS", "WSGI_APPLICATION",
    "DEBUG_PROPAGATE_EXCEPTIONS", "DATA_UPLOAD_MAX_MEMORY_SIZE", "FILE_UPLOAD_PERMISSIONS", "DISALLOWED_USER_AGENTS",
)  # fmt: skip
PREFIXES = ("SECURE_", "SESSION_COOKIE_", "CSRF_", "SESSION_E", "CSP_", "CORS_", "LANGUAGE_COOKIE_")
DEFAULTS: dict[str, Plain] = {
    "DEBUG": False,
    "ALLOWED_HOSTS": (),
    "SECURE_SSL_REDIRECT": False,
    "SECURE_HSTS_SECONDS": 0,
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": False,
    "SECURE_HSTS_PRELOAD": False,
    "SESSION_COOKIE_SECURE": False,
    "SESSION_COOKIE_HTTPONLY": True,
    "CSRF_COOKIE_SECURE": False,
}
"""Django's own values of what claims are about, the same in every version from 1.8 on."""

_DEFAULT_SECRET = re.compile(
    r"^django-insecure-|change.?me|^secret|^password|^test|^dev|insecure|example|^x+$", re.IGNORECASE
)

_NO_VALUE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+|/[\w./-]+|https?://\S*", re.ASCII)
"""What settings with a secret's name hold, too: dotted names, paths, addresses."""

MAX_ITEMS = 500


def static_settings(source: DjangoSource, application: Application, environment: str) -> DjangoSettings:
    """Work the settings of one application out from its source."""
    names, uncertain = _worked_out(source, application)
    shown = (name for name in sorted(set(names) | set(DEFAULTS)) if name in SHOWN or name.startswith(PREFIXES))
    return DjangoSettings(
        source=Source.STATIC,
        module=application.module,
        environment=environment,
        settings=tuple(_setting(name, names.get(name), uncertain) for name in shown),
        secrets=() if uncertain else tuple(_secrets(names)),
        databases=_databases(names.get("DATABASES")),
        storages=_storages(names),
        other_modules=application.others,
        chosen_because=application.because,
    )


def written_secrets(
    source: DjangoSource, application: Application, unset: Collection[str] = ()
) -> tuple[SecretShape, ...] | None:
    """Secrets whose text stands in the source of an application's settings; None where it cannot be followed.

    Args:
        unset: environment variables that are taken as not set, whatever deployment files say.
    """
    names, uncertain = _worked_out(source, application, unset)
    return None if uncertain else tuple(_secrets(names))


def _worked_out(
    source: DjangoSource, application: Application, unset: Collection[str] = ()
) -> tuple[dict[str, Any], bool]:
    """All names of the settings module, and whether they may be others than these."""
    variables = {name: value for name, (value, _) in source.variables.items() if name not in unset}
    evaluator = Evaluator(lambda module: source.source_of(application.directory, module), variables)
    names = evaluator.module(application.module) if application.module else {}
    if application.module and (body := _configuration_class(source, application)):
        names = evaluator.classes(application.module, body)
    return names, evaluator.context.poisoned or not application.module


def _setting(name: str, found: Any, uncertain: bool) -> Setting:
    if found is None:
        certainty = Certainty.UNKNOWN if uncertain else Certainty.KNOWN
        return Setting(name=name, value=None if uncertain else DEFAULTS[name], certainty=certainty, is_default=True)
    if not isinstance(found, Value):
        return Setting(name=name, certainty=Certainty.UNKNOWN)
    certainty = found.certainty
    if uncertain and certainty is not Certainty.UNKNOWN:
        certainty = Certainty.UNKNOWN
    value, kind = _plain(found.value) if found.usable else (None, "")
    if kind == "opaque":
        certainty = Certainty.UNKNOWN
    return Setting(
        name=name,
        value=value,
        type="text" if found.text and isinstance(value, str) else kind,
        certainty=certainty,
        variable=found.variable,
        location=found.location,
    )


def _plain(value: Any) -> tuple[Plain, str]:
    if value is Opaque:
        return None, "opaque"
    if value is None or isinstance(value, bool):
        return value, ""
    if isinstance(value, int):
        return (value, "") if abs(value) < 2**53 else (None, "int")
    if isinstance(value, str):
        return _shown(value), ""
    if isinstance(value, (list, tuple)):
        items = tuple(_shown(item) for item in value[:500] if isinstance(item, str))
        return items, "" if len(items) == len(value) else "opaque"
    return None, type(value).__name__


def _shown(text: str) -> str:
    return re.sub(r"(?<=://)[^/@\s]*@", "", str(text))[:300]


def _secrets(names: Mapping[str, Any]) -> Iterator[SecretShape]:
    """The shapes of secrets whose text stands in the source, be it for want of an environment variable."""
    for name, found in sorted(names.items()):
        if not isinstance(found, Value) or not found.usable or name in NOT_SECRET:
            continue
        # What a deployment file gives to a variable stands there, and not in the settings.
        if not (found.known and found.variable):
            yield from _within(name, found.value, is_secret_name(name), found)


def _within(name: str, value: Any, named: bool, found: Value, depth: int = 0) -> Iterator[SecretShape]:
    if isinstance(value, dict) and depth < 5:
        for key, item in list(value.items())[:MAX_ITEMS]:
            inner = is_secret_name(str(key)) or (named and not says_plain(key))
            yield from _within(f"{name}.{str(key)[:100]}", item, inner, found, depth + 1)
    elif isinstance(value, (list, tuple)) and depth < 5:
        for number, item in enumerate(value[:20]):
            yield from _within(f"{name}.{number}", item, named, found, depth + 1)
    elif isinstance(value, str):
        parts = secret_parts(value) if named or "://" in value else []
        for component, part in parts:
            if component not in ("", "user") or (named and not _NO_VALUE.fullmatch(part)):
                yield _shape(name, component, part, found)


def _shape(name: str, component: str, text: str, found: Value) -> SecretShape:
    bounds = ((7, "under-8"), (15, "8-15"), (31, "16-31"), (49, "32-49"))
    return SecretShape(
        name=name,
        component=component,
        variable=found.variable,
        length=next((word for bound, word in bounds if len(text) <= bound), "50-or-more"),
        few_characters=len(set(text)) < 5,
        looks_default=bool(_DEFAULT_SECRET.search(text)),
        in_source=True,
        location=found.location,
    )


def _databases(found: Any) -> tuple[Database, ...]:
    if not isinstance(found, Value) or not found.usable or not isinstance(found.value, dict):
        return ()
    made = []
    for alias, entry in found.value.items():
        if not isinstance(entry, dict) or not isinstance(entry.get("ENGINE"), str):
            continue
        options = entry.get("OPTIONS")
        ssl = options.get("sslmode") if isinstance(options, dict) else None
        host = entry.get("HOST")
        local = isinstance(host, str) and host in ("localhost", "127.0.0.1", "::1")
        made.append(
            Database(
                alias=str(alias)[:100],
                engine=str(entry["ENGINE"])[:200],
                host="local" if local else "",
                sslmode=ssl if isinstance(ssl, str) else "",
                user="named" if isinstance(entry.get("USER"), Literal) and entry["USER"] else "",
            )
        )
    return tuple(made)


def _storages(names: dict[str, Any]) -> tuple[Backend, ...]:
    found = names.get("DEFAULT_FILE_STORAGE")
    if isinstance(found, Value) and found.known and isinstance(found.value, str):
        return (Backend(alias="default", backend=found.value[:200]),)
    storages = names.get("STORAGES")
    if not isinstance(storages, Value) or not storages.known or not isinstance(storages.value, dict):
        return ()
    return tuple(
        Backend(alias=str(alias)[:100], backend=str(entry["BACKEND"])[:200])
        for alias, entry in storages.value.items()
        if isinstance(entry, dict) and isinstance(entry.get("BACKEND"), str)
    )


def _configuration_class(source: DjangoSource, application: Application) -> tuple[ast.ClassDef, ...]:
    """django-configurations: the class that production takes, with its bases, outermost base first."""
    found = source.source_of(application.directory, application.module)
    if found is None or "configurations" not in found[1]:
        return ()
    try:
        tree = parse(found[1])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    declared = source.variables.get("DJANGO_CONFIGURATION")
    wanted = declared[0] if declared else next((name for name in classes if name.lower() in ("production", "prod")), "")
    line: list[ast.ClassDef] = []
    while wanted in classes and len(line) < 10:
        line.insert(0, classes.pop(wanted))
        wanted = next((base.id for base in line[0].bases if isinstance(base, ast.Name)), "")
    return tuple(line)
