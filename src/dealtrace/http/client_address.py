"""Where a request came from."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network

import structlog
from starlette.types import Scope

from dealtrace.http.asgi import header

_log = structlog.get_logger()


class Proxies:
    """Proxies that are believed about whom they speak for; nobody else is."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self._trusted = [ip_network(network) for network in trusted]
        self._warned = False

    def address_of(self, scope: Scope) -> str:
        """Tell the caller's address; empty when the server does not know it."""
        peer: str = scope["client"][0] if scope.get("client") else ""
        forwarded = header(scope, b"x-forwarded-for")
        if not forwarded:
            return peer
        if not self._is_trusted(peer):
            self._warn_of(peer)
            return peer
        for hop in reversed([hop.strip() for hop in forwarded.split(",")]):
            if not self._is_trusted(hop):
                return hop
        return peer

    def _is_trusted(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)

    def _warn_of(self, peer: str) -> None:
        if not self._warned:
            self._warned = True
            _log.warning("proxy_not_trusted", peer=peer, cure="list it in DEALTRACE_TRUSTED_PROXIES")
