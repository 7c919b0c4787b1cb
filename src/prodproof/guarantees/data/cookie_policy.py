"""Every public domain has a cookie policy that is true: nothing but necessary cookies before consent, none that is
not listed.

Risk: A tracker that loads before the visitor agrees is a complaint waiting to be filed, with the evidence on your
own page.
Verified: A real browser visits before consent, after refusal, acceptance and withdrawal, from the declared
region, with the banner seen; a cookie or storage entry that the policy page does not list is a finding; whether a
listed one is necessary is the declaration's claim; no declaration is unknown.
Mend: Load nothing but necessary cookies before consent, list every cookie on the policy page, and make refusal as
easy as acceptance.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.cookie-policy",
    seeds="M-L7",
    proof="outside",
    severity="medium",
    module=__name__,
)
