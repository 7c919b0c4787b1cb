"""The front end keeps no token in web storage, renders no unsanitised HTML, ships no source maps, and loads third-
party scripts with integrity.

Risk: TODO.
Verified: The pages are opened in a real browser: storage, scripts, integrity attributes and source maps are read;
the source is searched for unsafe rendering.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.frontend-safe",
    seeds="H-guide-React",
    proof="outside",
    severity="medium",
    module=__name__,
)
