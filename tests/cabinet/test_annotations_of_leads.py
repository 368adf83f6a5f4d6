"""What people write on leads keeps its former values, on the page of the lead and in the history of the site."""

import html
import re
from datetime import UTC, datetime

import pytest

from account_work import account_work
from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.leads.annotations import ANNOTATION_VERSIONS_MAX, Addition, Annotations
from dealtrace.leads.call import Call
from dealtrace.leads.lead import LeadKind, LeadRef
from dealtrace.operations.leads.annotate import add_to_leads
from dealtrace.operations.leads.change_in_cabinet import AnnotationsRewrite, rewrite_annotations
from dealtrace.operations.personal_data import erase_person
from dealtrace.storage.leads.annotation_versions import list_annotation_versions
from dealtrace.storage.leads.annotations import find_annotations
from guests import Guest, member_of, text_of
from server import ServerProcess

PHONE = "79205550055"
NOON = datetime(2018, 3, 26, 12, tzinfo=UTC)
FIRST = {"tags": "vip, hot", "manager": "Anna", "comment": "First <b>"}


@pytest.fixture
def site(served: Stage) -> Player:
    """Give a site of its own to each test."""
    return served.open_site()


@pytest.fixture
def call(served: Stage, site: Player) -> Call:
    """Give a call to the site."""
    return served.call(site, NOON, phone=PHONE)


@pytest.fixture
def analyst(server: ServerProcess, served: Stage, site: Player) -> Guest:
    """Log an analyst of the site in."""
    return member_of(server, served, site.site.id, Role.ANALYST)


def notes_of(served: Stage, site: Player, call: Call) -> Annotations:
    ref = LeadRef(LeadKind.CALL, call.id)
    with served.database.read() as connection:
        return find_annotations(connection, site.site.id, [ref], lock=False)[ref].annotations


def note(guest: Guest, call: Call, **notes: str) -> None:
    answer = guest.send(f"leads/call/{call.id}", act="note", **notes)
    assert answer.status_code == 303, text_of(answer.text)


def versions_on(page: str) -> list[str]:
    """Return the texts of the versions on the page of a lead."""
    history = page.partition(">What was changed and by whom<")[2].partition("</ol>")[0]
    return [" ".join(html.unescape(re.sub("<[^>]*>", " ", item)).split()) for item in history.split("<li>\n")[1:]]


def undoable_on(page: str) -> list[str]:
    return re.findall(r'name="version" value="(\d+)"', page)


def test_the_page_of_a_lead_shows_what_stood_there_before_and_undoes_it(
    served: Stage, site: Player, call: Call, analyst: Guest
) -> None:
    place = f"leads/call/{call.id}"
    assert "What was changed and by whom" not in analyst.get(place).text
    untouched = notes_of(served, site, call)
    note(analyst, call, **FIRST)
    first = notes_of(served, site, call)
    note(analyst, call, **{**FIRST, "comment": "Second"})
    second = notes_of(served, site, call)
    page = analyst.get(place).text
    newest, oldest = versions_on(page)
    assert analyst.login in newest
    assert "Comment: First <b> → Second" in newest
    assert "Manager" not in newest
    assert "Tags: – → vip, hot" in oldest
    assert "Changed again since" in oldest
    assert undoable_on(page) == ["2"]
    assert analyst.send(place, act="undo", version="2").status_code == 303
    assert notes_of(served, site, call) == first
    assert undoable_on(analyst.get(place).text) == ["3", "1"]
    assert analyst.send(place, act="undo", version="3").status_code == 303
    assert notes_of(served, site, call) == second, "an undo can be undone"
    for version in ("4", "1"):
        assert analyst.send(place, act="undo", version=version).status_code == 303
    assert notes_of(served, site, call) == untouched


def test_the_latest_notes_are_undone_from_the_history_of_the_site(
    server: ServerProcess, served: Stage, site: Player, call: Call, analyst: Guest
) -> None:
    note(analyst, call, **FIRST)
    first = notes_of(served, site, call)
    note(analyst, call, tags="", manager="", comment="")
    owner = member_of(server, served, site.site.id)
    changes = owner.get("settings/changes").text
    assert text_of(changes).count(f"Call {call.id}, notes changed") == 2
    (version,) = undoable_on(changes)
    assert "First" not in changes, "notes may have contacts"
    owner.send(f"leads/call/{call.id}", act="undo", version=version)
    assert notes_of(served, site, call) == first


def test_what_a_program_added_since_is_not_overwritten(served: Stage, site: Player, call: Call, analyst: Guest) -> None:
    place = f"leads/call/{call.id}"
    note(analyst, call, **FIRST)
    with served.database.write() as connection:
        work = served.work(connection, site)
        add_to_leads(work, [(LeadRef(LeadKind.CALL, call.id), Addition(comment="Added"))])
    added = notes_of(served, site, call)
    page = analyst.get(place).text
    assert "by a program" in versions_on(page)[0]
    assert "Comment: First <b> → First <b> Added" in versions_on(page)[0]
    assert undoable_on(page) == ["2"], "only what the program did last"
    refused = analyst.send(place, act="undo", version="1")
    assert refused.status_code == 400
    assert "Comment: has been changed again since" in text_of(refused.text)
    assert notes_of(served, site, call) == added
    assert analyst.send(place, act="undo", version="2").status_code == 303
    assert notes_of(served, site, call).comment == FIRST["comment"]


def test_what_programs_overwrite_through_the_api_comes_back(
    server: ServerProcess, served: Stage, site: Player, call: Call, analyst: Guest
) -> None:
    note(analyst, call, **FIRST)
    first = notes_of(served, site, call)
    matching = [{"type": "call", "callParams": {"callId": call.id}}]
    replacing = {"matching": matching, "addTags": {"tags": ["cold"], "overwrite": True}}
    headers = {"Access-Token": site.token, "SiteId": str(site.site.id)}
    answer = server.http.post("/lead-service/v1/api/tag/lead/add", headers=headers, json={"leads": [replacing]})
    assert answer.status_code == 200
    assert notes_of(served, site, call).tags == ("cold",)
    assert analyst.send(f"leads/call/{call.id}", act="undo", version="2").status_code == 303
    assert notes_of(served, site, call) == first


def test_custom_fields_that_a_program_clears_come_back(server: ServerProcess, served: Stage) -> None:
    site = served.open_site(fields=["city"])
    guest = member_of(server, served, site.site.id, Role.ANALYST)
    call = served.call(site, NOON, annotations=Annotations(custom_values={"city": "Владимир"}))
    headers = {"Access-Token": site.token, "SiteId": str(site.site.id)}
    cleared = {"callId": call.id, "customFields": ["city"]}
    answer = server.http.post("/lead-service/v1/api/customfield/delete", headers=headers, json=cleared)
    assert answer.status_code == 200, answer.text
    assert notes_of(served, site, call).custom_values == {}
    assert "city: Владимир → –" in versions_on(guest.get(f"leads/call/{call.id}").text)[0]
    assert guest.send(f"leads/call/{call.id}", act="undo", version="1").status_code == 303
    assert notes_of(served, site, call).custom_values == {"city": "Владимир"}
    assert "city: – → Владимир" in versions_on(guest.get(f"leads/call/{call.id}").text)[0]


def test_what_does_not_exist_is_not_undone(
    server: ServerProcess, served: Stage, site: Player, call: Call, analyst: Guest
) -> None:
    note(analyst, call, **FIRST)
    other = served.lead_request(site, NOON, phone="79991112233")
    for place, version in (
        (f"leads/call/{call.id}", "2"),
        (f"leads/call/{call.id}", "x"),
        (f"leads/request/{other.id}", "1"),
    ):
        assert analyst.send(place, act="undo", version=version).status_code == 404
    stranger = served.open_site()
    theirs = member_of(server, served, stranger.site.id, Role.ANALYST)
    assert theirs.send(f"leads/call/{call.id}", act="undo", version="1").status_code == 404


def test_versions_are_erased_with_the_person_and_are_limited(stage: Stage, shop: Player) -> None:
    call = stage.call(shop, NOON, phone=PHONE)
    ref = LeadRef(LeadKind.CALL, call.id)
    notes = [AnnotationsRewrite(ref, (), "", f"Ivan {number}") for number in range(ANNOTATION_VERSIONS_MAX + 3)]
    stage.perform(rewrite_annotations, shop, *notes)
    with stage.database.write() as connection:
        kept = list_annotation_versions(connection, shop.site.id, call.id)
        assert [version.version for version in kept] == list(range(4, ANNOTATION_VERSIONS_MAX + 4))
        erase_person(account_work(connection), [shop.site], PHONE)
        assert list_annotation_versions(connection, shop.site.id, call.id) == []
