"""Ask deals 2.0 (`client-order/…`) as a CRM does, and the orders and matchers that tests send."""

from typing import Any

import httpx

from cast import Player, moscow
from server import ServerProcess

SERVICE = "/lead-service/v1/api/client-order"
MADE_AT = moscow("2018-03-25", "11:00:00")
ORDER = {"orderNumber": "A-1", "status": "new", "orderDate": "25-03-2018 11:00:00"}
PHONE, MAIL = "79205550055", "olga@example.ru"


def post(server: ServerProcess, player: Player, method: str, document: Any) -> httpx.Response:
    headers = {"Access-Token": player.token, "SiteId": str(player.site.id), "Accept-Language": "en"}
    return server.http.post(f"{SERVICE}/{method}", headers=headers, json=document)


def ask(server: ServerProcess, player: Player, method: str, document: Any) -> list[dict[str, Any]]:
    answer = post(server, player, method, document)
    assert answer.status_code == 200, answer.text
    orders: list[dict[str, Any]] = answer.json()["data"]["orders"]
    return orders


def create(server: ServerProcess, player: Player, *orders: Any, **root: Any) -> list[dict[str, Any]]:
    return ask(server, player, "create", {"crm": "1C", "orders": list(orders), **root})


def search(server: ServerProcess, player: Player, *numbers: str) -> list[dict[str, Any]]:
    return ask(server, player, "search", {"orderNumbers": list(numbers)})


def by(kind: str, **said: Any) -> dict[str, Any]:
    return {"type": kind, f"{kind}Params": said}


RECEPTION = {"type": "customSources", "customSourceParams": {"source": "reception", "medium": "offline"}}
WITHOUT = {"type": "withoutSource"}
