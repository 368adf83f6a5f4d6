"""Every page of the cabinet on one screen."""

from collections.abc import Callable

from starlette.routing import Route

from dealtrace.cabinet.welcome import Welcome
from dealtrace.storage.database.engine import Database


def cabinet_routes(database: Callable[[], Database]) -> list[Route]:
    """List the cabinet's pages; `database` is asked for once the server has started."""
    welcome = Welcome(database)
    return [
        Route("/", welcome.show_home),
        Route("/welcome", welcome.show, methods=["GET"]),
        Route("/welcome", welcome.accept, methods=["POST"]),
    ]
