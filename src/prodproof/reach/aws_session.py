"""Sessions with AWS, or with what speaks its language, that log nothing of what is answered."""

import logging
from functools import cache
from typing import Any

from prodproof.reach.secret import Secret


def aws_session(credentials: Secret | None, region: str | None = None) -> Any:
    """A session of botocore, which makes clients of services.

    Args:
        credentials: `KEY_ID:SECRET` or `KEY_ID:SECRET:SESSION_TOKEN`; None: where the AWS tools look for them.
        region: None: as the environment says.
    """
    from botocore.session import Session

    # botocore writes whole answers, values included, to its debug log.
    logger = logging.getLogger("botocore")
    logger.setLevel(max(logger.level, logging.INFO))
    session = Session()
    session.register_component("data_loader", _descriptions())
    if region is not None:
        session.set_config_variable("region", region)
    if credentials is not None:
        key, _, rest = credentials.reveal().partition(":")
        secret, _, token = rest.partition(":")
        session.set_credentials(key, secret, token or None)
    return session


@cache
def _descriptions() -> Any:
    """botocore's descriptions of all services and regions, which are large: read once for all sessions."""
    from botocore.session import Session

    return Session().get_component("data_loader")
