"""The front end keeps no token in web storage, renders no unsanitised HTML, ships no source maps, and loads third-party
scripts with integrity.

Risk: A token in web storage is readable by every script on the page, so one injected script takes over every visitor's
session.
Verified: The pages are opened in a real browser: storage, scripts, integrity attributes and source maps are read; the
source is searched for unsafe rendering.
Mend: Keep sessions in HttpOnly cookies, sanitise what is rendered as HTML, leave source maps out of production builds,
and add integrity attributes to third-party scripts.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.frontend-safe",
    seeds="H-guide-React",
    proof="outside",
    severity="high",
    module=__name__,
)
