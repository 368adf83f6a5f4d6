"""What calls and lead requests share as they come in, when servers take them in at the same moment."""

import asyncio
from datetime import timedelta
from typing import Any

from cast import Player, Stage
from dealtrace.leads.call import IncomingCall
from dealtrace.leads.lead_request import IncomingLeadRequest
from dealtrace.operations.leads.import_lists import import_calls
from dealtrace.operations.leads.register_lead_requests import register_lead_requests
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.leads.clients import find_client_ids, find_clients
from stored import rows_of
from write_commands import NOON, open_write_queue, run

PEOPLE = 15


def test_it_makes_one_person_of_those_who_come_to_two_servers_at_once(stage: Stage, shop: Player) -> None:
    other = open_database(stage.database.url.render_as_string(hide_password=False))
    phones = [f"7920555{count:04}" for count in range(PEOPLE)]

    async def story() -> list[Any]:
        async with open_write_queue(stage.database) as first, open_write_queue(other) as second:
            return await asyncio.gather(
                *[
                    future
                    for phone in phones
                    for future in (
                        first.write(import_calls, shop.site, WriteCommand([IncomingCall(NOON, timedelta(0), phone)])),
                        second.write(
                            register_lead_requests,
                            shop.site,
                            WriteCommand(IncomingLeadRequest(NOON, phone=phone, email=f"{phone}@example.ru")),
                        ),
                    )
                ]
            )

    outcomes = run(story)
    other.close()
    calls = [imported.outcomes[0] for imported in outcomes[::2]]
    assert len({lead.id for lead in [*calls, *outcomes[1::2]]}) == 2 * PEOPLE
    with stage.database.read() as connection:
        owners = find_client_ids(connection, shop.site.id, phones)
        people = find_clients(connection, shop.site.id, owners.values())
    assert len(people) == PEOPLE
    for phone in phones:
        assert people[owners[phone]].phones == (phone,)
        assert people[owners[phone]].emails == (f"{phone}@example.ru",)
    stored = rows_of(stage.database, shop)
    assert len(stored["client"]) == PEOPLE
    assert (len(stored["call"]), len(stored["lead_request"])) == (PEOPLE, PEOPLE)


def test_it_takes_calls_and_lead_requests_for_one_person(stage: Stage, shop: Player) -> None:
    stage.lead_request(shop, NOON, phone="8 920 555 00 55", email="ivan@example.ru", client_name="Иван")
    stage.call(shop, NOON, client_name="Ваня")
    stored = rows_of(stage.database, shop)
    assert [row[2] for row in stored["client"]] == ["Иван"], "the first name stays"
    assert len(stored["contact"]) == 2
