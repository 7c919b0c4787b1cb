"""No secret reaches the browser: bundles, source maps, HTML, storage.

Risk: Whatever the browser receives, every visitor can read.
Verified: Every script, source map and page a visitor can load is fetched and traced.
Mend: Keep secret keys on the server, give the front end only publishable ones, and rotate what was shipped.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "secrets.not-in-frontend",
    seeds="H-5 K-4 H-guide-React",
    proof="outside",
    severity="critical",
    module=__name__,
)
