"""Forms that come too late, twice or too large: the page says what is so, and nothing that was typed is lost."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from cast import Stage
from dealtrace.cabinet.routes import PAGES
from dealtrace.cabinet.settings.uploads import UPLOAD_BYTES_MAX
from filled_site import COST_FORM, NUMBER, FilledSite, fill_site
from guests import Guest, new_user, text_of
from server import ServerProcess
from write_commands import register

TOO_LARGE = b"deal_id;number\n" + b"1;2\n" * (UPLOAD_BYTES_MAX // 4)
OWN = {"sec-fetch-site": "same-origin"}
SENT = [page.path for page in PAGES if page.method == "POST" and not page.is_open and not page.takes_code]
"""The forms that need a session, but for those of the log-in itself."""


@pytest.fixture(scope="module")
def filled(server: ServerProcess, served: Stage) -> FilledSite:
    """Give a site with something on every page."""
    return fill_site(server, served)


def fault_in(answer: httpx.Response) -> str:
    """Return the first message of a page that says why something is refused."""
    found = re.search(r'role="alert"[^>]*>([^<]*)<', answer.text)
    return found[1] if found is not None else ""


def test_a_form_sent_after_the_session_leads_back_to_its_page_and_says_that_nothing_was_saved(
    server: ServerProcess, served: Stage, filled: FilledSite
) -> None:
    site_id = filled.player.site.id
    late = Guest(server, site_id=site_id, secret="over", language="en")
    answer = late.send("settings/tokens", label="crm")
    assert answer.status_code == 303
    page = late.follow(answer.headers["location"])
    assert fault_in(page).startswith("Your session has ended, so nothing you sent was saved.")
    then = re.search(r'name="then" value="([^"]*)"', page.text)
    assert then is not None
    assert then[1] == f"/cabinet/{site_id}/settings/tokens"
    user = new_user(served.database)
    again = late.log_in(user, then=then[1])
    assert again.headers["location"] == then[1]


@pytest.mark.parametrize("path", SENT)
def test_every_form_sent_after_the_session_leads_back_to_a_page(
    server: ServerProcess, filled: FilledSite, path: str
) -> None:
    answer = Guest(server, language="en").http.post(filled.path_of(path), headers=OWN)
    then = httpx.URL(answer.headers["location"]).params["then"]
    assert filled.owner.http.get(then).status_code in (200, 303)


def test_the_page_that_sent_a_form_is_the_one_to_come_back_to(server: ServerProcess, filled: FilledSite) -> None:
    missed = f"/cabinet/{filled.player.site.id}/leads?tab=missed"
    guest = Guest(server, language="en")
    for referer, expected in (
        (f"{server.url}{missed}", missed),
        ("https://evil.example/cabinet/", missed.partition("?")[0]),
        ("http://[", missed.partition("?")[0]),
    ):
        answer = guest.http.post(f"/cabinet/{filled.player.site.id}/leads/missed", headers={**OWN, "referer": referer})
        assert httpx.URL(answer.headers["location"]).params["then"] == expected


def test_logging_out_twice_says_nothing_of_lost_forms(server: ServerProcess) -> None:
    guest = Guest(server, language="en")
    answer = guest.send("/logout")
    assert fault_in(guest.follow(answer.headers["location"])) == ""


UPLOADS: Mapping[str, tuple[Mapping[str, str], str]] = {
    "settings/imports": ({"noun": "deal", "encoding": "utf-8"}, "dealtrace import deals FILE --site {}"),
    "costs": (
        {**COST_FORM, "account": "my own", "percent": "20", "encoding": "utf-8"},
        "dealtrace import costs FILE --site {} --system yandex --account 'my own'",
    ),
    "settings/rates/import": ({"encoding": "utf-8"}, "dealtrace rate import {} FILE"),
    "settings/agreement": ({"encoding": "utf-8"}, "dealtrace agree FILE --site {}"),
}


@pytest.mark.parametrize("path", UPLOADS)
def test_a_file_that_is_too_large_comes_back_with_its_form_and_a_cure(filled: FilledSite, path: str) -> None:
    fields, command = UPLOADS[path]
    answer = filled.owner.send(path, files={"file": ("large.csv", TOO_LARGE)}, **fields)
    assert answer.status_code == 400
    words = text_of(answer.text)
    assert "The file is larger than 20 MB. Split it, or run on the server: " in words
    assert command.format(filled.player.site.id) in words
    for name, value in fields.items():
        kept = (
            rf'name="{name}"[^>]* value="{value}"',
            rf'name="{name}".*?<option[^>]*(?: value="{value}")? selected[^>]*>(?:{value})?',
        )
        assert not value or any(re.search(pattern, answer.text, re.DOTALL) for pattern in kept), name


def test_a_deal_that_is_deleted_or_restored_twice_says_what_is_so(filled: FilledSite) -> None:
    path = f"deals/{filled.places['deal']}"
    assert (
        fault_in(filled.owner.send(path, act="restore")) == "The deal is not deleted, so there is nothing to restore."
    )
    assert filled.owner.send(path, act="delete").is_redirect
    again = filled.owner.send(path, act="delete")
    assert (again.status_code, fault_in(again)) == (400, "The deal is already deleted.")
    assert NUMBER in text_of(again.text)
    late = filled.owner.send(path, act="pin", lead="other", kind="lead_request", id="77")
    assert (late.status_code, fault_in(late)) == (400, "The deal is deleted. Restore it first.")
    assert 'name="id" inputmode="numeric" maxlength="16" value="77"' in late.text
    assert filled.owner.send(path, act="restore").is_redirect
    unpinned = filled.owner.send(path, act="unpin")
    assert fault_in(unpinned) == "The lead of the deal is not pinned, so there is nothing to unpin."
    assert filled.owner.send("deals/999999", act="delete").status_code == 404


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("abc", "ID: enter the ID of the lead, digits only"),
        ("999999", "ID: Call or lead request 999999 not found"),
        ("", "ID: enter the ID of the lead, digits only"),
    ],
)
def test_pinning_to_no_lead_keeps_what_was_typed(filled: FilledSite, typed: str, words: str) -> None:
    answer = filled.owner.send(f"deals/{filled.places['deal']}", act="pin", lead="other", kind="lead_request", id=typed)
    assert (answer.status_code, fault_in(answer)) == (400, words)
    assert f'maxlength="16" value="{typed}" aria-invalid="true"' in answer.text
    assert '<option value="lead_request" selected>' in answer.text
    assert 'value="other" checked' in answer.text


def test_the_number_of_a_restored_deal_that_is_taken_is_named(served: Stage, filled: FilledSite) -> None:
    deal_id = register(served, filled.player, "T-1")
    filled.owner.send(f"deals/{deal_id}", act="delete")
    register(served, filled.player, "T-1", happened_at=datetime.now(UTC) - timedelta(hours=1))
    answer = filled.owner.send(f"deals/{deal_id}", act="restore")
    expected = "Another deal now has the number T-1. First change the number of that deal, or delete it."
    assert (answer.status_code, fault_in(answer)) == (400, expected)


def test_a_lead_that_is_deleted_or_restored_twice_says_what_is_so(filled: FilledSite) -> None:
    path = f"leads/call/{filled.places['lead']}"
    restored = filled.owner.send(path, act="bring_back")
    assert fault_in(restored) == "The lead is not deleted, so there is nothing to restore."
    assert filled.owner.send(path, act="hide").is_redirect
    again = filled.owner.send(path, act="hide")
    assert (again.status_code, fault_in(again)) == (400, "The lead is already deleted.")
    assert filled.owner.send(path, act="bring_back").is_redirect


def test_notes_of_a_lead_that_are_too_long_are_not_lost(filled: FilledSite) -> None:
    path, manager = f"leads/call/{filled.places['lead']}", "m" * 5_000
    answer = filled.owner.send(path, act="note", tags="vip, new", manager=manager, comment="Call\r\nback")
    assert answer.status_code == 400
    assert fault_in(answer).startswith("Manager: the lead would have 5000 characters")
    assert 'name="tags" value="vip, new"' in answer.text
    assert f'value="{manager}" aria-invalid="true" aria-describedby="fault-manager"' in answer.text
    assert ">Call\r\nback</textarea>" in answer.text


def test_a_form_that_is_too_long_says_how_long_it_may_be_and_leads_back(filled: FilledSite) -> None:
    path = f"leads/call/{filled.places['lead']}"
    answer = filled.owner.send(path, act="note", comment="c" * 2_000_000)
    assert (answer.status_code, fault_in(answer)) == (
        413,
        "The form is larger than 1000 KB. Go back, and shorten what you typed or choose a smaller file.",
    )
    assert f'<a href="/cabinet/{filled.player.site.id}/{path}">Back to the form</a>' in answer.text


def test_the_fields_beside_a_file_are_limited_together(filled: FilledSite) -> None:
    fields = {f"field{number}": "f" * 100_000 for number in range(11)}
    answer = filled.owner.send("costs", files={"file": ("costs.csv", b"date;cost")}, **fields)
    assert (answer.status_code, fault_in(answer)[:32]) == (413, "The form is larger than 1000 KB.")
    packed = filled.owner.send("costs", **fields)
    assert packed.status_code == 413, "also where it is not sent as a form with files"


def test_a_form_without_a_login_is_smaller(server: ServerProcess) -> None:
    answer = Guest(server, language="en").send("/login", login="l" * 200_000, password="p")
    assert (answer.status_code, fault_in(answer)[:31]) == (413, "The form is larger than 100 KB.")
