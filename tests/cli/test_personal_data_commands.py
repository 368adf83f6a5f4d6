"""`dealtrace person`: export and erase, beside a running server."""

from sqlalchemy import select

from cast import Player, Stage, moscow
from commands import Terminal
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.storage.schema.tables.leads import lead_request
from dealtrace.storage.visits.visits import find_visits
from server import ServerProcess

PHONE = "79205557788"


def test_it_states_and_erases_a_person(server: ServerProcess, served: Stage, beside: Terminal, owner: Player) -> None:
    call = served.call(owner, moscow("2018-03-26", "09:55:00"), phone=PHONE, client_name="Иван")
    result = server.register(owner.token, phoneNumber=PHONE, orderComment="Иван просил перезвонить").json()
    assert result["callId"] == call.id
    (site,) = beside.done("person", "export", "8 920 555-77-88", "--site", str(owner.site.id)).json
    assert (site["siteId"], site["client"][0]["name"]) == (owner.site.id, "Иван")
    assert site["deal"][0]["comment"] == "Иван просил перезвонить"

    said = beside.done("person", "erase", PHONE, "--site", str(owner.site.id), typed="y\n").out
    assert "anonymised 1 lead, 1 deal, 0 visits" in said
    changed = server.update(owner.token, orderId=result["orderId"], status="won").json()
    assert changed["order"]["callId"] == call.id
    assert (changed["client"]["fio"], changed["client"]["phones"], changed["orderComments"]) == (None, [], "")
    assert "Not found: " in beside.refused("person", "export", PHONE, "--site", str(owner.site.id))
    assert "Not found: " in beside.refused("person", "erase", PHONE, "--yes")


def test_it_hides_the_contact_in_urls_of_others_too(served: Stage, beside: Terminal, owner: Player) -> None:
    at, source = moscow("2018-03-26", "09:55:00"), TrafficSource("yandex", "cpc")
    served.call(owner, at, phone="79205557791")
    url = "https://shop.example/?phone=8-920-555-77-91"
    theirs = served.visit(owner, at, source, visitor="friend", landing_url=url)
    beside.done("person", "erase", "79205557791", "--yes")
    with served.database.read() as connection:
        assert find_visits(connection, owner.site.id, [theirs.id])[theirs.id].landing_url == (
            "https://shop.example/?phone=•••"
        )


def test_it_asks_before_it_erases(served: Stage, beside: Terminal, owner: Player) -> None:
    served.call(owner, moscow("2018-03-26"), phone="79205557799")
    assert beside.run("person", "erase", "79205557799", typed="n\n").status == 1
    assert beside.done("person", "export", "79205557799").json


def test_its_question_shows_the_contact_without_control_characters(
    served: Stage, beside: Terminal, owner: Player
) -> None:
    served.call(owner, moscow("2018-03-26"), phone="79205557797")
    asked = beside.run("person", "erase", "79205557797, \x1b[2J\u202e", typed="n\n")
    assert r"all data of 79205557797, \u001b[2J\u202e?" in asked.out
    assert "\x1b" not in asked.out + asked.err


def test_it_refuses_a_site_there_is_not(beside: Terminal) -> None:
    assert "Site 999999 not found" in beside.refused("person", "export", PHONE, "--site", "999999")


def test_it_exports_and_erases_a_person_without_a_valid_contact(
    served: Stage, beside: Terminal, owner: Player, stranger: Player
) -> None:
    request = served.lead_request(owner, moscow("2018-03-26"), phone="call me", email=None, client_name="Olga")
    with served.database.read() as connection:
        client_id = str(
            connection.execute(select(lead_request.c.client_id).where(lead_request.c.id == request.id)).scalar_one()
        )
    assert "Not found: " in beside.refused("person", "export", "--client", client_id, "--site", str(stranger.site.id))
    (site,) = beside.done("person", "export", "--client", client_id).json
    assert (site["lead_request"][0]["phone"], site["client"][0]["name"]) == ("call me", "Olga")
    preview = beside.done("person", "erase", "--client", client_id, "--dry-run").out
    assert "would be anonymised: 1 lead, 0 deals, 0 visits" in preview
    assert beside.done("person", "export", "--client", client_id).json
    said = beside.done("person", "erase", "--client", client_id, typed="y\n").out
    assert said.index("would be anonymised: 1 lead") < said.index(f"all data of client {client_id}?")
    assert "anonymised 1 lead, 0 deals, 0 visits" in said
    assert "Not found: " in beside.refused("person", "export", "--client", client_id)


def test_it_wants_a_contact_or_a_client(beside: Terminal) -> None:
    for words in ((), (PHONE, "--client", "1")):
        assert "Give either a phone or e-mail" in beside.run("person", "export", *words).err
