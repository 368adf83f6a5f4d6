"""Every page of the cabinet."""

from starlette.routing import Route

from dealtrace.cabinet.welcome import Welcome
from dealtrace.http.client_address import Proxies
from dealtrace.http.rate_limits import RateLimits
from dealtrace.storage.database.engine import Database


def cabinet_routes(database: Database, rate_limits: RateLimits, proxies: Proxies) -> list[Route]:
    """Return the routes of the cabinet, below `/cabinet`."""
    welcome = Welcome(database, rate_limits, proxies)
    return [
        Route("/", welcome.show_home),
        Route("/welcome", welcome.show, methods=["GET"]),
        Route("/welcome", welcome.accept, methods=["POST"]),
    ]
