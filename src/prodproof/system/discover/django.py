"""Django: settings modules and what they say of environments, databases, media and hosts."""

import re
from collections.abc import Iterator

from prodproof.facts import Location
from prodproof.facts.repository import RepositoryTree, TreeFile
from prodproof.system.discover.found import Found, Kind, at, files, hosts_in, matches
from prodproof.system.discover.python_code import dependencies

_MODULE = re.compile(
    r"""DJANGO_SETTINGS_MODULE(?:["']\]?[ \t]*[,=][ \t]*["']([A-Za-z_][\w.]{0,200})["']|"""
    r"""[ =]([A-Za-z_][\w.]{0,200})\b)"""
)
_IS_SETTINGS = re.compile(
    r"^(INSTALLED_APPS|MIDDLEWARE(_CLASSES)?|ROOT_URLCONF|DATABASES|ALLOWED_HOSTS)\b|^from \.+\w* import \*|"
    r"^from [\w.]*(settings|base|common|defaults)[\w.]* import \*",
    re.MULTILINE,
)
_SETTINGS_FILES = (
    r"(.*/)?(settings|config|conf)(_[a-z]+)?\.py",
    r"(.*/)?(settings|config)/([^/]+/)?[^/]+\.py",
    r"(.*/)?[a-z]+_settings\.py",
)
_STORES = (
    (re.compile(r"django\.(?:contrib\.gis\.)?db\.backends\.postg\w+"), "database", "postgres"),
    (re.compile(r"django\.(?:contrib\.gis\.)?db\.backends\.mysql"), "database", "mysql"),
    (re.compile(r"django\.(?:contrib\.gis\.)?db\.backends\.(?:sqlite3|spatialite)"), "database", "sqlite"),
    (re.compile(r"django\.(?:contrib\.gis\.)?db\.backends\.oracle"), "database", "oracle"),
    (re.compile(r"dj_database_url\.|\benv\.(?:db|dj_db_url)(?:_url)?\("), "database", "postgres"),
    (re.compile(r"django_redis|RedisCache|redis_cache|[\"']rediss?://"), "cache", "redis"),
    (re.compile(r"storages\.backends\.s3|S3(?:Boto3)?Storage|AWS_STORAGE_BUCKET_NAME"), "uploads", "bucket"),
    (re.compile(r"storages\.backends\.gcloud|GoogleCloudStorage"), "uploads", "bucket"),
    (re.compile(r"storages\.backends\.azure|AzureStorage"), "uploads", "bucket"),
    (re.compile(r"(?i)elasticsearch\d*_backend|search\.backends\.(?:elasticsearch|opensearch)"), "search", "search"),
)
_HOST_SETTINGS = re.compile(
    r"^[ \t]*(ALLOWED_HOSTS|CSRF_TRUSTED_ORIGINS|WAGTAILADMIN_BASE_URL|BASE_URL|SITE_URL|SITE_DOMAIN|"
    r"(?:SESSION|CSRF)_COOKIE_DOMAIN)\b\s*(?:\+?=|\.extend\()",
    re.MULTILINE,
)
_MEDIA = re.compile(r"^[ \t]*MEDIA_ROOT\s*=", re.MULTILINE)
_SECRET = re.compile(
    r"""(?:environ(?:\.get)?|getenv|\benv(?:\.\w+)?|\bconfig)\s*[\[(]\s*["']"""
    r"""([A-Z][A-Z0-9_]{2,60}?(?:KEY|SECRET|PASSWORD|TOKEN|DSN|DATABASE_URL|CREDENTIALS)(?:_ID)?)["']"""
)
_LITERAL = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")
_STATEMENT = 4000
_ROLES = {
    "production": ("production", "prod", "live"),
    "staging": ("staging", "stage", "stg", "uat", "preprod", "preproduction", "qa"),
    "development": ("development", "dev", "develop", "local", "localhost", "debug"),
    "test": ("test", "tests", "testing", "ci"),
    "shared": ("base", "common", "defaults", "default", "components", "shared"),
}


def find(tree: RepositoryTree) -> Iterator[Found]:
    """The framework, its settings modules, and what these name."""
    manage = next(files(tree, r"([^/]+/){0,3}manage\.py"), None)
    listed = dependencies(tree)
    settings = [file for file in files(tree, *_SETTINGS_FILES) if _IS_SETTINGS.search(file.text)]
    if (manage is None or "django" not in manage.text.lower()) and "django" not in listed:
        return
    framework = Location(manage.path) if manage else listed["django"]
    yield Found(Kind.FRAMEWORK, "Django", framework)
    root = manage.path.rpartition("/")[0] if manage else ""
    roles = {file.path: role(file.path) for file in settings}
    for file in settings:
        yield Found(Kind.SETTINGS, dotted(file.path, root), Location(file.path), roles[file.path])
        if roles[file.path] == "staging":
            yield Found(Kind.ENVIRONMENT, "staging", Location(file.path))
    for entry in files(tree, r"(.*/)?(manage|wsgi|asgi)\.py", r"(.*/)?(Dockerfile|Procfile)[^/]*"):
        if match := _MODULE.search(entry.text):
            yield Found(Kind.SETTINGS, match[1] or match[2], at(entry, match.start()), "default")
    for file in settings:
        if roles[file.path] not in ("development", "test"):
            yield from _named_in(file)


def _named_in(file: TreeFile) -> Iterator[Found]:
    for pattern, name, kind in _STORES:
        match = next((item for item in matches(pattern, file.text) if not _commented(file.text, item.start())), None)
        if match:
            yield Found(Kind.DATA_STORE, name, at(file, match.start()), kind)
    if match := _MEDIA.search(file.text):
        yield Found(Kind.MEDIA, "MEDIA_ROOT", at(file, match.start()))
    for match in matches(_HOST_SETTINGS, file.text):
        statement = _statement(file.text, match.end())
        for literal in matches(_LITERAL, statement):
            yield from hosts_in(file, literal[0], match.end() + literal.start(), match[1])
    for match in matches(_SECRET, file.text):
        yield Found(Kind.SECRET, match[1], at(file, match.start(1)))


def role(path: str) -> str:
    """What a settings module is for, by its name: production, staging, development, test, shared or empty."""
    words = re.split(r"[/_.]", path.removesuffix(".py").rpartition("settings")[2] or path.removesuffix(".py"))
    words += re.split(r"[/_.]", path.removesuffix(".py"))[-1:]
    return next((role for word in words for role, names in _ROLES.items() if word in names), "")


def dotted(path: str, root: str) -> str:
    """The dotted name of a module, seen from the directory of manage.py."""
    inside = path.removeprefix(f"{root}/") if root else path
    return inside.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _commented(text: str, position: int) -> bool:
    return "#" in text[text.rfind("\n", 0, position) + 1 : position]


def _statement(text: str, start: int) -> str:
    """The rest of an assignment: to the end of its brackets, or of its line."""
    depth = 0
    for position in range(start, min(len(text), start + _STATEMENT)):
        char = text[position]
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "\n" and depth <= 0:
            return text[start:position]
    return text[start : start + _STATEMENT]
