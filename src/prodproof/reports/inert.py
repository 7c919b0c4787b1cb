"""Text from outside made harmless for the place where it will be shown."""

import re
from xml.sax.saxutils import escape, quoteattr

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~@&])")
LONGEST = 2000


def plain(text: str) -> str:
    """One line without control characters, terminal escapes, direction overrides or lone surrogates."""
    text = text[:LONGEST].encode("utf-8", "backslashreplace").decode("utf-8")
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text.replace("\n", " ").replace("\t", " "))


def markdown(text: str) -> str:
    """Text in which Markdown finds no markup, HTML, mention or link."""
    return re.sub(r"(?i)(https?|ftp)://", r"\1&#58;//", _MARKDOWN.sub(r"\\\1", plain(text))).replace("\\@", "@\u2060")


def xml_text(text: str) -> str:
    """Text for the inside of an XML element."""
    return escape(plain(text))


def xml_attribute(text: str) -> str:
    """A quoted XML attribute value."""
    return quoteattr(plain(text))
