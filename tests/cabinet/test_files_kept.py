"""A file that was refused is kept with its form: changing an option, and sending the form again, suffices."""

import re
from collections.abc import Mapping
from typing import NamedTuple

import httpx
import pytest

from cast import Stage
from dealtrace.cabinet.settings.uploads import KEPT_SECONDS
from filled_site import CALLS, COST_FORM, COSTS, FilledSite, fill_site
from guests import member_of, text_of
from server import ServerProcess

SPEND = "date;source;medium;campaign;what it was\n2026-03-26;yandex;cpc;x;1500\n"
DEALS = "orderNumber;orderDate;orderStatus;sum\n1;26.03.2018 10:00:00;новая;100\n"
RATES = "currency;date;rate;замечание\nkzt;2026-01-01;0.19;да\n"


class Refused(NamedTuple):
    """A form with a file that is refused: its path, its file and options, and the options that are right."""

    path: str
    file: bytes
    wrong: Mapping[str, str]
    right: Mapping[str, str]


FORMS = (
    Refused("costs", SPEND.encode(), COST_FORM, {**COST_FORM, "heading_cost": "what it was"}),
    Refused("costs", COSTS.encode(), {**COST_FORM, "system": ""}, COST_FORM),
    Refused(
        "settings/imports",
        CALLS.encode("utf-16"),
        {"noun": "call", "encoding": "utf-8"},
        {"noun": "call", "encoding": ""},
    ),
    Refused("settings/imports", CALLS.encode(), {"noun": "nothing", "encoding": ""}, {"noun": "call", "encoding": ""}),
    Refused("settings/rates/import", RATES.encode("cp1251"), {"encoding": "utf-8"}, {"encoding": ""}),
    Refused("settings/agreement", DEALS.encode("cp1251"), {"encoding": "utf-8"}, {"encoding": ""}),
)


@pytest.fixture(scope="module")
def filled(server: ServerProcess, served: Stage) -> FilledSite:
    """Give a site with something on every page."""
    return fill_site(server, served)


def refuse(filled: FilledSite, form: Refused) -> str:
    """Send a form that is refused, and return the key of the file that is kept."""
    answer = filled.owner.send(form.path, files={"file": ("the list.csv", form.file)}, **form.wrong)
    assert answer.status_code == 400, text_of(answer.text)
    assert "The file the list.csv is kept for an hour: choose a file only to replace it." in text_of(answer.text)
    found = re.search(r'name="kept" value="([^"]+)"', answer.text)
    assert found is not None
    return found[1]


def send(filled: FilledSite, form: Refused, key: str, file: tuple[str, bytes] = ("", b"")) -> httpx.Response:
    """Send a form with other options, and a file or none, as a browser does."""
    return filled.owner.send(form.path, files={"file": file}, kept=key, **form.right)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.path)
def test_another_option_suffices(filled: FilledSite, form: Refused) -> None:
    answer = send(filled, form, refuse(filled, form))
    assert answer.is_redirect or answer.status_code == 200, text_of(answer.text)
    assert 'name="kept"' not in answer.text
    if answer.is_redirect:
        assert filled.owner.follow(answer.headers["location"]).status_code == 200


def test_a_file_is_kept_as_often_as_it_is_refused(filled: FilledSite) -> None:
    form = FORMS[0]
    key = refuse(filled, form)
    again = filled.owner.send(form.path, files={"file": ("", b"")}, kept=key, **{**form.right, "percent": "x"})
    assert again.status_code == 400
    assert 'name="kept"' in again.text
    assert send(filled, form, key).is_redirect


@pytest.mark.parametrize(
    ("form", "other", "shown"),
    [
        (FORMS[1], {"account": "another"}, "Account yandex, main"),
        (FORMS[3], {"encoding": "cp1251"}, "the list.csv (utf-8)"),
    ],
    ids=["costs", "imports"],
)
def test_a_preview_imports_what_it_shows_although_other_options_were_chosen_since(
    filled: FilledSite, form: Refused, other: Mapping[str, str], shown: str
) -> None:
    key = refuse(filled, form)
    first = send(filled, form, key).headers["location"]
    again = filled.owner.send(form.path, files={"file": ("", b"")}, kept=key, **{**form.right, **other})
    assert again.is_redirect
    assert again.headers["location"] != first
    assert shown in text_of(filled.owner.follow(first).text)
    assert shown not in text_of(filled.owner.follow(again.headers["location"]).text)


def test_another_file_replaces_the_one_that_is_kept(filled: FilledSite) -> None:
    form = FORMS[0]
    key = refuse(filled, form)
    answer = filled.owner.send(form.path, files={"file": ("costs.csv", COSTS.encode())}, kept=key, **COST_FORM)
    assert answer.is_redirect
    assert "costs.csv" in text_of(filled.owner.follow(answer.headers["location"]).text)
    assert "no longer available" in text_of(send(filled, form, key).text)


def test_only_the_session_that_sent_a_file_can_use_it(server: ServerProcess, served: Stage, filled: FilledSite) -> None:
    form = FORMS[0]
    key = refuse(filled, form)
    other = member_of(server, served, filled.player.site.id)
    answer = other.send(form.path, files={"file": ("", b"")}, kept=key, **form.right)
    assert answer.status_code == 400
    assert f"no longer available: files are stored for {'an hour' if KEPT_SECONDS == 3600 else ''}" in text_of(
        answer.text
    )
    elsewhere = filled.owner.send("settings/imports", files={"file": ("", b"")}, kept=key, noun="call", encoding="")
    assert elsewhere.status_code == 400


def test_costs_that_are_imported_twice_say_the_same(filled: FilledSite) -> None:
    preview = filled.owner.send("costs", files={"file": ("costs.csv", COSTS.encode())}, **COST_FORM).headers["location"]
    path = preview.removeprefix("/cabinet")
    answers = [filled.owner.send(path) for _ in range(2)]
    added = f"/cabinet/{filled.player.site.id}/costs?rows=1&kopecks=150050"
    assert [each.headers["location"] for each in answers] == [added] * 2
    assert filled.owner.follow(preview).status_code == 200
