"""Where an HTTPS entry point's plain HTTP counterpart is."""

from urllib.parse import urlsplit

from prodproof.facts.declared import Declared, EntryPoint


def plain_url(about: EntryPoint, declared: Declared) -> str | None:
    """The plain HTTP URL beside an HTTPS entry point.

    A declared `http://` entry point of the same host says its port; port 80 otherwise. None for an entry point that
    is plain HTTP itself.
    """
    parts = urlsplit(about.url)
    if parts.scheme != "https" or not parts.hostname:
        return None
    for other in declared.all_entry_points or declared.entry_points:
        candidate = urlsplit(other.url)
        if candidate.scheme == "http" and candidate.hostname == parts.hostname:
            return f"http://{other.authority}/"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"http://{host}/"
