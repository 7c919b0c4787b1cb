"""No secret reaches the browser: bundles, source maps, HTML, storage.

Risk: TODO.
Verified: Every script, source map and page a visitor can load is fetched and traced.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "secrets.not-in-frontend",
    seeds="H-5 K-4 H-guide-React",
    proof="outside",
    severity="medium",
    module=__name__,
)
