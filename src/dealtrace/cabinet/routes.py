"""Every page of the cabinet."""

from starlette.routing import Route

from dealtrace.cabinet.welcome import Welcome
from dealtrace.storage.database.engine import Database


def cabinet_routes(database: Database) -> list[Route]:
    """Return the routes of the cabinet, below `/cabinet`."""
    welcome = Welcome(database)
    return [
        Route("/", welcome.show_home),
        Route("/welcome", welcome.show, methods=["GET"]),
        Route("/welcome", welcome.accept, methods=["POST"]),
    ]
