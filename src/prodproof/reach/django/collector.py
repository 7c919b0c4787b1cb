"""Runs inside the Django application that is asked, in its own interpreter: prints what it is made of, as JSON.

This file is sent over standard input to `manage.py shell`. It imports nothing but the standard library and Django,
keeps to the syntax of Python 3.6 and the names of Django 1.8 onwards, changes nothing, opens no connection, and
writes no secret: of those it gives only shape and an HMAC under the key that is sent along. It is one file, though a
long one, so that whoever owns the application can read all of what will run there.
"""

import dis
import functools
import hashlib
import hmac
import inspect
import json
import os
import re
import sys
import time
import types
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Set, Tuple
from urllib.parse import unquote, unquote_plus

Plain = Any
Data = Dict[str, Any]

MAX_ROUTES = 20000
MAX_ITEMS = 500
MAX_TEXT = 300
MAX_DEPTH = 30
MAX_INT = 2**53
SAMPLING = 25.0
"""Seconds after which no further sample paths are looked for; the resolver is slow with very many routes."""

SECRET_NAME = re.compile(
    r"SECRET|PASSWORD|PASSWD|PASSPHRASE|TOKEN|API_?KEY|ACCESS_KEY|PRIVATE|CREDENTIAL|DSN|SALT|SIGNATURE|WEBHOOK"
    r"|_KEYS?$|_PASS$|^KEYS?$|_PWD$|CONNECTION_STRING|LICEN[CS]E"
)
NOT_SECRET = {
    "PASSWORD_HASHERS", "AUTH_PASSWORD_VALIDATORS", "PASSWORD_RESET_TIMEOUT", "PASSWORD_RESET_TIMEOUT_DAYS",
    "CSRF_COOKIE_NAME", "CSRF_HEADER_NAME", "ACCOUNT_PASSWORD_MIN_LENGTH",
}  # fmt: skip
NOT_A_VALUE = re.compile(r"_(FILE|PATH|DIR|SOCK|HEADER|MODEL|CLASS|BACKEND|TIMEOUT|LENGTH|AGE)$")
"""Ends of names that say of a secret's name that this is about it, not it."""

NOT_SECRET_PART = re.compile(
    r"^(.*[_.-])?(user(name)?|login|host(name)?|server|port|db(name)?|database|engine|driver|scheme|region|type|name"
    r"|e?mail|id|project|account|universe_domain|.*_ur[il]|url|.*cert(ificate)?s?)$|public|identifier",
    re.I,
)
SECRET_PART = re.compile(r"pass(word|wd|phrase)?$|^pwd$|secret|token|key$|^sig(nature)?$", re.I)
PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----.*?-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----", re.S)
KEYWORD_PASSWORD = re.compile(
    r"(?:^|[\s;])(?:password|passwd|pwd)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|\"([^\"]*)\"|([^\s;]+))", re.I
)
MAX_SECRET = 65536
MAX_PARTS = 200
WITHHELD = {"ADMINS", "MANAGERS", "EMAIL_HOST_USER", "LANGUAGES", "DATABASES", "CACHES", "LOGGING", "STORAGES",
            "TEMPLATES", "LOGGING_CONFIG"}  # fmt: skip
SHOWN_PREFIXES = ("CSP_", "CORS_", "CSRF_", "SESSION_", "SECURE_", "X_FRAME_", "AXES_", "RATELIMIT_", "DEBUG_TOOLBAR",
                  "PERMISSIONS_POLICY", "SILKY_", "WAGTAIL", "ACCOUNT_", "WHITENOISE_")  # fmt: skip
SHOWN = {"REST_FRAMEWORK", "CONTENT_SECURITY_POLICY", "CONTENT_SECURITY_POLICY_REPORT_ONLY", "SECURE_CSP",
         "AUTH_PASSWORD_VALIDATORS", "MIDDLEWARE_CLASSES", "TEMPLATE_DEBUG", "ENVIRONMENT"}  # fmt: skip
DEFAULT_WORDS = re.compile(
    r"^django-insecure-|change.?me|^secret|^password|^admin$|^test|^dev|insecure|example|^x+$|^default|^123|^none$",
    re.I,
)

OF_REQUEST = {"user", "session", "COOKIES", "POST", "GET", "body", "FILES", "data", "headers", "META", "method", "auth"}
"""Attributes that tell something when they are the request's."""

TELLING = {
    "cleaned_data", "is_valid", "get_user", "cache", "save", "delete", "create", "update", "get_or_create",
    "update_or_create", "bulk_create", "execute", "remove", "set_password", "login", "logout", "authenticate",
    "is_authenticated", "is_staff", "is_superuser", "has_perm", "compare_digest", "construct_event", "hmac",
    "check_token", "verify", "unsign", "validate", "get_token",
}  # fmt: skip
TELLING_TEXT = re.compile(r"AUTHORIZATION|SIGNATURE|BEARER|API.?KEY|X-HUB", re.I)
DECORATOR_NAMES = ("decorators", "decorator", "decorate", "dec")
"""What `method_decorator` calls the decorators that it applies only when the method is called."""

INNER_NAMES = ("view_func", "func", "f", "fn", "function", "view", "method", "wrapped", "inner", "handler", "callback")

PERSONAL = (
    ("credential", r"password|passwd|secret|token|otp|pin_code|recovery_code"),
    ("health", r"diagnos|disease|medical|health|blood|allerg|disabilit|medication|patient"),
    ("belief", r"religio|ethnic|race$|political|sexual|gender|orientation"),
    ("birth", r"birth|dob$|^age$|date_of_birth"),
    ("finance", r"iban|account_number|card_number|credit_card|cvv|bic$|salary|income|tax_id|vat_id|bank"),
    ("contact", r"e_?mail|phone|mobile|fax|telephone|whatsapp|telegram|skype"),
    ("location", r"address|street|city$|zip|postal|postcode|latitude|longitude|geo|country$"),
    ("network", r"(^|_)ip(_address)?$|user_agent|mac_address|device_id|fingerprint|last_login"),
    ("identity", r"(first|last|middle|full|family|given|sur|nick|user|maiden|real|display|customer|contact)_?name$"
                 r"|patient_?name|^ssn$|passport|national_id|social_security|identity_card|personal_code|username|license_number"),
)  # fmt: skip
PERSONAL_TYPES = {"EmailField": "contact", "PhoneNumberField": "contact", "GenericIPAddressField": "network",
                  "IPAddressField": "network", "PointField": "location"}  # fmt: skip


def short(text: Any) -> str:
    """A text without control characters, cut to size."""
    return re.sub(r"[\x00-\x1f\x7f]", " ", str(text))[:MAX_TEXT]


def dotted(thing: Any) -> str:
    """`module.Qualified.name` of a function, class or instance."""
    named = thing if hasattr(thing, "__qualname__") else type(thing)
    name = re.sub(r"\.<locals>", "", getattr(named, "__qualname__", type(thing).__name__))
    return short("%s.%s" % (getattr(named, "__module__", None) or "", name)).strip(".")


def without_credentials(text: str) -> str:
    """A URL or text without user, password and query."""
    text = re.sub(r"(?<=://)[^/@\s]*@", "", text)
    return short(re.sub(r"\?\S*", "?...", text) if "://" in text else text)


def cause(error: BaseException) -> str:
    """What went wrong, as far as it is sure to hold no secret: the text of an error may quote anything."""
    missing = getattr(error, "name", None) if isinstance(error, (ImportError, AttributeError, NameError)) else None
    return type(error).__name__ + (" (%s)" % short(missing) if missing else "")


def secret_parts(text: str, depth: int = 0) -> List[Tuple[str, str]]:
    """The parts of a value that are secret by themselves, each with its name; the whole value has the empty name.

    Of a URL or connection string the password, of a JSON document its texts, of a list its items, of a PEM file its
    private keys. Users, hosts and certificates are none. The asking side cuts its values with this function, too.
    """
    text = text.strip()
    if not text or len(text) > MAX_SECRET or depth > 5:
        return [("", text)] if text else []
    if "-----BEGIN " in text:
        keys = PRIVATE_KEY.findall(text.replace("\\n", "\n").replace("\r", ""))
        plain = ["\n".join(line.strip() for line in key.split("\n")) for key in keys]
        return [(str(number) if len(plain) > 1 else "", key) for number, key in enumerate(plain[:MAX_PARTS])]
    if text[0] in "{[":
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            return [("", text)]
        return list(document_parts("", document, depth))[:MAX_PARTS]
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://\S+\Z", text):
        return url_parts(text)
    if re.search(r"(^|[\s;])(host|server|dbname|data source|user( id)?|uid)\s*=", text, re.I):
        found = [next(filter(None, groups), "") for groups in KEYWORD_PASSWORD.findall(text)]
        return [("password", re.sub(r"\\(.)", r"\1", item)) for item in found[:1] if item]
    items = [item.strip() for item in text.split(",")]
    if len(items) > 1 and all(len(item) > 15 and re.match(r"[\w+/=.-]+\Z", item) for item in items):
        return [(str(number), item) for number, item in enumerate(items[:MAX_PARTS])]
    return [("", text)]


def url_parts(text: str) -> List[Tuple[str, str]]:
    """The password of a URL and those parts of its query that are secret; else a web address as a whole."""
    scheme, _, rest = text.partition("://")
    authority = re.split(r"[/?#]", rest, 1)[0]
    if "@" not in authority and ":" in authority and "@" in rest:
        authority = rest[: rest.rindex("@") + 1]  # a password with an unescaped slash
    user, _, password = authority.rpartition("@")[0].partition(":")
    found = [("password", unquote(password))] if password else []
    for pair in re.split(r"[&;]", rest.partition("?")[2].partition("#")[0])[:MAX_PARTS]:
        name, _, value = pair.partition("=")
        if value and SECRET_PART.search(name):
            found.append((short(name), unquote_plus(value)))
    if found or scheme.lower() not in ("http", "https"):
        return found
    return [("user", unquote(user))] if user else [("", text)]


def is_secret_name(name: str) -> bool:
    """Whether a setting or variable of that name is a secret."""
    upper = name[:200].upper()
    return SECRET_NAME.search(upper) is not None and not NOT_A_VALUE.search(upper)


def says_plain(key: Any) -> bool:
    """Whether a name within a document or dict says that its value is no secret."""
    return NOT_SECRET_PART.search(str(key)[:100]) is not None


def document_parts(name: str, value: Any, depth: int) -> Iterator[Tuple[str, str]]:
    """The texts of a JSON document that may be secret."""
    pairs = []  # type: Iterable[Tuple[Any, Any]]
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    elif isinstance(value, str):
        for inner, part in secret_parts(value, depth + 1):
            if inner or not re.match(r"https?://", part):
                yield ".".join(filter(None, (name, inner))), part
    for key, item in list(pairs)[:MAX_PARTS] if depth < 5 else ():
        plain_name = says_plain(key)
        for inner, part in document_parts(".".join(filter(None, (name, short(key)))), item, depth + 1):
            if not plain_name or SECRET_PART.search(inner.rpartition(".")[2]):
                yield inner, part


class Fingerprints(object):
    """Keyed fingerprints and shapes of what must not be shown."""

    def __init__(self, key: str) -> None:
        self.key = bytes(bytearray.fromhex(key))

    def of(self, value: str) -> str:
        if not self.key or not value:
            return ""
        return hmac.new(self.key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]

    def shapes(self, name: str, value: Any, whole: bool = True) -> List[Data]:
        """Of each part of a value; without `whole` only of what is a part by its form, a URL's password for one."""
        text = value.decode("latin-1") if isinstance(value, bytes) else value if isinstance(value, str) else repr(value)
        if whole:
            return [self.shape(name, part, component) for component, part in secret_parts(text) or [("", "")]]
        if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
            return []
        parts = secret_parts(text)
        return [self.shape(name, part, component) for component, part in parts if component not in ("", "user")]

    def shape(self, name: str, text: str, component: str = "") -> Data:
        bounds = ((0, "empty"), (7, "under-8"), (15, "8-15"), (31, "16-31"), (49, "32-49"))
        length = next((word for bound, word in bounds if len(text) <= bound), "50-or-more")
        kinds = ((r"[0-9]*", "digits"), (r"[0-9a-fA-F]*", "hex"), (r"[0-9A-Za-z]*", "alphanumeric"))
        charset = next((word for pattern, word in kinds if re.match(pattern + r"\Z", text)), "mixed")
        return {
            "name": short(name), "component": short(component), "fingerprint": self.of(text), "length": length,
            "charset": charset if text else "",
            "few_characters": bool(text) and len(set(text)) < 5,
            "looks_default": bool(text) and (DEFAULT_WORDS.search(text) is not None),
        }  # fmt: skip

    def host(self, value: Any) -> str:
        """Where something is, without naming it."""
        text = str(value or "")
        if not text:
            return "empty"
        if text.startswith("/") or text.startswith("unix:"):
            return "socket"
        found = re.match(r"[a-z+]+://(?:[^/@]*@)?(\[[^\]]*\]|[^:/?#]*)", text)
        name = found.group(1) if found else text
        return "local" if name in ("localhost", "127.0.0.1", "::1", "[::1]") else self.of(name)


class SettingsReader(object):
    """Reads `django.conf.settings` as it is after everything was imported."""

    def __init__(self, prints: Fingerprints) -> None:
        from django.conf import global_settings, settings

        self.settings = settings
        self.known = {name for name in dir(global_settings) if name.isupper()}
        self.prints = prints
        self.secrets = []  # type: List[Data]
        self.out = []  # type: List[Data]
        self.left = 20000
        """Values within settings that are still looked at."""

    def read(self) -> Data:
        import django

        for name in sorted({name for name in dir(self.settings) if name.isupper()} | self.known):
            try:
                value = getattr(self.settings, name)
            except Exception as error:  # a lazy setting that fails must not cost the others
                self.put(name, None, "unreadable: " + type(error).__name__)
                continue
            self.one(name, value)
        module = os.environ.get("DJANGO_SETTINGS_MODULE") or getattr(self.settings, "SETTINGS_MODULE", "") or ""
        return {
            "source": "effective", "module": short(getattr(self.settings, "SETTINGS_MODULE", module) or ""),
            "django": django.get_version(), "python": "%d.%d.%d" % sys.version_info[:3],
            "settings": self.out, "secrets": self.each_once(), "variables": self.variables(),
            "databases": self.databases(), "caches": self.caches(),
            "storages": self.storages(), "templates": self.templates(), "loggers": self.loggers(),
        }  # fmt: skip

    def one(self, name: str, value: Any) -> None:
        if name not in NOT_SECRET and name != "ADMINS":
            self.hidden(name, value, is_secret_name(name), 0)
        if name in NOT_SECRET and not isinstance(value, dict):
            self.plain(name, value, 0)
        elif SECRET_NAME.search(name) and not isinstance(value, (bool, type(None))):
            self.put(name, None, "withheld")
        elif name in WITHHELD:
            self.put(name, None, "withheld")
        elif name in self.known or name in SHOWN or name.startswith(SHOWN_PREFIXES):
            self.plain(name, value, 0)
        elif value is None or isinstance(value, bool):
            self.put(name, value)
        else:
            self.put(name, None, type(value).__name__)

    def hidden(self, name: str, value: Any, named: bool, depth: int) -> None:
        """Note every secret within a value: what is named so, and passwords in URLs whatever they are called."""
        self.left -= 1
        if self.left < 0 or depth > 6 or value is None or isinstance(value, bool):
            return
        if isinstance(value, (str, bytes)):
            self.secrets.extend(self.prints.shapes(name, value, named))
        elif isinstance(value, dict):
            for key in list(value)[:MAX_ITEMS]:
                inner = is_secret_name(str(key)) or (named and not says_plain(key))
                self.hidden("%s.%s" % (name, short(key)), value[key], inner, depth + 1)
        elif isinstance(value, (list, tuple)):
            for number, item in enumerate(value[:20]):
                self.hidden("%s.%d" % (name, number), item, named, depth + 1)
        elif named and type(value).__module__ == "builtins":
            self.secrets.extend(self.prints.shapes(name, value))

    def each_once(self) -> List[Data]:
        found = {}  # type: Dict[Tuple[str, str], Data]
        for item in self.secrets:
            found.setdefault((item["name"], item["component"]), item)
        return list(found.values())

    def variables(self) -> List[Data]:
        """Secrets among the environment variables of this process, which has those of the serving one."""
        found = []  # type: List[Data]
        for name in sorted(os.environ)[:2000]:
            if os.environ[name]:
                found.extend(self.prints.shapes(name, os.environ[name], is_secret_name(name)))
        return found[:MAX_ITEMS]

    def plain(self, name: str, value: Any, depth: int) -> None:
        if value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) < MAX_INT):
            self.put(name, value)
        elif isinstance(value, str):
            self.put(name, without_credentials(value))
        elif isinstance(value, float):
            self.put(name, repr(value), "float")
        elif isinstance(value, (list, tuple, set, frozenset)):
            items = list(value)[:MAX_ITEMS]
            if all(isinstance(item, str) for item in items):
                self.put(name, [without_credentials(item) for item in items])
            elif all(isinstance(item, (dict, type, type(re.compile("")))) for item in items):
                self.put(name, [self.named(item) for item in items])
            else:
                self.put(name, None, type(value).__name__)
        elif isinstance(value, dict) and depth < 3:
            self.put(name, None, "dict")
            for key in list(value)[:MAX_ITEMS]:
                inner = "%s.%s" % (name, short(key))
                if SECRET_NAME.search(str(key).upper()):
                    self.put(inner, None, "withheld")
                else:
                    self.plain(inner, value[key], depth + 1)
        elif hasattr(value, "total_seconds"):
            self.put(name, int(value.total_seconds()), "seconds")
        else:
            self.put(name, None, dotted(type(value)))

    def named(self, item: Any) -> str:
        if isinstance(item, dict):
            return short(item.get("NAME", item.get("BACKEND", "dict")))
        return without_credentials(item.pattern) if hasattr(item, "pattern") else dotted(item)

    def put(self, name: str, value: Plain, kind: str = "") -> None:
        top = name.split(".")[0]
        try:
            default = top in self.known and not self.settings.is_overridden(top)
        except Exception:  # older or wrapped settings objects lack it
            default = False
        self.out.append({"name": short(name), "value": value, "type": short(kind), "is_default": default})

    def databases(self) -> List[Data]:
        found = []
        for alias, entry in sorted(dict(getattr(self.settings, "DATABASES", {}) or {}).items()):
            if not isinstance(entry, dict) or not entry.get("ENGINE"):
                continue
            options = entry.get("OPTIONS") or {}
            user = str(entry.get("USER") or "")
            ssl = options.get("sslmode") or options.get("ssl_mode") or ("options" if options.get("ssl") else "")
            age = entry.get("CONN_MAX_AGE", 0)
            found.append({
                "alias": short(alias), "engine": short(entry["ENGINE"]),
                "host": self.prints.host(entry.get("HOST")), "sslmode": short(ssl),
                "user": "empty" if not user else "superuser-name"
                if user.lower() in ("postgres", "root", "sa", "admin", "system") else "named",
                "atomic_requests": bool(entry.get("ATOMIC_REQUESTS")), "max_age": None if age is None else int(age),
            })  # fmt: skip
        return found

    def caches(self) -> List[Data]:
        found = []
        for alias, entry in sorted(dict(getattr(self.settings, "CACHES", {}) or {}).items()):
            place = entry.get("LOCATION", "")
            first = place[0] if isinstance(place, (list, tuple)) and place else place
            text = str(first or "")
            found.append({
                "alias": short(alias), "backend": short(entry.get("BACKEND", "")),
                "location": self.prints.host(text.split(",")[0]) if text else "",
                "options": ["password=set"] if (entry.get("OPTIONS") or {}).get("PASSWORD") or "@" in text else [],
            })  # fmt: skip
        return found

    def storages(self) -> List[Data]:
        declared = getattr(self.settings, "STORAGES", None)
        entries = dict(declared) if declared else {}
        for alias, name in (("default", "DEFAULT_FILE_STORAGE"), ("staticfiles", "STATICFILES_STORAGE")):
            if alias not in entries and getattr(self.settings, name, None):
                entries[alias] = {"BACKEND": getattr(self.settings, name)}
        found = []
        for alias, entry in sorted(entries.items()):
            options = entry.get("OPTIONS") or {}
            shown = ("default_acl", "querystring_auth", "file_overwrite", "encryption", "secure_urls")
            texts = ["%s=%s" % (key, short(options[key])) for key in shown if key in options]
            if alias == "default":
                for key in ("AWS_DEFAULT_ACL", "AWS_QUERYSTRING_AUTH", "GS_DEFAULT_ACL"):
                    if hasattr(self.settings, key):
                        texts.append("%s=%s" % (key, short(getattr(self.settings, key))))
            backend = short(entry.get("BACKEND", ""))
            place = "local" if "FileSystemStorage" in backend else ""
            found.append({"alias": short(alias), "backend": backend, "location": place, "options": texts})
        return found

    def templates(self) -> List[Data]:
        found = []
        for number, entry in enumerate(getattr(self.settings, "TEMPLATES", None) or []):
            options = entry.get("OPTIONS") or {}
            shown = ("debug", "autoescape", "string_if_invalid", "environment")
            found.append({
                "alias": short(entry.get("NAME") or number), "backend": short(entry.get("BACKEND", "")),
                "options": ["%s=%s" % (key, short(options[key])) for key in shown if key in options],
            })  # fmt: skip
        return found

    def loggers(self) -> List[Data]:
        config = getattr(self.settings, "LOGGING", None) or {}
        handlers = config.get("handlers") or {}
        entries = dict(config.get("loggers") or {})
        if config.get("root"):
            entries["root"] = config["root"]
        found = []
        for name, entry in sorted(entries.items())[:MAX_ITEMS]:
            classes = [handlers.get(item, {}) for item in entry.get("handlers") or ()]
            found.append({
                "name": short(name), "level": short(entry.get("level") or ""),
                "propagate": bool(entry.get("propagate", True)),
                "handlers": [short(item.get("class") or dotted(item.get("()")) if item else "") for item in classes],
            })  # fmt: skip
        return found


def is_own(path: str) -> bool:
    """Whether a file is the project's own, and not an installed package's or the interpreter's."""
    if not path or path.startswith("<"):
        return False
    real = os.path.realpath(path)
    if re.search(r"[/\\](site|dist)-packages[/\\]", real):
        return False
    return not real.startswith((os.path.dirname(os.path.realpath(os.__file__)) + os.sep, django_directory() + os.sep))


def django_directory() -> str:
    """Where Django is installed."""
    import django

    return os.path.dirname(os.path.realpath(django.__file__))


def own_thing(thing: Any) -> bool:
    code = getattr(thing, "__code__", None)
    if code is not None:
        return is_own(code.co_filename)
    module = sys.modules.get(getattr(thing, "__module__", "") or "")
    return is_own(getattr(module, "__file__", "") or "")


def cells(function: Any) -> Dict[str, Any]:
    """What a function has closed over, by name."""
    code, closure = getattr(function, "__code__", None), getattr(function, "__closure__", None)
    found = {}
    for name, cell in zip(code.co_freevars if code else (), closure or ()):
        try:
            found[name] = cell.cell_contents
        except ValueError:
            continue
    return found


def is_view_like(thing: Any) -> bool:
    return inspect.isfunction(thing) or inspect.ismethod(thing) or isinstance(thing, functools.partial)


def inside(function: Any) -> Optional[Any]:
    """The function that a wrapper calls: what it closed over, or else what `__wrapped__` says.

    In that order, for `functools.update_wrapper` may point past layers in between, and may be missing.
    """
    if isinstance(function, functools.partial):
        return function.func
    if inspect.ismethod(function):
        return function.__func__
    held = cells(function)
    candidates = [(name, value) for name, value in held.items() if is_view_like(value)]
    for name in INNER_NAMES:
        for held_name, value in candidates:
            if held_name == name:
                return value
    wrapped = getattr(function, "__wrapped__", None)
    if wrapped is not None and not inspect.isclass(wrapped):
        return wrapped
    return candidates[0][1] if len(candidates) == 1 and "test_func" not in held else None


def chain(callback: Any) -> List[Any]:
    """The layers of a view, outermost first."""
    found = []  # type: List[Any]
    current = callback
    while current is not None and len(found) < MAX_DEPTH and not any(current is item for item in found):
        found.append(current)
        current = inside(current)
    said = found[0]
    while getattr(said, "__wrapped__", None) is not None and len(found) < MAX_DEPTH:
        said = said.__wrapped__
        if not inspect.isclass(said) and not any(said is item or said == item for item in found):
            found.append(said)
    return found


def view_class(callback: Any) -> Any:
    for layer in chain(callback):
        for name in ("view_class", "cls"):
            found = getattr(layer, name, None)
            if inspect.isclass(found):
                return found
        found = cells(layer).get("cls")
        if inspect.isclass(found) and hasattr(found, "as_view"):
            return found
    return None


def handlers(cls: Any, actions: Optional[Dict[str, str]]) -> Dict[str, Any]:
    """Upper-case method to the function that handles it."""
    found = {}
    for method in getattr(cls, "http_method_names", ("get", "post", "put", "patch", "delete", "head", "options")):
        name = actions.get(method) if actions is not None else method
        function = getattr(cls, name, None) if name else None
        if function is not None and method not in ("head", "options", "trace"):
            found[method.upper()] = function
    return found


def codes(function: Any, seen: Set[int], depth: int = 0, foreign: bool = False) -> Iterator[Any]:
    """Code objects that a function consists of, and of the project's own helpers that it calls by name."""
    for layer in chain(function) if depth < 3 else ():
        code = getattr(layer, "__code__", None)
        if code is None or id(code) in seen or not (foreign or is_own(code.co_filename)):
            continue
        seen.add(id(code))
        stack = [code]
        while stack:
            current = stack.pop()
            yield current
            stack.extend(item for item in current.co_consts if isinstance(item, types.CodeType))
            for name in current.co_names:
                helper = getattr(layer, "__globals__", {}).get(name)
                if inspect.isfunction(helper):
                    for found in codes(helper, seen, depth + 1):
                        yield found


def of_request(code: Any) -> Set[str]:
    """Attributes that are asked of the request: the first parameter of a view, or what is called so."""
    first = code.co_varnames[0] if code.co_argcount else ""
    called = {"request", "req", "_request", first} - {"self", "cls", ""}
    found = set()  # type: Set[str]
    before = None  # type: Any
    for step in dis.get_instructions(code):
        value = step.argval[-1] if isinstance(step.argval, tuple) and step.argval else step.argval
        if step.opname.startswith(("LOAD_ATTR", "LOAD_METHOD")) and before in called and value in OF_REQUEST:
            found.add(str(value))
        before = value if step.opname.startswith("LOAD_") else None
    return found


def touches(functions: Iterable[Any], foreign: bool = False) -> List[str]:
    """Telling names in the code of functions; of installed packages' ones only if `foreign`."""
    found = set()  # type: Set[str]
    seen = set()  # type: Set[int]
    for function in functions:
        for code in codes(function, seen, 0, foreign):
            found |= of_request(code)
            found.update(name for name in code.co_names if name in TELLING)
            for text in code.co_consts:
                if isinstance(text, str) and len(text) < 60 and TELLING_TEXT.search(text):
                    found.add("text:" + short(TELLING_TEXT.findall(text)[0].lower()))
    return sorted(found)


RANK = ("open", "login", "custom", "permission", "staff")


class Demands(object):
    """What a view asks of its caller."""

    def __init__(self) -> None:
        self.access = "open"
        self.texts = []  # type: List[str]
        self.admin = False

    def add(self, access: str, text: str) -> None:
        if RANK.index(access) > RANK.index(self.access):
            self.access = access
        if text not in self.texts:
            self.texts.append(short(text))

    def layer(self, layer: Any) -> None:
        """Reads one wrapper, or one decorator that a method_decorator holds."""
        held = cells(layer)
        module = getattr(layer, "__module__", "") or ""
        name = getattr(layer, "__qualname__", "") or ""
        test = held.get("test_func")
        if test is not None:
            self.test(test)
        elif (module, name) == ("django.contrib.auth.decorators", "login_required"):
            self.add("login", "login_required")
        elif (module, name) == ("django.contrib.admin.views.decorators", "staff_member_required"):
            self.add("staff", "staff_member_required")
        code = getattr(layer, "__code__", None)
        outer = name.split(".<locals>")[0]
        origin = getattr(layer, "__globals__", {}).get("__name__", "") if code is not None else ""
        function_name = getattr(code, "co_name", "")
        if origin.startswith("django.contrib.admin.") and function_name in ("inner", "wrapper"):
            # The wrapper that get_urls puts around each view calls admin_view when it is called.
            self.admin = True
            self.add("staff", "AdminSite.admin_view")
        elif origin == "wagtail.admin.auth" and function_name == "decorated_view":
            self.admin = True
            self.add("staff", "wagtail require_admin_access")
        elif held and test is None and origin and not origin.startswith("django."):
            # functools.wraps hides the wrapper's name; its file and first line still tell where it was written.
            text = "%s.%s" % (origin, outer_name(layer) or outer)
            if re.search(
                r"login|auth|perm|role|staff|require|owner|member|token|only|access", text.rpartition(".")[2], re.I
            ):
                self.add("custom", text)
        for name in DECORATOR_NAMES if origin == "django.utils.decorators" else ():
            value = held.get(name)
            for item in list(value)[:20] if isinstance(value, (list, tuple)) else [value]:
                if inspect.isfunction(item):
                    self.layer(item)

    def test(self, test: Any) -> None:
        module, name = getattr(test, "__module__", ""), getattr(test, "__qualname__", "")
        held = cells(test)
        if module == "django.contrib.auth.decorators" and name.startswith("login_required"):
            self.add("login", "login_required")
        elif module == "django.contrib.auth.decorators" and name.startswith("permission_required"):
            wanted = held.get("perms", held.get("perm", ""))
            self.add(
                "permission", "permission_required(%s)" % (", ".join(wanted) if not isinstance(wanted, str) else wanted)
            )
        elif module == "django.contrib.admin.views.decorators":
            self.add("staff", "staff_member_required")
        else:
            self.add("custom", "user_passes_test(%s)" % dotted(test))


def outer_name(layer: Any) -> str:
    """The decorator's name, from the code object of the wrapper that it returned."""
    code = layer.__code__
    qualified = getattr(code, "co_qualname", "")
    if qualified:
        return str(qualified).split(".<locals>")[0]
    for name, value in getattr(layer, "__globals__", {}).items():
        inner = getattr(value, "__code__", None)
        if inner is not None and code in nested(inner):
            return str(name)
    return str(code.co_name)


def nested(code: Any) -> List[Any]:
    found = []
    for item in code.co_consts:
        if isinstance(item, types.CodeType):
            found.append(item)
            found.extend(nested(item))
    return found


MIXINS = {
    "django.contrib.auth.mixins.LoginRequiredMixin": "login",
    "django.contrib.auth.mixins.PermissionRequiredMixin": "permission",
    "django.contrib.auth.mixins.UserPassesTestMixin": "custom",
    "django.contrib.auth.mixins.AccessMixin": "custom",
}
REST_PERMISSIONS = {"AllowAny": "open", "IsAuthenticated": "login", "IsAuthenticatedOrReadOnly": "login",
                    "IsAdminUser": "staff", "DjangoModelPermissions": "permission",
                    "DjangoObjectPermissions": "permission", "DjangoModelPermissionsOrAnonReadOnly": "permission",
}  # fmt: skip
COOKIELESS = {
    "rest_framework.authentication.TokenAuthentication", "rest_framework_simplejwt.authentication.JWTAuthentication",
    "rest_framework_simplejwt.authentication.JWTTokenUserAuthentication", "knox.auth.TokenAuthentication",
    "rest_framework_jwt.authentication.JSONWebTokenAuthentication", "rest_framework_api_key.permissions.HasAPIKey",
    "oauth2_provider.contrib.rest_framework.authentication.OAuth2Authentication",
    "oauth2_provider.contrib.rest_framework.OAuth2Authentication",
    "rest_framework.authentication.BasicAuthentication",
}  # fmt: skip


def rest_csrf(classes: List[Any], overridden: bool) -> str:
    """What protects a view of Django REST framework, from its authentication classes."""
    states = set()
    for cls in classes:
        line = [dotted(item) for item in cls.__mro__] if inspect.isclass(cls) else []
        if "rest_framework.authentication.SessionAuthentication" in line:
            checks = getattr(cls, "enforce_csrf", None)
            original = getattr(checks, "__module__", "") == "rest_framework.authentication"
            reads = original or "process_view" in getattr(getattr(checks, "__code__", None), "co_names", ())
            delegates = "enforce_csrf" in getattr(getattr(checks, "__code__", None), "co_names", ())
            asks = "authenticate" not in vars(cls) or not own_thing(cls)
            states.add("framework-session" if (reads or delegates) and asks else
                       "exempt" if not (reads or delegates) else "framework-unknown")  # fmt: skip
        elif line and line[0] in COOKIELESS:
            states.add("framework-no-cookie")
        elif COOKIELESS & set(line):
            used = touches([vars(item).get("authenticate") for item in cls.__mro__ if vars(item).get("authenticate")])
            states.add("framework-unknown" if {"COOKIES", "session"} & set(used) else "framework-no-cookie")
        else:
            states.add("framework-unknown")
    if overridden:
        states.add("framework-unknown")
    for state in ("exempt", "framework-unknown", "framework-session"):
        if state in states:
            return state
    return "framework-no-cookie"


class Routes(object):
    """Walks the resolver to its leaves."""

    def __init__(self, project: str) -> None:
        from django.conf import settings
        from django.middleware.csrf import CsrfViewMiddleware
        from django.utils.module_loading import import_string

        self.project = project
        self.csrf_class = CsrfViewMiddleware
        self.settings = settings
        self.until = time.time() + SAMPLING
        self.unresolved = []  # type: List[str]
        self.out = []  # type: List[Data]
        self.middleware = [str(item) for item in getattr(settings, "MIDDLEWARE", None) or
                           getattr(settings, "MIDDLEWARE_CLASSES", None) or ()]  # fmt: skip
        self.csrf_checked = False
        self.login_required = False
        for path in self.middleware:
            try:
                found = import_string(path)
            except Exception as error:
                self.unresolved.append(short("middleware %s: %s" % (path, cause(error))))
                continue
            if inspect.isclass(found):
                names = [item.__name__ for item in found.__mro__]
                self.csrf_checked = self.csrf_checked or issubclass(found, CsrfViewMiddleware)
                self.login_required = self.login_required or "LoginRequiredMiddleware" in names

    def read(self) -> Data:
        urls = self.urls()
        resolver = urls.get_resolver(None)
        self.walk(resolver, "", "", "", (), 0, True)
        return {
            "urlconf": short(self.settings.ROOT_URLCONF), "routes": self.out, "middleware": self.middleware[:MAX_ITEMS],
            "csrf_checked": self.csrf_checked, "unresolved": self.unresolved[:MAX_ITEMS],
            "script_name": short(getattr(self.settings, "FORCE_SCRIPT_NAME", None) or ""),
        }  # fmt: skip

    def urls(self) -> Any:
        try:
            from django import urls
        except ImportError:  # Django before 1.10
            from django.core import urlresolvers as urls  # type: ignore[attr-defined,no-redef,unused-ignore]
        return urls

    def walk(self, resolver: Any, shown: str, path: str, space: str, params: Tuple[Tuple[str, str], ...], depth: int,
             fixed: bool) -> None:  # fmt: skip
        try:
            patterns = list(resolver.url_patterns)
        except Exception as error:
            self.unresolved.append(short("%s: %s" % (shown or "/", cause(error))))
            return
        if depth > MAX_DEPTH:
            self.unresolved.append(short("%s: nested deeper than %d" % (shown, MAX_DEPTH)))
            return
        for item in patterns:
            text, piece, more = self.piece(item)
            joined = shown + text
            if hasattr(item, "url_patterns"):
                inner = ":".join(part for part in (space, getattr(item, "namespace", None) or "") if part)
                self.walk(item, joined, path + piece, inner, params + more, depth + 1, fixed)
                continue
            if len(self.out) >= MAX_ROUTES:
                self.unresolved.append("more than %d routes" % MAX_ROUTES)
                return
            try:
                self.out.append(self.leaf(item, joined, path + piece, space, params + more))
            except Exception as error:
                self.unresolved.append(short("%s: %s" % (joined, cause(error))))

    def piece(self, item: Any) -> Tuple[str, str, Tuple[Tuple[str, str], ...]]:
        """As written, a path with `{name}` for each parameter, and the parameters."""
        from django.utils.regex_helper import normalize

        pattern = getattr(item, "pattern", item)
        route = getattr(pattern, "_route", None)
        if route is not None:
            params = tuple((name, type(converter).__name__.replace("Converter", "").lower()
                            if type(converter).__module__ == "django.urls.converters" else dotted(type(converter)))
                           for name, converter in pattern.converters.items())  # fmt: skip
            return str(route), re.sub(r"<(?:[^>:]+:)?([^>]+)>", r"{\1}", str(route)), params
        if not hasattr(pattern, "regex") or type(pattern).__name__ == "LocalePrefixPattern":
            return str(pattern), str(pattern), ()
        regex = pattern.regex.pattern
        try:
            template, names = normalize(regex)[0]
        except Exception:  # an expression that Django itself cannot reverse
            return regex, "{?}", (("?", short("regex:" + regex)),)
        groups = pattern.regex.groupindex
        bodies = group_bodies(regex)
        params = tuple((name, short("regex:" + bodies.get(name if name in groups else str(number), "")))
                       for number, name in enumerate(names))  # fmt: skip
        template = str(template).replace("%%", "%")
        if "$" not in regex and r"\Z" not in regex and not hasattr(item, "url_patterns"):
            params = params + (("", "regex:open end"),)
        return regex, re.sub(r"%\((\w+)\)s", r"{\1}", template), params

    def leaf(self, item: Any, shown: str, path: str, space: str, params: Tuple[Tuple[str, str], ...]) -> Data:
        callback = item.callback
        prefix = "/"
        sample = self.sample(prefix + path, params, callback)
        layers = chain(callback)
        cls = view_class(callback)
        innermost = cls or layers[-1]
        if getattr(cls, "__qualname__", "").endswith("WrappedAPIView"):
            innermost = next((chain(item)[-1] for item in handlers(cls, None).values()), cls)
        actions = next((layer.actions for layer in layers if getattr(layer, "actions", None)), None)
        by_method = handlers(cls, actions) if cls is not None else {}
        functions = [callback] if cls is None else own_functions(cls) if innermost is cls else [innermost]
        rest = self.rest(cls, layers)
        demands = self.demands(callback, layers, cls, by_method, rest)
        methods = self.methods(layers, cls, by_method)
        used = set(touches(functions, foreign=cls is None and not own_thing(innermost)))
        if cls is None and not inspect.isfunction(innermost) and hasattr(type(innermost), "__call__"):
            used |= set(touches([type(innermost).__call__]))
        ninja = self.ninja(layers, demands)
        if ninja:
            methods, operation = sorted(ninja["methods"]), ninja["functions"]
            innermost = operation[0] if operation else innermost
            used |= set(touches(operation))
        open_path = not [name for name, _ in params if name] and "{" not in path
        code = getattr(innermost, "__code__", None)
        return {
            "pattern": short(shown), "path": short(prefix + path) if open_path else None, "sample": sample,
            "parameters": [{"name": short(name), "converter": short(kind)} for name, kind in params if name],
            "name": short(item.name or ""), "namespace": short(space), "view": dotted(innermost),
            "methods": methods, "csrf": self.csrf(callback, layers, cls, rest, ninja),
            "exempt_lost": self.exempt_lost(callback, layers, cls, by_method),
            "access": demands.access, "requirements": demands.texts[:20],
            "authentication": rest["authentication"] if rest else [], "touches": sorted(used),
            "admin": demands.admin or dotted(innermost).startswith(("django.contrib.admin.", "wagtail.admin.")),
            "own": own_thing(innermost), "location": self.location(innermost, code),
        }  # fmt: skip

    def location(self, thing: Any, code: Any) -> Optional[Data]:
        try:
            file = code.co_filename if code is not None else inspect.getsourcefile(thing)
            line = code.co_firstlineno if code is not None else inspect.getsourcelines(thing)[1]
        except (OSError, TypeError):
            return None
        real = os.path.realpath(str(file))
        if not real.startswith(self.project + os.sep) or not is_own(real):
            return None
        return {"path": short(os.path.relpath(real, self.project).replace(os.sep, "/")), "line": int(line)}

    def sample(self, path: str, params: Tuple[Tuple[str, str], ...], callback: Any) -> Optional[str]:
        """A path that really leads here, tried with a few made-up values for each parameter."""
        urls = self.urls()
        values = {"int": ["1"], "uuid": ["00000000-0000-4000-8000-000000000000"]}
        words = ["1", "x", "abc", "2026", "12", "00000000-0000-4000-8000-000000000000", "x-1", "a/b", "x.html",
                 "1.json", "a1b2c3d4e5f6a7b8c9d0", "MQ", "x@shop.example", "en", ""]  # fmt: skip
        for word in words if params else [""]:
            if time.time() > self.until:
                return None
            trial = path
            for name, kind in params:
                chosen = values.get(kind, [word])[0]
                body = kind[len("regex:") :] if kind.startswith("regex:") else ""
                if body and name and not matches_whole(body, chosen):
                    own = re.sub(r"^\?:", "", body.strip("()")).split("|")
                    chosen = next((item for item in words + own if matches_whole(body, item)), chosen)
                trial = trial.replace("{%s}" % name, chosen)
            if "{" in trial:
                return None
            try:
                match = urls.resolve(trial)
            except Exception:  # Resolver404, and whatever a converter of the application raises
                continue
            if match.func is callback:
                return short(trial) if len(trial) < MAX_TEXT else None
        return None

    def methods(self, layers: List[Any], cls: Any, by_method: Dict[str, Any]) -> Optional[List[str]]:
        allowed = None  # type: Optional[Set[str]]
        for layer in layers:
            listed = cells(layer).get("request_method_list")
            if isinstance(listed, (list, tuple)):
                names = {str(item).upper() for item in listed}
                allowed = names if allowed is None else allowed & names
        if cls is not None and hasattr(cls, "http_method_names"):
            names = set(by_method)
            allowed = names if allowed is None else allowed & names
        if allowed is None:
            return None
        return sorted(allowed - {"OPTIONS"} - ({"HEAD"} if "GET" in allowed else set()))

    def csrf(self, callback: Any, layers: List[Any], cls: Any, rest: Optional[Data], ninja: Optional[Data]) -> str:
        protected = False
        for layer in layers:
            held = list(cells(layer).values())
            for value in held + [item for each in held if inspect.isfunction(each) for item in cells(each).values()]:
                # csrf_protect holds a CsrfViewMiddleware of its own; its siblings (ensure_csrf_cookie) never refuse.
                if type(value) is self.csrf_class:
                    inner = inside(layer)
                    protected = protected or not getattr(inner, "csrf_exempt", False)
        exempt = bool(getattr(callback, "csrf_exempt", False))
        if ninja:
            return str(ninja["csrf"]) if exempt else "protected" if self.csrf_checked else "no-middleware"
        if rest is not None and exempt and not protected:
            return str(rest["csrf"])
        if protected:
            return "decorated" if exempt or not self.csrf_checked else "protected"
        if exempt:
            return "exempt"
        return "protected" if self.csrf_checked else "no-middleware"

    def exempt_lost(self, callback: Any, layers: List[Any], cls: Any, by_method: Dict[str, Any]) -> bool:
        if getattr(callback, "csrf_exempt", False):
            return False
        inner = list(layers[1:]) + list(by_method.values()) + ([getattr(cls, "dispatch", None)] if cls else [])
        return any(getattr(layer, "csrf_exempt", False) for item in inner if item is not None for layer in chain(item))

    def demands(
        self, callback: Any, layers: List[Any], cls: Any, by_method: Dict[str, Any], rest: Optional[Data]
    ) -> Demands:
        found = Demands()
        for layer in layers:
            found.layer(layer)
        if cls is not None:
            for base in cls.__mro__:
                kind = MIXINS.get(dotted(base))
                if kind is not None and not (kind == "custom" and base.__name__ == "AccessMixin" and found.texts):
                    text = base.__name__
                    if kind == "permission":
                        wanted = getattr(cls, "permission_required", None)
                        names = [wanted] if isinstance(wanted, str) else list(wanted or ())
                        text = "PermissionRequiredMixin(%s)" % ", ".join(str(item) for item in names)
                    found.add(kind, text)
            for layer in chain(getattr(cls, "dispatch", None)):
                found.layer(layer)
            each = []
            for method, function in sorted(by_method.items()):
                one = Demands()
                for layer in chain(function):
                    one.layer(layer)
                each.append((method, one))
            if each and all(one.access != "open" for _, one in each):
                for _, one in each:
                    for text in one.texts:
                        found.add(min((item.access for _, item in each), key=RANK.index), text)
            else:
                found.texts.extend("%s on %s" % (text, method) for method, one in each for text in one.texts)
        if rest is not None:
            for access, text in rest["permissions"]:
                found.add(access, text)
        if self.login_required and getattr(callback, "login_required", True):
            found.add("login", "LoginRequiredMiddleware")
        return found

    def rest(self, cls: Any, layers: List[Any]) -> Optional[Data]:
        if cls is None or not any(dotted(base) == "rest_framework.views.APIView" for base in cls.__mro__):
            return None
        given = {}  # type: Data
        for layer in reversed(layers):
            given.update(getattr(layer, "initkwargs", None) or {})
        classes = list(given.get("authentication_classes", getattr(cls, "authentication_classes", ())) or ())
        permissions = list(given.get("permission_classes", getattr(cls, "permission_classes", ())) or ())
        demands = []
        for item in permissions:
            name = getattr(item, "__name__", type(item).__name__)
            standard = getattr(item, "__module__", "") == "rest_framework.permissions"
            demands.append((REST_PERMISSIONS.get(name, "custom") if standard else "custom", dotted(item)))
        if origin(cls, "get_permissions") != "rest_framework.views":
            demands.append(("custom", dotted(cls) + ".get_permissions"))
        overridden = origin(cls, "get_authenticators") != "rest_framework.views"
        return {"authentication": [dotted(item) for item in classes], "permissions": demands,
                "csrf": rest_csrf(classes, overridden)}  # fmt: skip

    def ninja(self, layers: List[Any], demands: Demands) -> Optional[Data]:
        held = [value for layer in layers for value in cells(layer).values()]
        held.extend(getattr(layer, "__self__", None) for layer in layers)
        kinds = [(type(value).__module__.split(".")[0], type(value).__name__) for value in held]
        owner = held[kinds.index(("ninja", "PathView"))] if ("ninja", "PathView") in kinds else None
        if owner is None:
            return None
        methods = set()  # type: Set[str]
        states = set()  # type: Set[str]
        functions = []  # type: List[Any]
        guarded = []  # type: List[List[str]]
        for operation in getattr(owner, "operations", ()):
            methods |= set(operation.methods)
            functions.append(operation.view_func)
            callbacks = list(getattr(operation, "auth_callbacks", ()) or ())
            guarded.append([dotted(item) for item in callbacks])
            for item in callbacks:
                bases = [base.__name__ for base in type(item).__mro__]
                if "APIKeyCookie" in bases:
                    states.add("framework-session" if getattr(item, "csrf", False) else "exempt")
                elif {"HttpBearer", "APIKeyHeader", "APIKeyQuery", "HttpBasicAuth"} & set(bases):
                    states.add("framework-no-cookie")
                else:
                    states.add("framework-unknown")
            if not callbacks:
                states.add("exempt")
        if guarded and all(guarded):
            for names in guarded:
                for name in names:
                    demands.add("custom", name)
        order = ("exempt", "framework-unknown", "framework-session")
        return {"methods": methods, "functions": functions,
                "csrf": next((state for state in order if state in states), "framework-no-cookie")}  # fmt: skip


def origin(cls: Any, name: str) -> str:
    return str(getattr(getattr(cls, name, None), "__module__", ""))


def own_functions(cls: Any) -> List[Any]:
    found = []  # type: List[Any]
    for base in cls.__mro__:
        if own_thing(base):
            found.extend(value for value in vars(base).values() if inspect.isfunction(value))
    return found


def group_bodies(regex: str) -> Dict[str, str]:
    """The expression within each group, by its name, or its number where it has none."""
    found = {}  # type: Dict[str, str]
    stack = []  # type: List[Optional[Tuple[str, int]]]
    number = 0
    escaped = charset = False
    for index, letter in enumerate(regex):
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = True
        elif charset:
            charset = letter != "]"
        elif letter == "[":
            charset = True
        elif letter == "(":
            named = re.match(r"\?P<(\w+)>", regex[index + 1 :])
            if named:
                stack.append((named.group(1), index + 1 + named.end()))
            elif regex[index + 1 : index + 2] == "?":
                stack.append(None)
            else:
                stack.append((str(number), index + 1))
                number += 1
        elif letter == ")" and stack:
            top = stack.pop()
            if top:
                found[top[0]] = regex[top[1] : index]
    return found


def matches_whole(body: str, text: str) -> bool:
    try:
        return len(body) < 200 and re.match("(?:%s)\\Z" % body, text) is not None
    except re.error:
        return False


def personal_models() -> Data:
    from django.apps import apps
    from django.db import router

    found, count = [], 0
    for model in list(apps.get_models())[:5000]:
        count += 1
        fields = []
        for field in model._meta.local_fields:
            kind = type(field).__name__
            category = PERSONAL_TYPES.get(kind)
            if category is None and kind not in (
                "ForeignKey",
                "OneToOneField",
                "BooleanField",
                "AutoField",
                "BigAutoField",
            ):
                category = next((word for word, pattern in PERSONAL if re.search(pattern, field.name.lower())), None)
            if category is not None:
                encrypted = any("ncrypted" in base.__name__ for base in type(field).__mro__)
                fields.append({"name": short(field.name), "type": kind, "category": category, "encrypted": encrypted})
        if fields:
            try:
                database = str(router.db_for_write(model))
            except Exception:  # a router of the application
                database = "default"
            found.append({"label": short(model._meta.label if hasattr(model._meta, "label") else
                                         "%s.%s" % (model._meta.app_label, model.__name__)),
                          "table": short(model._meta.db_table), "database": database, "fields": fields,
                          "own": own_thing(model)})  # fmt: skip
    return {"models": found, "looked_at": count}


def deploy_check() -> Data:
    from django.core import checks

    known = (
        r"(security|admin|models|fields|urls|templates|translation|auth|caches|files|sites|staticfiles|compatibility"
        r"|async|contenttypes|signals|sessions|messages|postgres|database)\.[EWICD]\d+\Z"
    )
    messages = []
    for item in checks.run_checks(include_deployment_checks=True)[:MAX_ITEMS]:
        name = str(item.id or "")
        text = without_credentials(str(item.msg)) if re.match(known, name) else "a check of the application's own"
        messages.append(
            {"id": short(name), "level": int(item.level), "text": text, "silenced": bool(item.is_silenced())}
        )
    return {"messages": messages, "failed": ""}


def collect(key: str) -> Data:
    """Every part by itself: one that fails costs only its own answer."""
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()
    project = os.path.realpath(os.getcwd())
    parts: Dict[str, Callable[[], Data]] = {
        "settings": lambda: SettingsReader(Fingerprints(key)).read(),
        "urls": lambda: Routes(project).read(),
        "models": personal_models,
        "deploy": deploy_check,
    }
    answer = {"format": 1, "failed": {}}  # type: Data
    for name in ("settings", "urls", "models", "deploy"):
        try:
            answer[name] = parts[name]()
        except Exception as error:
            answer["failed"][name] = short("%s: %s" % (type(error).__name__, without_credentials(str(error))))
    return answer


def write(marker: str, answer: Data) -> None:
    """One write between markers, with length and digest, past whatever the application did to sys.stdout."""
    body = json.dumps(answer, ensure_ascii=True, sort_keys=True).encode("ascii")
    head = "\n%s:begin:%d:%s\n" % (marker, len(body), hashlib.sha256(body).hexdigest())
    data = memoryview(head.encode("ascii") + body + ("\n%s:end\n" % marker).encode("ascii"))
    try:
        sys.stdout.flush()
    except Exception:  # an application may have replaced or closed it
        pass
    while data:
        data = data[os.write(1, data) :]


def main(key: str, marker: str) -> None:
    try:
        answer = collect(key)
    except BaseException as error:  # SystemExit of an application included: the asker needs a reason
        answer = {
            "format": 1,
            "failed": {"start": short("%s: %s" % (type(error).__name__, without_credentials(str(error))))},
        }
    write(marker, answer)
    # What the application started (schedulers, threads) must not keep the shell from ending.
    os._exit(0)
