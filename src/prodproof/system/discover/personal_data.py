"""Models with fields that are about a person."""

import re
from collections.abc import Iterator

from prodproof.facts.repository import RepositoryTree
from prodproof.system.discover.found import Found, Kind, at, files, sections

_CLASS = re.compile(r"^class (\w{1,80})\s*(?:\(([^)]{0,400})\))?:|^model (\w{1,80}) \{", re.MULTILINE)
_FIELD = re.compile(
    r"^[ \t]+(\w{1,80})\s*(?::[^=\n]{1,120})?=\s*(?:\w+\.)?(?:\w*Field|Column|mapped_column|relationship)\(|"
    r"^[ \t]+(\w{1,80})[ \t]+(?:String|DateTime|Json)\b",
    re.MULTILINE,
)
_PERSONAL = re.compile(
    r"(?:^|_)(e_?mail|phone|mobile|telephone|fax|first_?name|last_?name|surname|full_?name|maiden_?name|birth\w*|dob|"
    r"gender|sex|nationality|ssn|social_?security\w*|passport\w*|national_?id|tax_?id|iban|bic|card_?number|"
    r"street\w*|post_?code|postal_?code|zip_?code|home_?address|ip_?address|latitude|longitude|religion|ethnicity|"
    r"health\w*|diagnosis|salary|password)(?:$|_)",
    re.IGNORECASE,
)
_USER_BASE = re.compile(r"\bAbstract(Base)?User\b")
_MAX_SHOWN = 6


def find(tree: RepositoryTree) -> Iterator[Found]:
    """Each class or Prisma model with such fields, or that stands for a user."""
    for file in files(
        tree, r"(.*/)?(models|entities)\.py", r"(.*/)?(models|entities)/[^/]+\.py", r"(.*/)?schema\.prisma"
    ):
        for match, end in sections(_CLASS, file.text):
            names = [one or other for one, other in _FIELD.findall(file.text[match.end() : end])]
            personal = [_snake(name) for name in names if _PERSONAL.search(_snake(name))]
            if _USER_BASE.search(match[2] or ""):
                personal = [*personal, "a user's account"]
            if personal:
                more = f" and {len(personal) - _MAX_SHOWN} more" if len(personal) > _MAX_SHOWN else ""
                detail = ", ".join(dict.fromkeys(personal[:_MAX_SHOWN])) + more
                yield Found(Kind.PERSONAL_DATA, match[1] or match[3], at(file, match.start()), detail)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
