"""In the Dockerfile, in a layer that a later one hides, in the image's configuration, in a ConfigMap."""

import secrets

from prodproof.facts import Reason
from prodproof.range.components.image import Image
from prodproof.range.fault import Fault
from prodproof.range.range import Range

_USER = "USER 10001\n"


def env_in_the_dockerfile(harbour: Range) -> None:
    """ENV with a literal."""
    harbour.repo.replace("Dockerfile", _USER, f"ENV DATABASE_PASSWORD={secrets.token_urlsafe(18)}\n{_USER}")


def build_argument(harbour: Range) -> None:
    """Whoever builds gives it, and the image's history keeps it."""
    harbour.repo.replace("Dockerfile", _USER, f"ARG REGISTRY_TOKEN\n{_USER}")


def environment_file_copied(harbour: Range) -> None:
    harbour.repo.replace("Dockerfile", _USER, f"COPY .env /app/.env\n{_USER}")


def hidden_by_a_later_layer(harbour: Range) -> None:
    """A file with a declared secret that a later layer deletes."""
    value = harbour.app.environment["HARBOUR_PAYMENTS_WEBHOOK_KEY"]
    harbour.part(Image).build(more=({"app/.env": f"WEBHOOK={value}\n".encode()}, {"app/.wh..env": b""}))


def in_the_images_environment(harbour: Range) -> None:
    """Its configuration has a declared secret."""
    harbour.part(Image).build({"SIGNING": harbour.app.environment["HARBOUR_SECRET_KEY"]})


def in_a_config_map(harbour: Range) -> None:
    """A ConfigMap has a token in clear."""
    harbour.repo.write(
        "k8s/settings.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  namespace: shop\n"
        f"data:\n  WAREHOUSE_TOKEN: {secrets.token_urlsafe(30)}\n",
    )


def not_built(harbour: Range) -> None:
    """The declared image is not there."""
    harbour.part(Image).vanish()


FAULT = Fault(
    guarantee="secrets.not-in-artifacts",
    breaks=env_in_the_dockerfile,
    says="DATABASE_PASSWORD is given a literal value (Dockerfile",
    variants=(
        build_argument,
        environment_file_copied,
        hidden_by_a_later_layer,
        in_the_images_environment,
        in_a_config_map,
    ),
    withdraws=not_built,
    reason=Reason.UNREACHABLE,
    needs=("repo", "image", "application"),
    touches=("secrets.not-in-code", "secrets.in-manager"),
)
