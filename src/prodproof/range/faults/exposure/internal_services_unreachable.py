"""Redis listens on the public address."""

from prodproof.facts import Reason
from prodproof.range.components import postgres, redis
from prodproof.range.components.doors import Doors
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def redis_outside(harbour: Range) -> None:
    """The shop's own Redis; a small one where the form has none."""
    doors = harbour.part(Doors)
    if harbour.has("redis"):
        harbour.part(redis.Redis).publish()
        doors.let_through(redis.PORT)
    else:
        doors.serve(redis.PORT, "redis")


def postgres_outside(harbour: Range) -> None:
    doors = harbour.part(Doors)
    if harbour.has("postgres"):
        harbour.part(postgres.Postgres).publish()
        doors.let_through(postgres.PORT)
    else:
        doors.serve(postgres.PORT, "postgres")


def no_permission(harbour: Range) -> None:
    harbour.repo.replace("prodproof.toml", 'allow = ["port-scan"]', "allow = []")


FAULT = Fault(
    guarantee="exposure.internal-services-unreachable",
    breaks=redis_outside,
    says="redis answers",
    subject="host:harbour.example",
    variants=(postgres_outside,),
    withdraws=no_permission,
    reason=Reason.NOT_PERMITTED,
    needs=("doors",),
    # PostgreSQL speaks TLS, with the certificate that is meant for our own programs.
    touches=("exposure.ports-justified", "exposure.certificate-renews", "exposure.tls-modern"),
)
