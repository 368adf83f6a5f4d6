"""The IP address of a client, behind proxies or not."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

import structlog
from starlette.types import Scope

from dealtrace.http.asgi import header

_log = structlog.get_logger()


class Proxies:
    """The proxies whose `X-Forwarded-For` is trusted."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self._trusted = [ip_network(network) for network in trusted]
        self._warned = False

    def client_ip(self, scope: Scope) -> str:
        """Return the client's IP address: the last one that no trusted proxy has; empty if it is unknown."""
        peer: str = scope["client"][0] if scope.get("client") else ""
        forwarded = header(scope, b"x-forwarded-for")
        if not forwarded:
            return peer
        if not self._is_trusted(peer):
            self._warn(peer)
            return peer
        for hop in reversed([hop.strip() for hop in forwarded.split(",")]):
            if not self._is_trusted(hop):
                return hop
        return peer

    def _is_trusted(self, ip: str) -> bool:
        try:
            parsed = ip_address(ip)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)

    def _warn(self, peer: str) -> None:
        if not self._warned:
            self._warned = True
            _log.warning("proxy_not_trusted", peer=peer, cure="list it in DEALTRACE_TRUSTED_PROXIES")
