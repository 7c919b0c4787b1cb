"""Which code of a repository is sensitive, by the names that people give it."""

import re
from pathlib import PurePosixPath

from prodproof.facts.declared import Declared
from prodproof.facts.reviews import Sensitivity
from prodproof.probes._files import is_sample
from prodproof.reach.git.repository import RepositoryReader

_CODE = {
    ".py",
    ".js",
    ".jsx",
    ".ts",
    ".tsx",
    ".mjs",
    ".go",
    ".rb",
    ".java",
    ".kt",
    ".php",
    ".rs",
    ".cs",
    ".ex",
    ".scala",
    ".swift",
    ".dart",
    ".vue",
}
_NO_CODE = {
    "tests",
    "test",
    "migrations",
    "static",
    "staticfiles",
    "locale",
    "fixtures",
    "mocks",
    "__mocks__",
    "stories",
    "spec",
    "e2e",
    "commands",
}
_WORDS: dict[Sensitivity, frozenset[str]] = {
    Sensitivity.AUTHENTICATION: frozenset(
        [
            "auth",
            "authentication",
            "authorization",
            "authorisation",
            "login",
            "signin",
            "signup",
            "oauth",
            "oauth2",
            "sso",
            "saml",
            "oidc",
            "permission",
            "permissions",
            "password",
            "passwords",
            "mfa",
            "twofactor",
            "jwt",
            "identity",
            "iam",
            "account",
            "accounts",
            "registration",
        ]
    ),
    Sensitivity.PAYMENTS: frozenset(
        [
            "payment",
            "payments",
            "billing",
            "checkout",
            "stripe",
            "paypal",
            "adyen",
            "refund",
            "refunds",
            "payouts",
            "wallet",
        ]
    ),
    Sensitivity.PERSONAL_DATA: frozenset(
        [
            "customer",
            "customers",
            "user",
            "users",
            "profile",
            "profiles",
            "patient",
            "patients",
            "gdpr",
            "privacy",
            "people",
        ]
    ),
    Sensitivity.ADMINISTRATION: frozenset(["administration", "backoffice", "adminpanel", "admin"]),
}
_SETTINGS = re.compile(r"(^|/)settings(_\w+)?\.py$|(^|/)settings/[^/]+\.py$")
_PIPELINES = re.compile(
    r"^\.(github|gitea|forgejo)/(workflows|actions)/[^/]+|^\.gitlab-ci\.yml$|^\.gitlab/ci/.+|^\.circleci/config\.yml$|(^|/)Jenkinsfile$"
)
MAX_MODULES = 200


def sensitive(reader: RepositoryReader, declared: Declared) -> dict[tuple[str, Sensitivity], list[str]]:
    """Files by sensitive module: the folder (or single file) whose name says what it is for."""
    found: dict[tuple[str, Sensitivity], list[str]] = {}
    stated = set(reader.glob(*declared.sensitive_paths)) if declared.sensitive_paths else set()
    for path in reader.files:
        for key in _keys(path, path in stated):
            if key in found or len(found) < MAX_MODULES:
                found.setdefault(key, []).append(path)
    return found


def _keys(path: str, stated: bool) -> list[tuple[str, Sensitivity]]:
    if _PIPELINES.search(path):
        folder = path.rpartition("/")[0]
        return [(f"{folder}/" if path.startswith(".git") and folder else path, Sensitivity.PIPELINE)]
    pure = PurePosixPath(path)
    if (
        is_sample(path)
        or set(pure.parts[:-1]) & _NO_CODE
        or re.search(r"(^|[_.\-])(tests?|spec|conftest)([_.\-]|$)", pure.name)
    ):
        return []
    if _SETTINGS.search(path):
        return [(f"{pure.parent}/" if pure.parent.name == "settings" else path, Sensitivity.SETTINGS)]
    if pure.suffix not in _CODE:
        return []
    module = _module(pure)
    if module:
        return [module]
    return [(f"{pure.parent}/" if str(pure.parent) != "." else path, Sensitivity.DECLARED)] if stated else []


def _module(path: PurePosixPath) -> tuple[str, Sensitivity] | None:
    for position, part in enumerate(path.parts):
        last = position == len(path.parts) - 1
        words = set(re.split(r"[_\-. ]", PurePosixPath(part).stem.lower() if last else part.lower()))
        for kind, names in _WORDS.items():
            if last and kind in (Sensitivity.ADMINISTRATION, Sensitivity.PERSONAL_DATA):
                continue  # Django's admin.py only registers models; `user.py` says little
            if words & names and len(words) <= (2 if last else 3):
                name = "/".join(path.parts[: position + 1])
                return (name if last else f"{name}/"), kind
    return None
