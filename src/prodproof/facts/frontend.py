"""What visitors' browsers are given, searched for secrets."""

from dataclasses import dataclass

from prodproof.facts.traced import Traced


@dataclass(frozen=True, kw_only=True)
class FrontendSearch:
    """One entry point: its pages, scripts, source maps, headers and cookies."""

    traced: Traced
    documents: int
    """How many texts were loaded and searched."""

    scripts: int = 0
    """How many of them are scripts or source maps."""

    leads_to: str | None = None
    """Another declared entry point that it sends every visitor to, and that is searched by itself."""

    status: int = 200
    """Of the entry's own answer, after redirects on its own host."""

    vendors: tuple[str, ...] = ()
    """Hosts of declared vendors whose scripts the pages load; they are the vendors' and were not loaded."""

    certificate_error: str | None = None
