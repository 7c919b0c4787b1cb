"""With which rights programs run and how their releases are replaced, as configuration files say it."""

from dataclasses import dataclass

from prodproof.facts.location import Location


@dataclass(frozen=True, kw_only=True)
class ImageUser:
    """The user as which a Dockerfile's last stage runs."""

    user: str | None
    """The last `USER`, variables replaced; None where no stage that it is built on names one."""

    base: str
    """The image that it starts from, `scratch`, or empty where only the build decides."""

    drops_rights: bool = False
    """Its entry point hands over to another user (gosu, su-exec, setpriv, s6)."""

    resolved: bool = True
    """False where the user is named by a build argument without a default."""

    location: Location


@dataclass(frozen=True, kw_only=True)
class ComposeUpdate:
    """`deploy.update_config` of a service."""

    failure_action: str = "pause"
    order: str = "stop-first"
    parallelism: int = 1


@dataclass(frozen=True, kw_only=True)
class ComposeService:
    """A service of a compose file."""

    name: str
    image: str = ""
    user: str | None = None
    privileged: bool = False
    added: tuple[str, ...] = ()
    """Capabilities, in capitals, without `CAP_`."""

    host_namespaces: tuple[str, ...] = ()
    """`pid`, `network`, `ipc`, `userns`, where the host's own is used."""

    mounts: tuple[str, ...] = ()
    """Paths of the host that it sees and that give power over it: sockets, `/`, `/etc` ..."""

    unconfined: tuple[str, ...] = ()
    """Protections that `security_opt` switches off: `seccomp`, `apparmor`."""

    health_check: bool = False
    deployed: bool = False
    """It has a `deploy` section: the file is for a swarm, not only for a developer's machine."""

    update: ComposeUpdate | None = None
    other_platform: bool = False
    """The repository describes another platform (Kubernetes, ECS) that releases run on."""

    location: Location


@dataclass(frozen=True, kw_only=True)
class SystemdUnit:
    """A service unit."""

    name: str
    user: str | None = None
    """`User=`; None means root."""

    dynamic_user: bool = False
    capabilities: tuple[str, ...] | None = None
    """`CapabilityBoundingSet=`; None where it is not limited."""

    ambient: tuple[str, ...] = ()
    no_new_privileges: bool = False
    one_shot: bool = False
    """Runs once and ends: maintenance, not a service that listens."""

    location: Location


@dataclass(frozen=True, kw_only=True)
class EcsService:
    """A service on Amazon ECS, in terraform or CloudFormation."""

    name: str
    controller: str = "ECS"
    """`ECS`, `CODE_DEPLOY` or `EXTERNAL`."""

    circuit_breaker: bool = False
    rolls_back: bool = False
    alarms: bool = False
    minimum_healthy: int | None = None
    """Percent; None where it is not said, which ECS takes for 100."""

    location: Location
