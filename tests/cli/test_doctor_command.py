"""`dealtrace doctor`."""

import shlex
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from cast import MOSCOW, Player, Stage
from commands import Terminal
from dealtrace.operations.overview.problems import ProblemKind
from dealtrace.reports.statuses import STATUSES_MAX
from dealtrace.storage.accounts.installation import record_backup
from dealtrace.storage.accounts.unknown_names import list_unknown_parameters
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.schema.tables.control import user
from dealtrace.storage.schema.tables.leads import contact, contact_reading, lead_contact
from dealtrace.storage.schema.tables.reports import deal_status
from dealtrace.storage.schema.tables.site_data import unknown_field, unknown_parameter
from problem_scenes import SCENES
from server import REGISTER, ServerProcess, deal_parameters, free_port
from waiting import wait_until
from write_commands import NOON


def found(terminal: Terminal) -> list[dict[str, Any]]:
    """List all that the doctor finds; the exit status says whether it found anything."""
    finished = terminal.run("doctor", "--json")
    problems = [finding for finding in finished.json if not finding.get("hint")]
    assert finished.status == (1 if problems else 0), finished
    return list(finished.json)


def said(terminal: Terminal) -> str:
    """Return what the doctor tells a person."""
    finished = terminal.run("doctor")
    assert finished.status in (0, 1), finished
    return finished.out


def findings(terminal: Terminal, kind: str, **wanted: Any) -> list[dict[str, Any]]:
    """List what the doctor finds of a kind."""
    return [
        item
        for item in found(terminal)
        if item["kind"] == kind and all(item[name] == value for name, value in wanted.items())
    ]


def wait_for_parameters(stage: Stage, player: Player, number: int = 1) -> None:
    """Wait until a server, which does so once a second, has stored a number of unknown parameters of a site.

    The database is asked, since each call of the doctor takes 0.2 s of CPU.
    """

    def are_stored() -> bool:
        with stage.database.read() as connection:
            return len(list_unknown_parameters(connection, player.site.id)) >= number

    wait_until(are_stored)


def test_it_misses_a_site_and_a_user_and_then_nothing(terminal: Terminal) -> None:
    no_site, no_user = found(terminal)
    assert (no_site["kind"], no_user["kind"]) == ("sites", "users")
    shown = said(terminal)
    assert "dealtrace site create NAME" in shown
    assert "dealtrace user create LOGIN" in shown
    terminal.done("site", "create", "Shop")
    terminal.done("user", "create", "anna", new_password="correct horse battery")
    assert found(terminal) == []
    in_use, shown = said(terminal).splitlines()
    assert in_use.startswith("The database in use: ")
    assert no_site["text"] == f"There are no sites in {in_use.removeprefix('The database in use: ')}."
    assert shown == "No problems found."


def test_it_counts_unknown_fields_and_its_cure_adds_them(
    server: ServerProcess, beside: Terminal, owner: Player
) -> None:
    names = ("it's", "цвет кожи", "$(rm -rf)")
    for number in range(3):
        sent = {f"custom[{name}]": "x" for name in names[: number + 1]}
        server.register(owner.token, orderNumber=f"doctor{number}", **{"custom[margin]": "1"}, **sent)
    unknown = findings(beside, "unknown_field", site_id=owner.site.id)
    assert {item["name"]: item["seen"] for item in unknown} == dict(zip(names, (3, 2, 1), strict=True))
    for item in unknown:
        assert item["cure"] in said(beside)
        program, *arguments = shlex.split(item["cure"])
        assert program == "dealtrace"
        beside.done(*arguments)
    assert not findings(beside, "unknown_field", site_id=owner.site.id)
    assert set(beside.json("field", "list", str(owner.site.id))) == {"margin", *names}


def test_it_lists_settings_that_do_not_exist(terminal: Terminal) -> None:
    terminal.done("site", "create", "Shop")
    listed = terminal.run("doctor", "--json", PROT="9").json
    (unknown,) = [finding for finding in listed if finding["kind"] == "unknown_setting"]
    assert unknown["name"] == "DEALTRACE_PROT"
    assert "Did you mean DEALTRACE_PORT?" in unknown["text"]


def test_it_lists_misspelt_parameters_with_the_nearest_name(
    server: ServerProcess, beside: Terminal, served: Stage, owner: Player, stranger: Player
) -> None:
    for _ in range(2):
        server.register(owner.token, orderNumbr="1")
    server.update(owner.token, orderId=1, orderStatus="won")
    server.http.get(f"/calls-service/RestAPI/requests/{owner.site.id}/register/", params={"phone": "1", "fio": "x"})
    server.journal(owner.token, owner.site.id, datefrom="01/01/2018", dateFrom="01/01/2018", dateTo="02/01/2018")
    server.register("wrong", mangler="1")
    listed = {"calls": [{"referenceId": "1", "clientPhoneNumbr": "1"}, 7], "clientPhone": 1}
    headers = {"Access-Token": owner.token}
    server.http.post("/lead-service/v1/api/call/import?cals=1", headers=headers, json=listed)
    server.register(stranger.token, managr="1")

    def found() -> dict[str, tuple[int, str]]:
        result = findings(beside, "unknown_parameter", site_id=owner.site.id)
        return {f"{item['path'].split('/')[-1]} {item['name']}": (item["seen"], item["nearest"]) for item in result}

    wait_for_parameters(served, owner, 7)
    assert found() == {
        "register orderNumbr": (2, "orderNumber"),
        "update-by-id orderStatus": (1, "status"),
        "register phone": (1, "phoneNumber"),
        "orders datefrom": (1, "dateFrom"),
        "import clientPhoneNumbr": (1, "clientPhoneNumber"),
        "import clientPhone": (1, "clientPhoneNumber"),
        "import cals": (1, "calls"),
    }
    assert "Did you mean orderNumber?" in said(beside)
    wait_for_parameters(served, stranger)
    (other,) = findings(beside, "unknown_parameter", site_id=stranger.site.id)
    assert (other["name"], other["nearest"]) == ("managr", "manager")


def test_it_lists_keys_beside_a_list_with_the_place_where_they_belong(
    server: ServerProcess, beside: Terminal, served: Stage
) -> None:
    player = served.open_site()
    headers = {"Access-Token": player.token, "SiteId": str(player.site.id)}
    request = {"requestNumber": "1", "phoneNumber": "+79205550055", "requestDate": "26-03-2018 10:00:00"}
    order = {"orderNumber": "1", "status": "new", "orderDate": "26-03-2018 10:00:00", "orderStatus": "new"}
    matching = [{"type": "requestContact", "requestContactParams": {"phones": ["1"]}}]
    tags = {"matching": matching, "addTags": {"tags": ["a"]}}
    bodies: dict[str, dict[str, object]] = {
        "client-order/create": {
            "crm": "1C",
            "orders": [order],
            "order": [],
            "deals": [order],
            "comment": {"text": "x"},
        },
        "client-order/update": {"crmName": "1C", "orders": [{"orderNumber": "1"}]},
        "client-order/search": {"orderNumbers": ["1"], "crm": "1C"},
        "request/create": {"requests": [request], "addTags": ["a"], "siteId": player.site.id},
        "tag/lead/add": {"leads": [tags], "overwrite": True, "tags": {"calls": [{"txt": 1}]}},
    }
    for path, body in bodies.items():
        server.http.post(f"/lead-service/v1/api/{path}", headers=headers, json=body)

    def found() -> dict[str, str | None]:
        result = findings(beside, "unknown_parameter", site_id=player.site.id)
        return {f"{item['path'].split('/')[-1]} {item['name']}": item["nearest"] for item in result}

    wait_for_parameters(served, player, 9)
    assert found() == {
        "create orderStatus": "status",
        "create order": "orders",
        "create deals": None,
        "create comment": "orders.comment",
        "update crmName": "crm",
        "search crm": None,
        "create addTags": "requests.addTags",
        "add overwrite": None,
        "add tags": "addTags",
    }
    assert "Did you mean orders.comment?" in said(beside)


def test_it_lists_misspelt_keys_inside_items(server: ServerProcess, beside: Terminal, served: Stage) -> None:
    player = served.open_site()
    headers = {"Access-Token": player.token}
    call = {
        "referenceId": "1", "clientPhoneNumber": "1", "callStartTime": "2018-03-26 09:50:00",
        "customSources": {"sorce": "x"}, "customFields": [{"feild": "a", "value": 1}, {"field": "b", "valu": 1}],
        "comment": {"text": "a", "txt": "b"}, "addTags": [{"tag": "a"}, "b"],
    }  # fmt: skip
    server.http.post("/lead-service/v1/api/call/import", headers=headers, json={"calls": [call, call, 7]})
    order = {
        "orderNumber": "1", "status": "new", "orderDate": "26-03-2018 10:00:00",
        "orderContacts": {
            "mainContacts": {"phoneNumbers": "1", "fio": "a"}, "otherContacts": {"emails": ["a"]}, "x": {"y": 1},
        },
        "matching": [
            {"type": "leadContact", "leadContactParams": {"phone": ["1"], "withChats": True}},
            {"type": "customSources", "customSourceParams": {"source": "a"}, "customSourcesParams": {"source": "a"}},
            {"type": "chatContact", "chatContactParams": {"tgIds": ["1"]}},
        ],
        "products": [{"name": "a", "price": 1, "prise": 2}],
    }  # fmt: skip
    server.http.post("/lead-service/v1/api/client-order/create", headers=headers, json={"crm": "a", "orders": [order]})

    def found() -> dict[str, tuple[int, str | None]]:
        result = findings(beside, "unknown_parameter", site_id=player.site.id)
        return {item["name"]: (item["seen"], item["nearest"]) for item in result}

    wait_for_parameters(served, player, 10)
    assert found() == {
        "customSources.sorce": (2, "customSources.source"),
        "customFields.feild": (2, "customFields.field"),
        "customFields.valu": (2, "customFields.value"),
        "comment.txt": (2, "comment.text"),
        "orderContacts.mainContacts.phoneNumbers": (1, "orderContacts.mainContacts.phoneNumber"),
        "orderContacts.otherContacts.emails": (1, "orderContacts.otherContacts.email"),
        "orderContacts.x": (1, None),
        "matching.leadContactParams.phone": (1, "matching.leadContactParams.phones"),
        "matching.customSourcesParams": (1, "matching.customSourceParams"),
        "products.prise": (1, "products.price"),
    }


def test_it_lists_unknown_parameters_of_the_counter_but_none_of_its_scripts(
    server: ServerProcess, beside: Terminal, served: Stage, stranger: Player
) -> None:
    site = str(stranger.site.id)
    server.http.get(f"/counter/{site}.js", params={"v": "2"})
    server.http.get("/init.js", params={"id": site, "v": "2"})
    page = {"siteId": site, "url": "https://shop.ru/", "refferer": "5", "sessionid": "7"}
    assert server.http.post("/counter/visit", data=page).json()["sessionId"]
    wait_for_parameters(served, stranger, 2)
    listed = findings(beside, "unknown_parameter", site_id=stranger.site.id)
    of_counter = {item["name"]: item["nearest"] for item in listed if item["path"] == "/counter/visit"}
    assert set(of_counter) == {"refferer", "sessionid"}
    assert of_counter["refferer"] == "referrer"
    assert "v" not in {item["name"] for item in listed}


def test_of_many_names_it_shows_the_most_frequent_and_says_where_all_are(terminal: Terminal) -> None:
    terminal.done("site", "create", "Shop")
    database = open_database(terminal.url)
    seen = {f"n{number:03}": 200 - number for number in range(150)}
    rows = [{"site_id": 1, "name": name, "seen": times, "last_seen_at": NOON} for name, times in seen.items()]
    with database.write() as connection:
        connection.execute(insert(unknown_field), rows)
        connection.execute(insert(unknown_parameter), [{**row, "path": "/register"} for row in rows])
    database.close()
    shown = " ".join(said(terminal).split())
    for words in ("more custom fields that were sent but not stored.", "more parameters that have no effect."):
        assert f"Site 1: 130 {words}" in shown
    assert shown.count("doctor --json lists all of them") == 2
    assert "custom[n019]" in shown
    assert "custom[n020]" not in shown
    assert len(findings(terminal, "unknown_field")) == len(findings(terminal, "unknown_parameter")) == 150


def test_it_lists_matchers_that_an_update_of_deals_ignores(
    server: ServerProcess, beside: Terminal, served: Stage, owner: Player
) -> None:
    headers = {"Access-Token": owner.token}
    order = {"orderNumber": "A-1", "matching": [{"type": "withoutSource"}], "reMatching": [{"type": "withoutSource"}]}
    server.http.post("/lead-service/v1/api/client-order/update", headers=headers, json={"orders": [order]})
    wait_for_parameters(served, owner)
    (found,) = findings(beside, "unknown_parameter", site_id=owner.site.id)
    assert (found["name"], found["nearest"], found["seen"]) == ("matching", "reMatching", 1)
    assert found["path"] == "/lead-service/v1/api/client-order/update"


def test_what_is_known_is_no_unknown_parameter(
    server: ServerProcess, beside: Terminal, served: Stage, owner: Player
) -> None:
    server.register(owner.token, **{"custom[other]": "1", "orderNumber": "", "manager": " "})
    server.register(owner.token, orderNumbr="1")
    wait_for_parameters(served, owner)
    assert [finding["name"] for finding in findings(beside, "unknown_parameter", site_id=owner.site.id)] == [
        "orderNumbr"
    ]


def test_it_counts_the_fields_beyond_the_first_thousand_together(
    server: ServerProcess, beside: Terminal, owner: Player
) -> None:
    for batch in range(6):
        sent = {f"custom[{batch}-{number}]": "x" for number in range(200)}
        server.http.post(REGISTER, data=deal_parameters(owner.token, orderNumber=f"many{batch}", **sent))
    found = findings(beside, "unknown_field", site_id=owner.site.id)
    assert len(found) == 1001
    assert [(item["seen"], item["cure"]) for item in found if not item["name"]] == [(200, "")]


def test_it_counts_contacts_that_match_nothing(server: ServerProcess, beside: Terminal, owner: Player) -> None:
    today = f"{datetime.now(MOSCOW) - timedelta(minutes=5):%d.%m.%Y %H:%M:%S}"
    server.register(owner.token, orderNumber="bad phone", orderDate=today, phoneNumber="soon")
    server.register(owner.token, orderNumber="bad e-mail", orderDate=today, phoneNumber="79160000004", email="nowhere")
    server.register(owner.token, orderNumber="long ago", orderDate="01.03.2018 12:00:00", phoneNumber="never")
    gone = server.register(owner.token, orderNumber="gone", orderDate=today, phoneNumber="later")
    deal_id = gone.json()["orderId"]
    server.delete(owner.token, orderId=deal_id)
    (finding,) = findings(beside, "unusable_contact", site_id=owner.site.id)
    assert finding["seen"] == 2


def test_it_counts_leads_with_contacts_that_match_nothing(beside: Terminal, served: Stage) -> None:
    player = served.open_site()
    now = datetime.now(UTC) - timedelta(minutes=5)
    served.call(player, now, phone="+7 (___) ___-__-__")
    served.call(player, now, phone="")
    served.call(player, now - timedelta(days=8), phone="long ago")
    served.lead_request(player, now, phone="89205550055", email="нет почты")
    served.lead_request(player, now, phone="soon", email="ivan@example.ru")
    served.lead_request(player, now, email="ivan@example.ru")
    served.lead_request(player, now, phone="89205550055, 89205550066", email="mailto:ivan@example.ru")
    calls, lead_requests = findings(beside, "unusable_lead", site_id=player.site.id)
    assert (calls["seen"], lead_requests["seen"]) == (1, 2)
    assert "1 call of the last 7 days with an invalid phone" in calls["text"]


def test_it_counts_contacts_in_the_old_form_and_its_cure_reads_them_again(beside: Terminal, served: Stage) -> None:
    player = served.open_site()
    served.call(player, NOON, phone="8 (495) 123-45-67 вн.5")
    with served.database.write() as connection:
        for table in (contact, lead_contact):
            mine = update(table).where(table.c.site_id == player.site.id)
            connection.execute(mine.values(contact="849512345675"))
        connection.execute(insert(contact_reading).values(site_id=player.site.id, stage="calls", last_id=0))
    (found,) = findings(beside, "old_contacts", site_id=player.site.id)
    assert (found["seen"], found["cure"]) == (2, "dealtrace db renormalise")
    assert "contacts of 2 records (leads, clients, deals)" in found["text"]
    assert f"Site {player.site.id}: 1 set of contacts changed" in beside.done("db", "renormalise").out
    assert not findings(beside, "old_contacts", site_id=player.site.id)
    assert f"Site {player.site.id}: 0 sets of contacts changed" in beside.done("db", "renormalise").out


def test_contacts_are_read_again_on_request_though_none_are_marked(beside: Terminal, served: Stage) -> None:
    player = served.open_site()
    served.lead_request(player, NOON, phone="8 (495) 123-45-67", email="i***n@mail.ru")
    with served.database.write() as connection:
        masked = {"site_id": player.site.id, "contact": "i***n@mail.ru"}
        for table in (contact, lead_contact):
            row = connection.execute(select(table).where(table.c.site_id == player.site.id)).mappings().one()
            connection.execute(insert(table).values({**row, **masked}))
    assert f"Site {player.site.id}: 1 set of contacts changed" in beside.done("db", "renormalise").out
    with served.database.read() as connection:
        kept = connection.execute(select(lead_contact.c.contact).where(lead_contact.c.site_id == player.site.id))
        assert kept.scalars().all() == ["74951234567"]
    assert f"Site {player.site.id}: 0 sets of contacts changed" in beside.done("db", "renormalise").out
    assert not findings(beside, "old_contacts", site_id=player.site.id)


def test_it_names_contacts_that_join_nobody(beside: Terminal, served: Stage) -> None:
    player = served.open_site()
    served.lead_request(player, NOON, email="1@1.ru")
    (found,) = findings(beside, "set_apart", site_id=player.site.id)
    assert found["name"] == "1@1.ru"


def test_it_states_when_the_points_of_the_day_are_nearly_spent(
    server: ServerProcess, beside: Terminal, served: Stage
) -> None:
    player = served.open_site(points_per_day=10)
    for number in range(8):
        server.register(player.token, orderNumber=f"point{number}")
    assert not findings(beside, "points", site_id=player.site.id)
    server.register(player.token, orderNumber="point8")
    (finding,) = findings(beside, "points", site_id=player.site.id)
    assert finding["spent"] == 9
    assert f"dealtrace site set {player.site.id} points_per_day=" in finding["cure"]


def test_it_says_by_its_status_whether_it_found_something_or_could_not_look(terminal: Terminal) -> None:
    assert terminal.run("doctor").status == 1
    terminal.done("site", "create", "Shop")
    terminal.done("user", "create", "anna", new_password="correct horse battery")
    assert terminal.run("doctor").status == 0
    for settings in (
        {"database_url": "oracle://x"},
        {"database_url": "sqlite:////nowhere/at/all.db"},
        {"port": "many"},
    ):
        blind = terminal.run("doctor", **settings)
        assert blind.status == 2, settings
        assert blind.err.strip()
        assert not blind.out


def test_it_hints_at_statuses_until_a_site_names_a_won_one(
    server: ServerProcess, beside: Terminal, served: Stage
) -> None:
    player = served.open_site()
    site = str(player.site.id)
    assert not findings(beside, "statuses", site_id=player.site.id)
    for number, status in enumerate(["new", "New", "paid", "refused"]):
        server.register(player.token, orderNumber=f"hint{number}", orderStatus=status)
    beside.done("status", "set", site, "refused", "lost")
    (hint,) = findings(beside, "statuses", site_id=player.site.id)
    assert hint["hint"]
    assert "Its statuses: New (2), paid (1)." in hint["text"]
    assert hint["cure"] == f"dealtrace status set {site} NAME won"
    assert hint["cure"] in said(beside)
    beside.done("status", "set", site, "paid", "won")
    assert not findings(beside, "statuses", site_id=player.site.id)


def test_it_hints_at_statuses_that_nobody_classified(beside: Terminal, served: Stage) -> None:
    player = served.open_site()
    SCENES[ProblemKind.STATUSES_UNCLASSIFIED].happens(served, player)
    (hint,) = findings(beside, "unclassified_statuses", site_id=player.site.id)
    assert hint["hint"]
    assert "count as open: Shipped, Weighed (3 deals of the last 28 days, 3,000.00 rubles)." in hint["text"]
    for name in ("Shipped", "weighed"):
        beside.done("status", "set", str(player.site.id), name, "open")
    assert not findings(beside, "unclassified_statuses", site_id=player.site.id)


def test_it_names_reports_that_can_no_longer_be_made(beside: Terminal, served: Stage) -> None:
    player = served.open_site()
    SCENES[ProblemKind.MAIL_REPORT_INVALID].happens(served, player)
    (invalid,) = findings(beside, "invalid_mail_report", site_id=player.site.id)
    assert invalid["name"] == "Needy"
    assert "Brand" in invalid["text"]


def test_it_reports_services_and_a_counter_that_went_silent(beside: Terminal, served: Stage) -> None:
    player = served.open_site()
    for kind in (ProblemKind.SERVICE_SILENT, ProblemKind.COUNTER_SILENT, ProblemKind.COSTS_STOPPED):
        SCENES[kind].happens(served, player)
    (service,) = findings(beside, "silent_service", site_id=player.site.id)
    assert service["name"] == "Bitrix24"
    assert findings(beside, "silent_counter", site_id=player.site.id)
    (costs,) = findings(beside, "stopped_costs", site_id=player.site.id)
    assert "for yandex main." in costs["text"]


def test_it_reports_a_backup_that_is_too_old(terminal: Terminal, engine_name: str) -> None:
    terminal.done("site", "create", "Shop")
    terminal.done("user", "create", "anna", new_password="correct horse battery")
    assert not findings(terminal, "backup")
    database = open_database(terminal.url)
    with database.write() as connection:
        connection.execute(update(user).values(created_at=datetime.now(UTC) - timedelta(days=8)))
    never = [finding["text"] for finding in findings(terminal, "backup")]
    assert never == (["No backup has been recorded."] if engine_name == "sqlite" else [])
    terminal.done("backup", "first.backup")
    assert not findings(terminal, "backup")
    with database.write() as connection:
        record_backup(connection, datetime.now(UTC) - timedelta(days=9, hours=1))
    database.close()
    (old,) = findings(terminal, "backup")
    assert "The last backup is 9 days old" in old["text"]
    listed = terminal.run("doctor", "--json", backup_days_max="0").json
    assert "backup" not in {finding["kind"] for finding in listed}


def test_a_hint_alone_is_no_problem(terminal: Terminal) -> None:
    terminal.done("site", "create", "Shop")
    terminal.done("user", "create", "anna", new_password="correct horse battery")
    terminal.run("status", "set", "1", "new", "open")
    finished = terminal.run("doctor")
    assert finished.status == 0
    assert "dealtrace status set 1 NAME won" in finished.out
    assert finished.out.endswith("No problems found.\n")


def test_it_names_statuses_that_a_site_has_no_room_for(server: ServerProcess, beside: Terminal, served: Stage) -> None:
    player = served.open_site()
    server.register(player.token, orderNumber="1", orderStatus="new")
    with served.database.write() as connection:
        connection.execute(
            insert(deal_status),
            [
                {"site_id": player.site.id, "spelling": str(n), "key": str(n), "meaning": "won", "first_seen_at": NOON}
                for n in range(STATUSES_MAX)
            ],
        )
    for number in "23":
        server.register(player.token, orderNumber=number, orderStatus="beyond")
    (found_one,) = findings(beside, "too_many_statuses", site_id=player.site.id)
    assert "10,000 statuses; these count as open: beyond (2)." in found_one["text"]
    assert "hint" not in found_one


def test_it_counts_deals_whose_matchers_can_never_be_reached(
    server: ServerProcess, beside: Terminal, owner: Player
) -> None:
    source = {"type": "customSources", "customSourceParams": {"source": "reception"}}
    without = {"type": "withoutSource"}
    orders = [
        {"orderNumber": str(number), "status": "new", "orderDate": "25-03-2018 11:00:00", "matching": matching}
        for number, matching in enumerate([[without, source], [source, without], [source], [without]])
    ]
    headers = {"Access-Token": owner.token}
    server.http.post("/lead-service/v1/api/client-order/create", headers=headers, json={"orders": orders})
    (finding,) = findings(beside, "unreachable_matchers", site_id=owner.site.id)
    assert (finding["seen"], "of the latest 4 deals" in finding["text"]) == (2, True)


def test_it_names_a_redis_that_does_not_answer_without_its_password(terminal: Terminal) -> None:
    terminal.done("site", "create", "Shop")
    port = free_port()
    url = f"redis://:hidden@127.0.0.1:{port}/0"
    finished = terminal.run("doctor", "--json", redis_url=url)
    assert finished.status == 1
    (found,) = [finding for finding in finished.json if finding["kind"] == "redis"]
    assert found["name"] == f"127.0.0.1:{port}"
    assert "does not answer (ConnectionError), so no limit on requests is applied" in found["text"]
    assert "hidden" not in finished.out + finished.err
    assert not [finding for finding in terminal.run("doctor", "--json").json if finding["kind"] == "redis"]
