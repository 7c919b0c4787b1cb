"""A user's data can be erased on request from live stores and processors within the declared time; backups expire by
a date, and restores erase again.

Risk: If you cannot find all of a person's data you cannot delete it, and the first request will show that.
Verified: Drill: a synthetic subject is created through the application, erased through its own process, and its
values traced in database, files, logs, search indexes and caches; what must stay (by law, in backups until they
expire) is declared.
Mend: Build erasure into the application, drive it by the data map, log it, and repeat it after every restore.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "data.erasure",
    seeds="M-L2 K-8",
    proof="drill",
    severity="high",
    module=__name__,
)
