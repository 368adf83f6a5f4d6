"""A deal's life in both dialects over HTTP, beside a plain model: requests are sent in any order, and sent again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from cast import Player, Stage, moscow
from server import ServerProcess

ORDERS = "/lead-service/v1/api/client-order"
PHONE = "79205550055"
BEGAN_AT = moscow("2018-03-25", "10:00:00")
TAKEN, UNKNOWN = 10042, 10041
NUMBERS = ("A", "B", "C")
WORDS = st.sampled_from(["new", "won"])
SUMS = st.sampled_from(["1", "2.5"])
TEXTS = st.sampled_from(["x", "y"])


@dataclass(frozen=True)
class Expected:
    """A deal of the model; `made_by` is the registration that a retry must equal."""

    deal_id: int
    made_by: tuple[str, Any]
    status: str
    amount: float | None
    manager: str | None = None
    comment: str = ""
    tags: tuple[str, ...] = ()
    has_lead: bool = False


@dataclass
class Model:
    """The undeleted deals by number."""

    deals: dict[str, Expected] = field(default_factory=dict)

    def registered(self, number: str, made_by: tuple[str, Any], deal_id: int | None, code: int | None) -> bool:
        """Check the outcome of a registration; return whether it must have made a new deal."""
        known = self.deals.get(number)
        if known is None:
            assert (deal_id is not None, code) == (True, None)
            assert deal_id not in {deal.deal_id for deal in self.deals.values()}
            return True
        expected = (known.deal_id, None) if known.made_by == made_by else (None, TAKEN)
        assert (deal_id, code) == expected
        return False


def registrations() -> st.SearchStrategy[dict[str, Any]]:
    """Return what both dialects can say of a new deal."""
    return st.fixed_dictionaries(
        {"number": st.sampled_from(NUMBERS), "status": WORDS, "amount": SUMS},
        optional={"manager": TEXTS, "comment": TEXTS, "tag": TEXTS, "phone": st.just(PHONE)},
    )


def changes() -> st.SearchStrategy[dict[str, Any]]:
    """Return what both dialects can change; an empty text erases."""
    return st.fixed_dictionaries(
        {"number": st.sampled_from(NUMBERS)},
        optional={"status": WORDS, "amount": SUMS, "manager": TEXTS | st.just(""), "comment": TEXTS, "tag": TEXTS},
    )


class MixedDialects(RuleBasedStateMachine):
    """Deals of one site, registered, changed, deleted and read by both dialects."""

    server: ServerProcess
    stage: Stage
    kept: Bundle[tuple[str, Any]] = Bundle("kept")

    @initialize()
    def open(self) -> None:
        """Open a site with a call that deals may grow out of."""
        self.player: Player = self.stage.open_site(contact_matching=True)
        self.call = self.stage.call(self.player, BEGAN_AT, phone=PHONE)
        self.model = Model()

    @rule(target=kept, said=registrations())
    def keep_register(self, said: dict[str, Any]) -> tuple[str, Any]:
        """Write a registration of deals 1.0."""
        return "register", said

    @rule(target=kept, said=st.lists(registrations(), min_size=1, max_size=3))
    def keep_create(self, said: list[dict[str, Any]]) -> tuple[str, Any]:
        """Write a list of deals 2.0."""
        return "create", said

    @rule(target=kept, way=st.sampled_from(["update", "change"]), said=changes())
    def keep_change(self, way: str, said: dict[str, Any]) -> tuple[str, Any]:
        """Write a change in either dialect."""
        return way, said

    @rule(target=kept, way=st.sampled_from(["delete", "remove"]), number=st.sampled_from(NUMBERS))
    def keep_delete(self, way: str, number: str) -> tuple[str, Any]:
        """Write a deletion in either dialect."""
        return way, number

    @rule(request=kept, times=st.integers(1, 2))
    def send(self, request: tuple[str, Any], times: int) -> None:
        """Send a request that was written at any time, perhaps twice."""
        way, said = request
        ways: Mapping[str, Callable[[Any], None]] = {
            "register": self._register, "create": self._create, "update": self._update, "change": self._change,
            "delete": self._delete, "remove": self._remove,
        }  # fmt: skip
        for _ in range(times):
            ways[way](said)

    @invariant()
    def both_dialects_show_the_model(self) -> None:
        """Compare what the search of 2.0 and the journal of 1.0 show."""
        if not hasattr(self, "model"):
            return
        for number, found in zip(NUMBERS, self._ask("search", {"orderNumbers": list(NUMBERS)}), strict=True):
            deal = self.model.deals.get(number)
            if deal is None:
                assert found["errorCode"] == UNKNOWN
                continue
            lead = {"leadType": "call", "id": self.call.id} if deal.has_lead else None
            shown = (found["calltouchOrderId"], found["status"], found["revenue"], found["manager"], found["lead"])
            assert shown == (deal.deal_id, deal.status, deal.amount, deal.manager, lead)
            assert (found["comment"]["text"], tuple(tag["tag"] for tag in found["tags"])) == (deal.comment, deal.tags)
        page = self.server.journal(self.player.token, self.player.site.id, dateFrom="25/03/2018", dateTo="25/03/2018")
        records = {record["orderNumber"]: record for record in page.json()["records"]}
        assert {number: record["orderId"] for number, record in records.items()} == {
            number: deal.deal_id for number, deal in self.model.deals.items()
        }
        for number, deal in self.model.deals.items():
            shown_by_1 = (records[number]["orderStatus"], records[number]["plannedAmount"])
            assert shown_by_1 == (deal.status, deal.amount)

    def _register(self, said: dict[str, Any]) -> None:
        names = {"manager": "manager", "comment": "orderComment", "tag": "tags", "phone": "phoneNumber"}
        more = {wire: said[name] for name, wire in names.items() if name in said}
        answer = self.server.register(
            self.player.token, orderNumber=said["number"], orderStatus=said["status"], orderSum=said["amount"],
            orderDate="25.03.2018 11:00:00", **more,
        )  # fmt: skip
        body = answer.json()
        code = int(body["errorCode"]) if "errorCode" in body else None
        self._note(said, ("register", said), body.get("orderId"), code)

    def _create(self, said: list[dict[str, Any]]) -> None:
        answers = self._ask("create", {"orders": [_order(each) for each in said]})
        for each, answer in zip(said, answers, strict=True):
            self._note(each, ("create", each), answer.get("calltouchOrderId"), answer.get("errorCode"))

    def _note(self, said: dict[str, Any], made_by: tuple[str, Any], deal_id: int | None, code: int | None) -> None:
        if self.model.registered(said["number"], made_by, deal_id, code):
            assert deal_id is not None
            self.model.deals[said["number"]] = Expected(
                deal_id, made_by, said["status"], float(said["amount"]), said.get("manager"), said.get("comment", ""),
                (said["tag"],) if "tag" in said else (), "phone" in said,
            )  # fmt: skip

    def _update(self, said: dict[str, Any]) -> None:
        names = {"status": "status", "amount": "orderSum", "manager": "manager", "comment": "comment", "tag": "tags"}
        sent = {wire: said[name] for name, wire in names.items() if name in said}
        answer = self.server.update(self.player.token, orderNumber=said["number"], **sent).json()
        deal = self.model.deals.get(said["number"])
        if deal is None:
            assert answer["errorCode"] == str(UNKNOWN)
            return
        assert answer["order"]["orderId"] == deal.deal_id
        tags = (said["tag"],) if "tag" in said else deal.tags
        self._store(said, deal, comment=said.get("comment", deal.comment), tags=tags)

    def _change(self, said: dict[str, Any]) -> None:
        names = {"status": "status", "amount": "revenue", "manager": "manager"}
        order: dict[str, Any] = {wire: said[name] for name, wire in names.items() if name in said}
        if "comment" in said:
            order["addNewComment"] = {"text": said["comment"]}
        if "tag" in said:
            order["addTags"] = [{"tag": said["tag"]}]
        (answer,) = self._ask("update", {"orders": [{"orderNumber": said["number"], **order}]})
        deal = self.model.deals.get(said["number"])
        if deal is None:
            assert answer["errorCode"] == UNKNOWN
            return
        assert answer["calltouchOrderId"] == deal.deal_id
        comment = "\n".join(filter(None, (deal.comment, said.get("comment"))))
        tags = tuple(dict.fromkeys((*deal.tags, *([said["tag"]] if "tag" in said else []))))
        self._store(said, deal, comment=comment, tags=tags)

    def _store(self, said: dict[str, Any], deal: Expected, *, comment: str, tags: tuple[str, ...]) -> None:
        self.model.deals[said["number"]] = replace(
            deal,
            status=said.get("status", deal.status),
            amount=float(said["amount"]) if "amount" in said else deal.amount,
            manager=said.get("manager", deal.manager),
            comment=comment,
            tags=tags,
        )

    def _delete(self, number: str) -> None:
        answer = self.server.delete(self.player.token, orderNumber=number).json()
        deal = self.model.deals.pop(number, None)
        assert answer.get("orderId") == (deal.deal_id if deal is not None else None)

    def _remove(self, number: str) -> None:
        answers = self._ask("delete", {"orderNumbers": [number, number]})
        was_there = self.model.deals.pop(number, None) is not None
        assert [answer.get("deleted", False) for answer in answers] == [was_there, False]

    def _ask(self, method: str, document: Mapping[str, Any]) -> list[dict[str, Any]]:
        headers = {"Access-Token": self.player.token}
        answer = self.server.http.post(f"{ORDERS}/{method}", headers=headers, json=document)
        assert answer.status_code == 200, answer.text
        orders: list[dict[str, Any]] = answer.json()["data"]["orders"]
        return orders


def _order(said: dict[str, Any]) -> dict[str, Any]:
    order = {
        "orderNumber": said["number"], "status": said["status"], "revenue": said["amount"],
        "orderDate": "25-03-2018 11:00:00",
    }  # fmt: skip
    order |= {"manager": said["manager"]} if "manager" in said else {}
    more: dict[str, Any] = {"comment": {"text": said["comment"]}} if "comment" in said else {}
    more |= {"addTags": [{"tag": said["tag"]}]} if "tag" in said else {}
    if "phone" in said:
        more["matching"] = [{"type": "callContact", "callContactParams": {"phones": [PHONE], "searchDepth": 120}}]
    return order | more


def live(server: ServerProcess, stage: Stage) -> type[MixedDialects]:
    """Return the machine for a server; each of its runs has a site of its own."""
    return type("Lives", (MixedDialects,), {"server": server, "stage": stage})
