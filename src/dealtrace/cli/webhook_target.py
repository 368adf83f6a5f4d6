"""Refuse a webhook whose receiver no server would send to."""

import asyncio
from urllib.parse import urlsplit

from dealtrace.cli.terminal import explained, fail
from dealtrace.settings import read_settings
from dealtrace.worker.targets import TargetForbidden, TargetUnknown, find_address

_PORTS = {"http": 80, "https": 443}


def check_target(url: str) -> None:
    """End the command if a server with these settings would never send to the host of a URL.

    A name that cannot be resolved now may be resolved later, and what is not a URL is refused by `create_webhook`.
    """
    with explained():
        private = read_settings().webhook_private_targets
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return
    if not host or port is None or not url.isascii():
        return
    try:
        asyncio.run(find_address(host, port, private))
    except TargetForbidden as refused:
        fail(f"url: nothing would be sent there: {refused}.")
    except TargetUnknown:
        return
