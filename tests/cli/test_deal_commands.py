"""`dealtrace deal`: history, restore, pin and unpin."""

import re
from decimal import Decimal

import pytest

from cast import VLADIVOSTOK, Player, Stage, moscow
from commands import Terminal
from dealtrace.deals.deal_key import DealKey
from dealtrace.deals.matchers import WITHOUT_SOURCE
from dealtrace.operations.deals.delete import delete_deals, restore_deal
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.accounts.users import delete_user
from guests import new_user
from server import ServerProcess
from write_commands import register


def test_history_states_every_version_with_before_and_after(
    server: ServerProcess, beside: Terminal, owner: Player
) -> None:
    deal_id = server.register(owner.token, orderNumber="told", tags="a,b").json()["orderId"]
    server.update(owner.token, orderId=deal_id, status="won", orderSum="2500,50", tags="")
    server.delete(owner.token, orderId=deal_id)
    beside.done("deal", "restore", str(deal_id))
    result = beside.json("deal", "history", str(deal_id))
    assert [(item["version"], item["kind"]) for item in result] == [
        (1, "registered"),
        (2, "changed"),
        (3, "deleted"),
        (4, "restored"),
    ]
    assert {item["siteId"] for item in result} == {owner.site.id}
    assert [item["tokenId"] for item in result] == [owner.token_id] * 3 + [None]
    assert result[1]["before"]["status"] == "new"
    assert result[1]["after"]["status"] == "won"
    assert result[1]["after"]["tags"] == []
    assert result[2]["before"]["deleted_at"] is None
    assert result[3]["after"]["deleted_at"] is None
    said = beside.done("deal", "history", "told", "--site", str(owner.site.id)).out
    assert "won" in said
    assert re.search(r"^4\. restored, .*, by a command$", said, re.MULTILINE), said


def test_the_history_names_the_user_of_the_cabinet_who_changed_a_deal(
    server: ServerProcess, beside: Terminal, owner: Player, served: Stage
) -> None:
    deal_id = server.register(owner.token, orderNumber="by hand").json()["orderId"]
    anna = new_user(served.database, login="anna")
    with served.database.write() as connection:
        work = served.work(connection, owner)
        delete_deals(work, [WriteCommand(DealKey(deal_id, None), user_id=anna.id)])
        restore_deal(work, deal_id, user_id=anna.id)
    versions = beside.json("deal", "history", str(deal_id))
    assert [version["userId"] for version in versions] == [None, anna.id, anna.id]
    assert [version["tokenId"] for version in versions] == [owner.token_id, None, None]
    assert beside.done("deal", "history", str(deal_id)).out.count("user anna") == 2
    with served.database.write() as connection:
        delete_user(connection, anna.id)
    assert beside.done("deal", "history", str(deal_id)).out.count(f"user {anna.id}") == 2


def test_restore_brings_a_deal_back_by_its_id_and_by_its_number(
    server: ServerProcess, beside: Terminal, owner: Player
) -> None:
    for number in ("by its id", "by its number"):
        deal_id = server.register(owner.token, orderNumber=number, tags="x,y").json()["orderId"]
        before = server.journal(owner.token, owner.site.id, orderId=deal_id, withOrdersTags="true").json()["records"]
        server.delete(owner.token, orderId=deal_id)
        assert not server.journal(owner.token, owner.site.id, orderId=deal_id).json()["records"]
        assert number in beside.done("deal", "restore", str(deal_id) if number == "by its id" else number).out
        after = server.journal(owner.token, owner.site.id, orderId=deal_id, withOrdersTags="true").json()["records"]
        assert {**after[0], "updatedDate": None} == {**before[0], "updatedDate": None}


def test_restore_refuses_a_number_that_is_taken_and_a_deal_that_is_there(
    server: ServerProcess, beside: Terminal, owner: Player
) -> None:
    first = server.register(owner.token, orderNumber="reused").json()["orderId"]
    assert "not deleted" in beside.refused("deal", "restore", str(first))
    server.delete(owner.token, orderId=first)
    second = server.register(owner.token, orderNumber="reused").json()["orderId"]
    for name in (str(first), "reused"):
        assert f"is now used by deal orderId {second}" in beside.refused("deal", "restore", name)
    server.delete(owner.token, orderId=second)
    several = beside.refused("deal", "restore", "reused")
    assert str(first) in several
    assert str(second) in several
    beside.done("deal", "restore", str(second))
    assert f"is now used by deal orderId {second}" in beside.refused("deal", "restore", "reused")


def test_a_number_of_two_sites_needs_a_site(
    server: ServerProcess, beside: Terminal, owner: Player, stranger: Player
) -> None:
    for player in (owner, stranger):
        server.register(player.token, orderNumber="on both")
    several = beside.refused("deal", "history", "on both")
    assert f"site {owner.site.id}:" in several
    assert f"site {stranger.site.id}:" in several
    assert "--site" in several
    for player in (owner, stranger):
        result = beside.json("deal", "history", "on both", "--site", str(player.site.id))
        assert result[0]["siteId"] == player.site.id


def test_it_refuses_a_deal_there_is_not(beside: Terminal) -> None:
    for name in ("nobody's", "12345", "9" * 40):
        for command in (("deal", "history"), ("deal", "restore"), ("explain",)):
            assert "not found" in beside.refused(*command, name)


def test_a_pinned_lead_stays_until_it_is_unpinned(
    server: ServerProcess, served: Stage, beside: Terminal, owner: Player
) -> None:
    far = served.call(owner, moscow("2018-03-01"), phone="79990000001")
    lead_request = served.lead_request(owner, moscow("2018-03-01"), email="a@b.ru")
    deal_id = server.register(owner.token, orderNumber="pinned", phoneNumber="79205550055").json()["orderId"]
    deal = (str(deal_id), "--site", str(owner.site.id))
    assert f"pinned to call {far.id}" in beside.done("deal", "pin", *deal, "--call", str(far.id)).out
    near = served.call(owner, moscow("2018-03-26", "09:50:00"), phone="79205550055")
    assert server.update(owner.token, orderId=deal_id).json()["order"]["callId"] == far.id
    assert "Pinned by hand" in beside.done("explain", *deal).out
    assert beside.json("explain", *deal)["pinnedAt"] is not None
    assert f"request {lead_request.id}" in beside.done("deal", "pin", *deal, "--request", str(lead_request.id)).out
    assert "pinned to no lead" in beside.done("deal", "pin", *deal, "--none").out
    assert f"matched to call {near.id}" in beside.done("deal", "unpin", *deal).out
    kinds = [item["kind"] for item in beside.json("deal", "history", *deal)]
    assert kinds == ["registered", "pinned", "pinned", "pinned", "unpinned"]


def test_pin_refuses_what_is_not_there(server: ServerProcess, served: Stage, beside: Terminal, owner: Player) -> None:
    deal_id = str(server.register(owner.token, orderNumber="not pinned").json()["orderId"])
    call = served.call(owner, moscow("2018-03-26"))
    assert "Give exactly one of" in beside.refused("deal", "pin", deal_id)
    assert "Give exactly one of" in beside.refused("deal", "pin", deal_id, "--call", "1", "--none")
    assert "Call or lead request 1 not found" in beside.refused("deal", "pin", deal_id, "--call", "1")
    assert "not found" in beside.refused("deal", "pin", deal_id, "--request", str(call.id))
    assert "not pinned" in beside.refused("deal", "unpin", deal_id)
    server.delete(owner.token, orderId=deal_id)
    assert "not found or deleted" in beside.refused("deal", "pin", deal_id, "--none")


@pytest.mark.parametrize("columns", ["60", "80"])
def test_the_history_is_a_block_a_version_in_the_sites_clock(
    server: ServerProcess, beside: Terminal, served: Stage, columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    player = served.open_site(time_zone=VLADIVOSTOK, contact_matching=True)
    call = served.call(player, moscow("2018-03-26", "02:55:00"), phone="79205550055")
    sent = {"orderDate": "26.03.2018 10:00:00", "phoneNumber": "79205550055", "tags": "x,y", "manager": "Коля"}
    deal_id = server.register(player.token, orderNumber="block", **sent).json()["orderId"]
    server.update(player.token, orderId=deal_id, status="won", manager="")
    shown = beside.done("deal", "history", str(deal_id)).out
    assert "Times are in Asia/Vladivostok." in shown
    first, second = shown.split("\n\n")[1:]
    assert first.startswith("1. registered, 20")
    for line in ("happened_at: 2018-03-26 10:00:00", "tags: x, y", f"lead: call {call.id}", "manager: Коля"):
        assert f"   {line}\n" in first + "\n"
    assert "comment" not in first
    assert "None" not in shown
    assert "status: new → won" in second
    assert "manager: Коля → nothing" in second
    explained = beside.done("explain", str(deal_id)).out
    assert "Created 2018-03-26 10:00:00 (Asia/Vladivostok)" in explained
    assert "window 2018-03-26 09:55:00 to 2018-03-26 12:00:00" in explained
    for line in (shown + explained).splitlines():
        assert len(line) <= 60, line


def test_a_deal_is_shown_as_it_is_now(server: ServerProcess, beside: Terminal, owner: Player) -> None:
    deal_id = server.register(owner.token, orderNumber="shown", orderSum="10.50", tags="x").json()["orderId"]
    server.update(owner.token, orderId=deal_id, status="won")
    server.delete(owner.token, orderId=deal_id)
    result = beside.json("deal", "show", str(deal_id))
    assert (result["orderId"], result["orderNumber"], result["status"], result["tags"]) == (
        deal_id,
        "shown",
        "won",
        ["x"],
    )
    assert result["sum"] == "10.5" or float(result["sum"]) == 10.5
    assert result["deletedAt"] is not None
    shown = beside.done("deal", "show", "shown", "--site", str(owner.site.id)).out
    for line in ("status: won", "happenedAt: 2018-03-26 10:00:00", "lead: no lead", "tags: x", "deletedAt: 20"):
        assert line in shown


def test_the_latest_deals_of_a_site_are_listed(server: ServerProcess, beside: Terminal, served: Stage) -> None:
    player = served.open_site()
    only = ("--site", str(player.site.id))
    assert beside.json("deal", "list", *only) == []
    for day in range(1, 8):
        server.register(player.token, orderNumber=f"n{day}", orderDate=f"0{day}.03.2018 23:59:59")
    server.delete(player.token, orderNumber="n7")

    def listed(*options: str) -> list[str]:
        return [item["orderNumber"] for item in beside.json("deal", "list", *only, *options)]

    assert listed() == ["n1", "n2", "n3", "n4", "n5", "n6"]
    assert listed("--limit", "2") == ["n5", "n6"]
    assert listed("--from", "2018-03-02", "--to", "2018-03-05", "--limit", "3") == ["n3", "n4", "n5"]
    assert listed("--to", "2018-03-01") == ["n1"]
    assert "2018-03-06 23:59  n6  new  1000.00  no lead" in beside.done("deal", "list", *only).out
    assert "--from is after --to" in beside.refused("deal", "list", *only, "--from", "2018-03-02", "--to", "2018-03-01")
    served.open_site()
    refused = beside.run("deal", "list")
    assert refused.status == 2
    assert "Several sites exist. Add --site for one of them: 1, 2" in " ".join(refused.err.split()), refused.err


def test_the_deals_of_the_only_site_need_no_site(terminal: Terminal) -> None:
    assert "No site exists" in terminal.refused("deal", "list")
    terminal.done("site", "create", "Shop")
    assert terminal.json("deal", "list") == []


@pytest.mark.parametrize("name", ["closed_at", "paidAt", "happened_at", "lead"])
def test_a_custom_field_named_like_one_of_ours_is_a_text(
    server: ServerProcess, beside: Terminal, served: Stage, name: str
) -> None:
    player = served.open_site(fields=sorted({name, "kind", "id"}))
    sent = {"custom[kind]": "call", "custom[id]": "опт", f"custom[{name}]": "вчера"}
    deal_id = server.register(player.token, orderNumber="named", **sent).json()["orderId"]
    server.update(player.token, orderId=deal_id, **{f"custom[{name}]": "сегодня"})
    assert f"customFields.{name}: сегодня" in beside.done("deal", "show", str(deal_id)).out
    history = beside.done("deal", "history", str(deal_id)).out
    assert f"custom_values.{name}: вчера\n" in history
    assert f"custom_values.{name}: вчера → сегодня" in history


def test_a_sum_in_another_currency_names_the_currency(beside: Terminal, served: Stage) -> None:
    player = served.open_site()
    no_lead = {"matchers": (WITHOUT_SOURCE,)}
    deal_id = register(served, player, "abroad", amount_rub=Decimal("10.50"), currency="usd", **no_lead)
    register(served, player, "at home", amount_rub=Decimal(700), currency="rub", **no_lead)
    lines = beside.done("deal", "list", "--site", str(player.site.id)).out
    assert "new  10.50 USD  no lead" in lines
    assert "new  700.00  no lead" in lines
    assert beside.json("deal", "show", str(deal_id))["currency"] == "usd"
    assert "currency: usd" in beside.done("deal", "show", str(deal_id)).out
