"""Files that people upload on the pages of settings: imports, costs, agreement with the CRM."""

import csv
import html
import io
import os
import re
import secrets
import shutil
import stat
import tempfile
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest
from sqlalchemy import Table, func, select

from cast import Player, Stage, moscow
from dealtrace.accounts.rights import Role
from dealtrace.accounts.token import token_digest
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.cabinet.settings.costs import UNMET_SHOWN
from dealtrace.cabinet.settings.uploads import Owner
from dealtrace.deals.matchers import WITHOUT_SOURCE
from dealtrace.errors import Language
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.reports.costs import list_account_costs
from dealtrace.storage.schema.tables.deals import deal
from dealtrace.storage.schema.tables.leads import call
from guests import Guest, member_of, text_of
from server import ServerProcess
from write_commands import registration

CALLS = """callId;date;clientPhoneNumber;duration
1;26.03.2018 10:00:00;79205550001;60
2;26.03.2018 11:00:00;79205550002;120
3;yesterday;79205550003;60
"""
DEALS = """orderNumber;orderDate;orderStatus;sum
A-1;26.03.2018 10:00:00;Paid;1000
A-2;26.03.2018 11:00:00;New;2000
"""
COSTS = """Дата;Источник;Канал;Кампания;Расход
26.03.2018;yandex;cpc;spring;1500,50
27.03.2018;yandex;cpc;unknown;100
"""
UPLOADS = Path(tempfile.gettempdir()) / f"dealtrace-uploads-{os.getuid()}"


@pytest.fixture
def boss(server: ServerProcess, served: Stage, owner: Player) -> Guest:
    """Give the owner of the site, in English."""
    return member_of(server, served, owner.site.id)


def upload(
    person: Guest, content: str | bytes, *, place: str = "settings/imports", name: str = "calls.csv", **chosen: str
) -> str:
    """Upload a file and return the place of its preview, below the site."""
    data = content.encode() if isinstance(content, str) else content
    answer = person.send(place, files={"file": (name, data)}, **{"noun": "call", "encoding": "", **chosen})
    assert answer.status_code == 303, text_of(answer.text)
    return answer.headers["location"].removeprefix(f"/cabinet/{person.site_id}/")


def compare(person: Guest, content: str, name: str = "list.csv") -> httpx.Response:
    """Compare a list of deals, and return the page with the result."""
    return person.get(upload(person, content, place="settings/agreement", name=name))


def count(served: Stage, owner: Player, table: Table) -> int:
    with served.database.read() as connection:
        mine = select(func.count()).select_from(table).where(table.c.site_id == owner.site.id)
        return int(connection.execute(mine).scalar_one())


def test_calls_are_previewed_then_imported_and_refused_rows_fetched(boss: Guest, served: Stage, owner: Player) -> None:
    place = upload(boss, CALLS, name='<b>my "calls"</b>.csv')
    preview = boss.get(place)
    assert "Rows 3 Will be refused 1" in text_of(preview.text)
    assert "79205550002" in preview.text
    assert "<b>my" not in preview.text
    assert count(served, owner, call) == 0, "a preview stores nothing"
    assert boss.send(place).status_code == 303
    done = boss.get(place)
    assert "Rows imported 2 Rows refused 1" in text_of(done.text)
    assert count(served, owner, call) == 2
    refused = boss.get(f"{place}/refused.csv")
    assert refused.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in refused.headers["content-disposition"]
    lines = refused.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "79205550003" in lines[1]
    assert boss.send(place).status_code == 303, "sent twice, it is imported once"
    assert count(served, owner, call) == 2


def test_a_file_that_was_imported_before_changes_nothing(boss: Guest, served: Stage, owner: Player) -> None:
    for words in ("Imported.", "This file has already been imported. Nothing was changed."):
        place = upload(boss, DEALS, noun="deal")
        boss.send(place)
        assert words in text_of(boss.get(place).text)
    assert count(served, owner, deal) == 2


def folder_of(person: Guest, place: str, purpose: str = "settings/imports") -> Path:
    """Return the folder in which a file waits."""
    owner = Owner(token_digest(person.secret), person.site_id, purpose)
    return UPLOADS / owner.folder_of(place.rpartition("/")[2])


def test_a_file_is_kept_privately_until_it_is_imported(boss: Guest) -> None:
    place = upload(boss, CALLS)
    folder = folder_of(boss, place)
    assert (folder / "sent" / "calls.csv").read_text() == CALLS
    assert [stat.S_IMODE(each.stat().st_mode) for each in (UPLOADS, folder)] == [0o700, 0o700]
    boss.send(place)
    assert not (folder / "sent").exists()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\calls.csv", "calls.csv"),
        ("..", "file"),
        ("я" * 300 + ".csv", "я" * 76 + ".csv"),
        ("😀" * 80 + ".csv", "😀" * 59 + ".csv"),
    ],
)
def test_the_name_of_a_file_leads_nowhere(boss: Guest, name: str, kept: str) -> None:
    folder = folder_of(boss, upload(boss, CALLS, name=name))
    assert [path.name for path in (folder / "sent").iterdir()] == [kept]


def test_a_file_is_not_found_by_others_elsewhere_or_after_an_hour(
    server: ServerProcess, served: Stage, boss: Guest, owner: Player, stranger: Player
) -> None:
    place = upload(boss, CALLS)
    colleague, neighbour = member_of(server, served, owner.site.id), member_of(server, served, stranger.site.id)
    key = place.rpartition("/")[2]
    for person, other in ((colleague, place), (neighbour, place), (boss, f"costs/{key}"), (boss, f"{place}x")):
        assert person.get(other).status_code == 404
        assert person.send(other).status_code == 404
    assert boss.get(f"{place}/refused.csv").status_code == 404
    os.utime(folder_of(boss, place), (time.time() - 4000,) * 2)
    upload(boss, CALLS)
    assert boss.get(place).status_code == 404


@pytest.mark.parametrize("left", ["options.json", "options.json and an empty folder", "a folder without options"])
@pytest.mark.parametrize("purpose", ["settings/imports", "costs"])
def test_a_file_that_is_deleted_while_its_page_is_read_is_gone(boss: Guest, purpose: str, left: str) -> None:
    sent, chosen = (CALLS, {"noun": "call"}) if purpose != "costs" else (COSTS, COST_FORM)
    place = upload(boss, sent, place=purpose, **chosen)
    folder = folder_of(boss, place, purpose)
    if left == "a folder without options":
        (folder / "options.json").unlink()
    else:
        shutil.rmtree(folder / "sent")
    if left.endswith("empty folder"):
        (folder / "sent").mkdir()
    for answer in (boss.get(place), boss.send(place)):
        assert answer.status_code == 404
        assert "The file is no longer available" in text_of(answer.text)


@pytest.mark.parametrize(
    ("content", "chosen"),
    [
        (b"", {}),
        (b"nothing;known\n1;2\n", {}),
        (b"\xd0\xcf\x11\xe0 old Excel", {}),
        (CALLS.encode(), {"noun": "golden"}),
        (CALLS.encode(), {"encoding": "golden"}),
    ],
)
def test_what_is_no_such_table_is_refused_beside_its_field(boss: Guest, content: bytes, chosen: dict[str, str]) -> None:
    form = {"noun": "call", "encoding": "", **chosen}
    answer = boss.send("settings/imports", files={"file": ("x.csv", content)}, **form)
    assert (answer.status_code, 'id="fault-' in answer.text) == (400, True)
    assert boss.send("settings/imports", noun="call", encoding="").status_code == 400, "no file"


def test_a_file_that_is_too_large_is_refused(boss: Guest) -> None:
    large = b"callId;date;clientPhoneNumber\n" + b"x" * (21 << 20)
    answer = boss.send("settings/imports", files={"file": ("x.csv", large)}, noun="call", encoding="")
    assert answer.status_code == 400
    assert "The file is larger than 20 MB." in text_of(answer.text)


COST_FORM = {
    "system": "yandex", "account": "main", "campaign": "auto", "source": "", "medium": "", "vat": "", "percent": "",
    "rate": "",
}  # fmt: skip


def test_an_analyst_imports_costs_after_a_preview_with_what_meets_no_visit(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    served.visit(owner, moscow("2018-03-26"), TrafficSource("yandex", "cpc", "spring"))
    analyst = member_of(server, served, owner.site.id, Role.ANALYST)
    place = upload(analyst, COSTS, place="costs", name="costs.csv", **COST_FORM)
    preview = text_of(analyst.get(place).text)
    assert "Rows 2" in preview
    assert "26 Mar 2018 – 27 Mar 2018" in preview
    assert "unknown" in preview.partition("No visit has")[2]
    assert "spring" not in preview.partition("No visit has")[2]
    days = date(2018, 3, 1), date(2018, 3, 31)
    with served.database.read() as connection:
        assert list_account_costs(connection, owner.site.id, *days) == []
    added = analyst.post(place)
    assert "Imported: rows 2, cost 1 600 ₽." in plain(added.text)
    with served.database.read() as connection:
        stored = list_account_costs(connection, owner.site.id, *days)
    assert [(cost.day_on.day, cost.system, cost.account, cost.amount_kopecks) for cost in stored] == [
        (27, "yandex", "main", 10000),
        (26, "yandex", "main", 150050),
    ]
    again = analyst.send(place)
    assert again.headers["location"].endswith("/costs?rows=2&kopecks=160050"), (
        "a second press leads where the first led"
    )
    with served.database.read() as connection:
        assert list_account_costs(connection, owner.site.id, *days) == stored


@pytest.mark.parametrize(
    ("language", "missing", "cell"),
    [
        (
            "en",
            "Cannot read costs.csv: the first 10 lines lack a column: the day",
            "Cannot read costs.csv: row 3: column “Расход”: expected an amount of 0 or more, such as 1 234.56",
        ),
        (
            "ru",
            "Не удалось прочитать файл costs.csv: в первых строках, до 10-й, нет столбца «День» (date); подойдут",
            "Не удалось прочитать файл costs.csv: строка 3: столбец «Расход»: ожидается сумма, 0 или больше, например",
        ),
    ],
)
def test_a_refused_file_is_explained_in_words_with_its_name_row_and_column(
    server: ServerProcess, served: Stage, owner: Player, language: str, missing: str, cell: str
) -> None:
    analyst = member_of(server, served, owner.site.id, Role.ANALYST, language=language)
    for table, words in (
        ("foo;bar\n1;2\n", missing),
        ("Дата;Расход\n01.03.2024;5\n02.03.2024;much\n", cell),
    ):
        refused = analyst.send("costs", files={"file": ("costs.csv", table.encode())}, **COST_FORM)
        assert refused.status_code == 400
        assert words in text_of(refused.text)


def test_the_preview_of_costs_says_what_they_replace_and_whether_the_account_is_new(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    analyst = member_of(server, served, owner.site.id, Role.ANALYST)

    def preview_of(table: str, **chosen: str) -> str:
        place = upload(analyst, table, place="costs", name="costs.csv", **COST_FORM | chosen)
        return plain(analyst.get(place).text)

    first = preview_of(COSTS)
    assert "yandex, main – a new account: it has no costs yet" in first
    assert "Replaces" not in first
    assert "Accounts with costs" not in first
    assert analyst.send(upload(analyst, COSTS, place="costs", name="costs.csv", **COST_FORM)).status_code == 303
    gap = "Дата;Источник;Канал;Кампания;Расход\n26.03.2018;yandex;cpc;spring;1\n28.03.2018;yandex;cpc;spring;1\n"
    again = preview_of(gap)
    assert "Replaces costs of this account on these days: 1, 1 500 ₽ in total" in again, "not those of the day between"
    assert "The replaced costs are not kept: if you delete the new costs later" in again
    assert "a new account" not in again
    later = preview_of("Дата;Источник;Канал;Кампания;Расход\n29.03.2018;yandex;cpc;spring;1\n")
    assert "Replaces nothing: the account has no costs on these days" in later
    misspelt = preview_of(COSTS, account="mian")
    assert "yandex, mian – a new account: it has no costs yet Accounts with costs: yandex main." in misspelt
    assert "Accounts with costs: yandex main." in preview_of(COSTS, system="yandx"), "the system may be misspelt too"


def test_the_preview_of_costs_warns_of_sources_of_another_system_and_counts_clicks(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    analyst = member_of(server, served, owner.site.id, Role.ANALYST)
    table = "Дата;Источник;Канал;Кампания;Расход;Клики\n26.03.2018;Yandex;cpc;a;1;7\n26.03.2018;vk;cpc;b;1;5\n"

    def preview_of(**chosen: str) -> str:
        place = upload(analyst, table, place="costs", name="costs.csv", **COST_FORM | chosen)
        return plain(analyst.get(place).text)

    assert "Clicks 12 Source The file has sources that do not belong to yandex: vk. Check" in preview_of()
    assert "The file has sources that do not belong to vk: Yandex." in preview_of(system="vk")
    assert "The file has sources" not in preview_of(system="my own"), "whose sources are not known"


@pytest.mark.parametrize(("language", "words"), [("ru", "заполните поле"), ("en", "fill in the field")])
def test_an_empty_account_of_costs_is_asked_for(
    server: ServerProcess, owner: Player, served: Stage, language: Language, words: str
) -> None:
    boss = member_of(server, served, owner.site.id, language=language)
    form = COST_FORM | {"account": ""}
    assert words in boss.send("costs", files={"file": ("costs.csv", COSTS.encode())}, **form).text


def plain(page: str) -> str:
    """Return the text of a page with plain blanks."""
    return re.sub(r"\s+", " ", text_of(page).replace("\u00a0", " ").replace("\u202f", " "))


def test_costs_are_listed_by_month_and_by_day(server: ServerProcess, served: Stage, owner: Player) -> None:
    analyst = member_of(server, served, owner.site.id, Role.ANALYST)
    today = datetime.now(UTC).astimezone(owner.site.time_zone).date()
    table = "Дата;Источник;Канал;Кампания;Расход;Клики;Показы\n" + "".join(
        f"{today:%d.%m.%Y};vk;cpc;{campaign};500;7;90\n" for campaign in ("x", "y")
    )
    place = upload(analyst, table, place="costs", name="costs.csv", **{**COST_FORM, "system": "VK"})
    analyst.send(place)
    month = text_of(analyst.get("costs", by="month").text)
    assert f" {today:%b %Y} vk main 1 000 ₽ 14 180" in month
    assert "Total 1 000 ₽ 14 180" in month
    by_day = text_of(analyst.get("costs", by="day").text)
    assert f"{today.day} {today:%b %Y} vk main 1 000 ₽" in by_day
    assert "vk cpc x" in text_of(analyst.get("costs", unmet="1").text)


def test_campaigns_without_visits_that_are_not_listed_are_counted(
    server: ServerProcess, served: Stage, owner: Player
) -> None:
    analyst = member_of(server, served, owner.site.id, Role.ANALYST)
    today = datetime.now(UTC).astimezone(owner.site.time_zone).date()
    table = "Дата;Источник;Канал;Кампания;Расход\n" + "".join(
        f"{today:%d.%m.%Y};vk;cpc;campaign {number};500\n" for number in range(UNMET_SHOWN + 7)
    )
    place = upload(analyst, table, place="costs", name="costs.csv", **{**COST_FORM, "system": "VK"})
    assert "and 7 more" in text_of(analyst.get(place).text)
    analyst.send(place)
    assert "and 7 more" in text_of(analyst.get("costs", unmet="1").text)


@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        ({"system": ""}, "system"),
        ({"account": "x" * 101}, "account"),
        ({"campaign": "golden"}, "campaign"),
        ({"vat": "added"}, "percent"),
        ({"percent": "101"}, "percent"),
        ({"rate": "-1"}, "rate"),
        ({"source": "x" * 2000}, "source"),
        ({"campaign": "id"}, "file"),
        ({"encoding": "hex"}, "file"),
        ({"encoding": "golden"}, "file"),
    ],
)
def test_choices_of_costs_that_do_not_fit_are_refused_beside_their_fields(
    boss: Guest, chosen: dict[str, str], field: str
) -> None:
    table = COSTS.replace("Кампания", "Кампанияя") if field == "file" else COSTS
    form = {"encoding": "", **COST_FORM, **chosen}
    answer = boss.send("costs", files={"file": ("costs.csv", table.encode())}, **form)
    assert (answer.status_code, re.findall(r'id="fault-(\w+)"', answer.text)) == (400, [field])


UNKNOWN = "Когда;Площадка;Потратили\n26.03.2018;yandex;1500,50\n"


@pytest.mark.parametrize(
    ("table", "chosen", "english", "russian"),
    [
        (UNKNOWN, {}, "If the file has another heading for “Day”", "Если в файле у «День» другой заголовок"),
        (UNKNOWN, {"heading_date": "Кто"}, "Correct the heading for “Day”", "Исправьте заголовок для «День»"),
        ("Дата;Расход\n26.03.2018;1\n", {"system": "avito"}, "Fill in the field “Source of all costs",
         "Заполните поле «Источник всех расходов"),
        ("Дата;Расход, USD\n26.03.2018;1\n", {}, "the price of 1 USD in rubles in the field “Rubles per unit",
         "сколько рублей стоит 1 USD, в поле «Рублей за единицу"),
        ("Дата;Расход, RUB\n26.03.2018;1\n", {"rate": "90"}, "Clear the field “Rubles per unit",
         "Очистите поле «Рублей"),
        ("Дата;Расход без НДС\n26.03.2018;1\n", {"vat": "removed", "percent": "20"},
         "Choose “as in the file” in the field “Tax in the costs”", "Выберите «как в файле» в поле «Налог"),
        ("Date,CampaignId,Cost\n2024-03-01,7,99990001\n", {}, "Choose the unit in the field “Unit of the costs”",
         "Выберите единицу в поле «Единица расходов»"),
        ("Дата;Расход\n26.03.2018;20000000000\n", {}, "Check the field “Unit of the costs”", "Проверьте поле «Единица"),
        (COSTS, {"encoding": "utf-16"}, "in the field “Encoding of a CSV file”", "в поле «Кодировка"),
        ("Дата;Расход;Кампания\n26.03.2018;1;x\n", {"campaign": "id"}, "another heading for “ID of the campaign”",
         "у «ID кампании» другой заголовок"),
    ],
)  # fmt: skip
def test_an_error_in_a_file_names_the_field_that_cures_it(
    boss: Guest, table: str, chosen: dict[str, str], english: str, russian: str
) -> None:
    for language, words in (("en", english), ("ru", russian)):
        boss.http.cookies["language"] = language
        form = {"encoding": "", **COST_FORM, **chosen}
        answer = boss.send("costs", files={"file": ("costs.csv", table.encode())}, **form)
        assert answer.status_code == 400
        fault = re.search(r'id="fault-file">([^<]*)<', answer.text)
        assert fault is not None
        assert words in html.unescape(fault[1])
        assert "--" not in fault[1]
        for name, value in chosen.items():
            assert value in answer.text, name


def test_headings_the_unit_and_names_of_campaigns_are_chosen_on_the_page(
    boss: Guest, served: Stage, owner: Player
) -> None:
    table = "Когда;Площадка;Какая;Потратили\n26.03.2018;avito;Весна;1500500000\n"
    form = {"encoding": "", **COST_FORM}
    refused = boss.send("costs", files={"file": ("costs.csv", table.encode())}, **form)
    assert '<option value="Площадка">' in refused.text
    headings = {"date": "Когда", "source": "площадка", "campaign_name": "Какая", "cost": "Потратили"}
    form |= {f"heading_{name}": heading for name, heading in headings.items()}
    form |= {"unit": "micros", "campaign": "text", "form": "c-{name}", "renames": "Весна = spring"}
    place = upload(boss, table, place="costs", name="costs.csv", **form)
    assert "avito spring 1 500 ₽" in re.sub(r"\s+", " ", text_of(boss.get(place).text))
    boss.send(place)
    with served.database.read() as connection:
        (cost,) = list_account_costs(connection, owner.site.id, date(2018, 3, 26), date(2018, 3, 26))
    assert cost.amount_kopecks == 150050


@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        ({"heading_date": "Дата", "heading_cost": "дата"}, "heading_cost"),
        ({"unit": "pounds"}, "unit"),
        ({"campaign": "text", "form": "no mark"}, "form"),
        ({"renames": "no equals sign"}, "renames"),
        ({"renames": "a=b\nA=c"}, "renames"),
    ],
)
def test_wrong_columns_units_and_names_are_refused_beside_their_fields(
    boss: Guest, chosen: dict[str, str], field: str
) -> None:
    form = {"encoding": "", **COST_FORM, **chosen}
    answer = boss.send("costs", files={"file": ("costs.csv", COSTS.encode())}, **form)
    assert (answer.status_code, re.findall(r'id="fault-(\w+)"', answer.text)) == (400, [field])


def test_a_comparison_names_the_headings_it_accepts_and_takes_usual_ones(boss: Guest) -> None:
    named = boss.send("settings/agreement", files={"file": ("d.csv", b"status;date\nNew;26.03.2018\n")}, encoding="")
    assert named.status_code == 400
    assert "Номер сделки" in named.text
    assert "orderId" in named.text
    table = "Номер;Дата заказа;Стадия;Сумма сделки\nA-1;26.03.2018 10:00:00;Paid;1000\n"
    taken = compare(boss, table)
    assert taken.status_code == 200
    assert "A-1" in text_of(taken.text)


def test_a_list_of_deals_is_compared_and_forgotten(boss: Guest, served: Stage, owner: Player) -> None:
    boss.send(upload(boss, DEALS, noun="deal"))
    name = f"{secrets.token_hex(8)}.csv"
    same = compare(boss, DEALS, name)
    assert (same.status_code, "The lists agree." in text_of(same.text)) == (200, True)
    other = DEALS.replace("Paid;1000", "Paid;1500").replace("A-2", "A-3<script>")
    shown = compare(boss, other, name)
    text = text_of(shown.text)
    assert "The lists do not agree." in text
    assert "Differences: 1 to 3 of 3" in text
    assert "A-1 2 other values" in text
    assert re.search(r'<a href="/cabinet/\d+/deals/\d+"><bdi>A-1</bdi></a>', shown.text)
    assert "dealtrace agree" not in text
    assert "A-3<script>" in text
    assert "<script>" not in shown.text.partition("<main")[2]
    assert name not in {file for _, _, files in os.walk(UPLOADS) for file in files}
    assert count(served, owner, deal) == 2
    for files in (None, {"file": (name, b"nothing\n1\n")}):
        assert boss.send("settings/agreement", files=files, encoding="").status_code == 400


def test_all_differences_of_a_comparison_are_paged_and_in_a_file(boss: Guest, owner: Player) -> None:
    heading, first = DEALS.splitlines()[:2]
    rows = [first.replace("A-1", f"N-{number:03}") for number in range(450)]
    shown = compare(boss, "\n".join([heading, *rows]))
    place = str(shown.url.path).partition(f"/{owner.site.id}/")[2]
    numbers: list[str] = []
    for caption in ("1 to 200 of 450", "201 to 400 of 450", "401 to 450 of 450"):
        assert f"Differences: {caption}" in text_of(shown.text)
        numbers += re.findall(r"<bdi>(N-\d+)</bdi>", shown.text)
        further = re.search(r'rel="next" href="([^"]+)"', shown.text)
        if further is not None:
            shown = boss.follow(html.unescape(further[1]))
    assert further is None
    assert numbers == [f"N-{number:03}" for number in range(450)]
    assert boss.get(place, page="4").status_code == boss.get(place, page="x").status_code == 400
    listed = list(csv.DictReader(io.StringIO(boss.get(f"{place}/differences.csv").content.decode("utf-8-sig"))))
    assert [row["Number"] for row in listed] == numbers
    assert listed[0] == {
        "Row": "2", "Deal ID": "", "Number": "N-000", "What is wrong": "missing here", "What differs": "",
        "Date in the file": "2018-03-26 10:00:00", "Date here": "", "Status in the file": "Paid", "Status here": "",
        "Amount in the file": listed[0]["Amount in the file"], "Amount here": "",
        "Currency in the file": "", "Currency here": "", "Why the row is invalid": "",
    }  # fmt: skip
    assert Decimal(listed[0]["Amount in the file"]) == 1000
    with ZipFile(io.BytesIO(boss.get(f"{place}/differences.xlsx").content)) as book:
        assert "N-449" in " ".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))


def test_differences_are_in_the_language_of_the_person(server: ServerProcess, served: Stage, owner: Player) -> None:
    russian = member_of(server, served, owner.site.id, language="ru")
    place = upload(russian, DEALS, place="settings/agreement")
    assert "Расхождения: с 1 по 2 из 2" in text_of(russian.get(place).text)
    file = russian.get(f"{place}/differences.csv").content.decode("utf-8-sig").splitlines()
    assert file[0].startswith("Строка;ID сделки;Номер сделки;Что не так")
    assert file[1].startswith('2;;"=""A-1""";нет здесь;')


def test_the_result_of_a_comparison_is_of_one_session_and_of_an_hour(
    server: ServerProcess, boss: Guest, served: Stage, owner: Player
) -> None:
    place = str(compare(boss, DEALS).url.path).partition(f"/{owner.site.id}/")[2]
    other = member_of(server, served, owner.site.id)
    for path in (place, f"{place}/differences.csv", f"{place}/differences.xlsx"):
        assert (boss.get(path).status_code, other.get(path).status_code) == (200, 404)
    shutil.rmtree(folder_of(boss, place, "settings/agreement"))
    answer = boss.get(f"{place}/differences.csv")
    assert (answer.status_code, "no longer available" in text_of(answer.text)) == (404, True)


def test_deals_in_another_currency_are_compared_in_that_currency(boss: Guest, served: Stage, owner: Player) -> None:
    at = moscow("2018-03-26", "10:00:00")
    for number, amount in (("A-1", 1000), ("A-9", 7000)):
        kept = {"amount_rub": Decimal(amount), "currency": "usd", "matchers": (WITHOUT_SOURCE,)}
        served.perform(register_deals, owner, registration(number, status="Paid", happened_at=at, **kept))
    file = DEALS.replace("Paid;1000", "Paid;1500")
    text = text_of(compare(boss, file).text)
    for shown in ("In the file 2 deals, 2 000 ₽; without a rate: 1", "1 500 USD", "1 000 USD", "7 000 USD"):
        assert shown in text
    assert "1 500 ₽" not in text
