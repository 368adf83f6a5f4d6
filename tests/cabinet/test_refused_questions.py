"""Questions in URLs that have no answer: the page says why in the words of its form, and keeps what was typed."""

import re
from collections.abc import Mapping, Sequence

import pytest

from cast import Stage
from dealtrace.accounts.rights import Role
from dealtrace.cabinet.labels import LABELS
from dealtrace.cabinet.rendering import translations_of
from dealtrace.errors import Language
from filled_site import FilledSite, fill_site
from guests import Guest, member_of, text_of
from server import ServerProcess

REVERSED = {"from": "2026-03-02", "to": "2026-03-01"}
QUESTIONS: Sequence[tuple[str, Mapping[str, str], str]] = (
    ("", {"segment": "removed"}, "Segment: unknown segment “removed”"),
    ("", REVERSED, "First day: must not be after “Last day”"),
    ("", {"from": "yesterday"}, "First day: must be a date"),
    ("", {"period": "zzz"}, "Period: unknown period “zzz”"),
    ("", {"model": "9"}, "Model: unknown model “9”"),
    ("", {"compare": "zzz"}, "Comparison: unknown “zzz”"),
    ("", {"filter": "zzz:is:1"}, "Filters: unknown dimension “zzz”"),
    ("reports", REVERSED, "First day: must not be after “Last day”"),
    ("reports", {"by": "zzz"}, "Group by: unknown dimension “zzz”"),
    (
        "reports",
        {"pivot": "source"},
        "Columns by: “Group by” must have 1 to 2 dimensions other than that of “Columns by”",
    ),
    ("reports", {"metrics": "zzz"}, "Metrics: unknown metric “zzz”"),
    ("reports", {"metrics": "deals", "sort": "zzz"}, "Order of rows: unknown column of this report “zzz”"),
    ("reports", {"date": "zzz"}, "Deals by: unknown “zzz”"),
    ("reports/rows", {"metrics": "deals", **REVERSED}, "First day: must not be after “Last day”"),
    (
        "reports/rows",
        {"metrics": "deals", "by": "source"},
        "Row: keys expected: 1, one for each dimension in “Group by”",
    ),
    ("deals", REVERSED, "First day: must not be after “Last day”"),
    ("deals", {"period": "zzz"}, "Period: unknown period “zzz”"),
    ("deals", {"reason": "zzz", "manager": "Anna"}, "Match reason: unknown “zzz”; choose from the list"),
    ("deals", {"matched": "zzz"}, "Matched: unknown “zzz”"),
    ("deals", {"deleted": "zzz"}, "Deleted deals: unknown “zzz”"),
    ("deals", {"sort": "zzz"}, "Order of rows: unknown “zzz”"),
    ("leads", REVERSED, "First day: must not be after “Last day”"),
    ("leads", {"tab": "zzz"}, "Kinds of leads: unknown “zzz”"),
    ("leads", {"tab": "visits", **REVERSED}, "First day: must not be after “Last day”"),
    ("leads", {"tab": "missed", "done": "zzz"}, "Returned or no longer needed: unknown “zzz”"),
    ("requests", REVERSED, "First day: must not be after “Last day”"),
    ("requests", {"from": "yesterday", "text": "A-1"}, "First day: must be a date"),
    ("requests", {"token": "1"}, "Token: unknown “1”"),
    ("notes", {"kind": "zzz"}, "Kinds of notes: unknown “zzz”"),
    ("/", {"period": "zzz"}, "Period: unknown “zzz”"),
    ("/requests", REVERSED, "First day: must not be after “Last day”"),
)
"""Pages, queries that they refuse, and how the message begins."""
TYPED = ("from", "to", "manager", "text")
"""The parameters that a person types."""
FILES = ("deals.csv", "deals.xlsx", "leads.csv", "reports.csv", "reports/rows.csv")


@pytest.fixture(scope="module")
def filled(server: ServerProcess, served: Stage) -> FilledSite:
    """Give a site with something on every page."""
    return fill_site(server, served)


def faults_in(page: str) -> str:
    """Return the messages of a page that say why something is refused."""
    return " ".join(re.findall(r'role="alert"[^>]*>([^<]*)<', page)).replace("&#39;", "'")


@pytest.mark.parametrize(("page", "query", "words"), QUESTIONS, ids=str)
def test_a_question_without_an_answer_is_refused_in_the_words_of_its_form(
    served: Stage, filled: FilledSite, page: str, query: Mapping[str, str], words: str
) -> None:
    served.open_site()  # the page of all sites is for those who have several
    answer = filled.owner.get(page, **query)
    assert answer.status_code == 400
    assert faults_in(answer.text).startswith(words)
    for name in TYPED:
        if name in query and page != "reports/rows":
            assert re.search(rf'name="{name}"[^>]* value="{query[name]}"', answer.text), name
    assert "<tbody" not in answer.text or page == "notes", "figures of another question are shown"


@pytest.mark.parametrize("file", FILES)
def test_a_file_of_a_refused_question_is_refused(filled: FilledSite, file: str) -> None:
    answer = filled.owner.get(file, metrics="deals", **REVERSED)
    assert answer.status_code == 400
    assert faults_in(answer.text) == "First day: must not be after “Last day”"


def test_missed_calls_ignore_the_period_of_the_url(filled: FilledSite) -> None:
    assert filled.owner.get("leads", tab="missed", **REVERSED).status_code == 200


def test_a_message_lists_the_words_of_pages_instead_of_codes(server: ServerProcess, filled: FilledSite) -> None:
    russian = Guest(server, site_id=filled.player.site.id, secret=filled.owner.secret, language="ru")
    fault = faults_in(russian.get("reports", filter="lead_kind:is:письмо").text)
    assert fault == "Условия: Вид лида: нет значения «письмо»; есть: звонок, заявка"
    assert "есть: Источник, Канал" in faults_in(russian.get("reports", filter="zzz:is:1").text)


@pytest.mark.parametrize(
    ("dimension", "value", "chip"),
    [
        ("weekday", "понедельник", "День недели = понедельник"),
        ("weekday", "Monday", "День недели = понедельник"),
        ("client_kind", "Новый", "Новый или повторный клиент = новый"),
        ("match_reason", "по телефону", "Как найден лид = по телефону"),
        ("device", "телефон", "Устройство = телефон"),
        ("source", "", "Источник без значения"),
    ],
)
def test_the_value_of_a_new_filter_may_be_a_word_that_pages_show(
    server: ServerProcess, filled: FilledSite, dimension: str, value: str, chip: str
) -> None:
    russian = Guest(server, site_id=filled.player.site.id, secret=filled.owner.secret, language="ru")
    added = {"filter_dimension": dimension, "filter_operator": "is", "filter_value": value}
    answer = russian.get("reports", metrics="deals", **added)
    assert answer.status_code == 200
    assert f"{chip} наоборот" in text_of(answer.text)


def test_messages_are_in_the_language_of_the_person(server: ServerProcess, filled: FilledSite) -> None:
    russian = Guest(server, site_id=filled.player.site.id, secret=filled.owner.secret, language="ru")
    assert faults_in(russian.get("", **REVERSED).text) == "С: не может быть позже, чем «По»"


@pytest.mark.parametrize("page", ["", "reports"])
def test_a_reader_sees_no_contact_in_the_names_that_a_message_lists(
    server: ServerProcess, served: Stage, filled: FilledSite, page: str
) -> None:
    filled.owner.send("reports/segments", name="Anna 79161234567", whose="site", query="filter=source:is:a")
    reader = member_of(server, served, filled.player.site.id, Role.READER)
    assert "79161234567" in faults_in(filled.owner.get(page, segment="removed").text)
    assert "79161234567" not in faults_in(reader.get(page, segment="removed").text)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_labels_in_messages_are_those_of_the_forms(
    server: ServerProcess, filled: FilledSite, language: Language
) -> None:
    guest = Guest(server, site_id=filled.player.site.id, secret=filled.owner.secret, language=language)
    text = " ".join(text_of(guest.get(page).text) for page in ("reports", "reports/segments", "deals"))
    text += text_of(Guest(server, language=language).get("/login").text)
    text += text_of(guest.get(f"leads/call/{filled.places['lead']}").text)
    hidden = {"sort", "limit", "key", "models", "ring_back", "chart", "tree"}
    labels = {name: translations_of(language).gettext(label) for name, label in LABELS.items()}
    assert [name for name, label in labels.items() if label not in text and name not in hidden] == []
