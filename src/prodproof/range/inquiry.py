"""Asking a server of the range over plain HTTP, from where the servers are."""

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

if TYPE_CHECKING:
    from prodproof.range.range import Range

MAX_BODY = 4 * 1024 * 1024


def answers(range: "Range", url: str) -> str | None:
    """None when a URL is answered with success, else what happened instead."""
    try:
        _get(range, url)
    except HTTPError as error:
        error.close()
        return f"answers {error.code}"
    except (URLError, OSError, http.client.HTTPException):
        return "does not answer"
    return None


def read_json(range: "Range", url: str) -> Any:
    """The JSON value that a URL answers with. Raises OSError or ValueError when there is none."""
    return json.loads(_get(range, url))


def _get(range: "Range", url: str) -> bytes:
    opener = build_opener(ProxyHandler({}))

    def ask() -> bytes:
        with opener.open(url, timeout=3) as answer:
            body: bytes = answer.read(MAX_BODY)
        return body

    return range.inside(ask)


def status(range: "Range", address: str, port: int, path: str, host: str) -> int | None:
    """The status of an answer to a host name, whatever it is; None for no answer."""

    def ask() -> int | None:
        connection = http.client.HTTPConnection(address, port, timeout=5)
        try:
            connection.request("GET", path, headers={"Host": host})
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    return range.inside(ask)
