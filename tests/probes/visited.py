"""The small test site as an outsider visits it: declared, with its names and its authority."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from prodproof.facts.declared import Declared, EntryPoint, Environment, EnvironmentKind, Permission
from prodproof.reach.world import Settings
from prodproof.verdicts import Result
from tests.judging import judged
from tests.servers.site import ADDRESS, HOST, STAGING, Site


class Visited:
    """A site with what is declared of it and how it is reached; tests change all three."""

    def __init__(self, site: Site) -> None:
        shop = EntryPoint(
            url=site.url(), purpose="the shop", owner="ana", canonical=True, allow=frozenset({Permission.ERRORS})
        )
        plain = EntryPoint(
            url=site.http_url(), purpose="redirect to HTTPS", owner="ana", allow=frozenset({Permission.ERRORS})
        )
        staging = EntryPoint(
            url=site.url(STAGING), purpose="review", owner="ana", environment="staging", login=f"file:{site.login_file}"
        )
        production = Environment(name="production")
        self.site = site
        self.settings = Settings(ca_file=site.authority.ca_file, resolve={HOST: ADDRESS, STAGING: ADDRESS})
        self.declared = Declared(
            system="harbour",
            environment=production,
            trusted=True,
            entry_points=(shop, plain),
            all_entry_points=(shop, plain, staging),
            environments=(production, Environment(name="staging", kind=EnvironmentKind.STAGING)),
        )

    def declare(self, **changes: Any) -> None:
        """Replace parts of what is declared (fields of `Declared`)."""
        self.declared = replace(self.declared, **changes)

    def distrust(self) -> None:
        """From now on the site's authority is a stranger."""
        self.settings = replace(self.settings, ca_file=None)

    def judged(self, *ids: str) -> dict[str, Result]:
        """What follows for these guarantees."""
        return judged(self.declared, self.settings, *ids)


@contextmanager
def visited(directory: Path) -> Iterator[Visited]:
    """The healthy site, running."""
    site = Site(directory)
    try:
        yield Visited(site)
    finally:
        site.stop()
