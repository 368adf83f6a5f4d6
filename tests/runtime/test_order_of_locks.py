"""All who write to a site of PostgreSQL first lock its points of the day, so that no two of them deadlock."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from cast import Player, Stage
from dealtrace.operations.accounts.count_unknown_parameters import UnknownParameters, count_unknown_parameters
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.deals.delete import delete_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.deals.update_lists import DealUpdate, update_lists
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.schema.tables.deals import deal
from dealtrace.storage.schema.tables.site_data import unknown_parameter
from stored import is_waiting_for_a_lock
from waiting import until
from write_commands import change, open_write_queue, registration, run

PATH, NAME = "/orders/register", "odrerSum"
COMMANDS: dict[str, tuple[Any, Callable[[int], Any]]] = {
    "change": (change_deals, lambda deal_id: change(deal_id, manager="Ann")),
    "delete": (delete_deals, lambda deal_id: change(deal_id).key),
    "list": (update_lists, lambda deal_id: [DealUpdate(change(deal_id, manager="Ann"))]),
    "names": (count_unknown_parameters, lambda _: UnknownParameters({(PATH, NAME): 1}, {PATH: ["orderSum"]})),
}
pytestmark = pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)


@pytest.mark.parametrize(("operation", "payload_of"), COMMANDS.values(), ids=COMMANDS)
def test_no_row_is_locked_before_the_points_of_the_day(
    stage: Stage, shop: Player, operation: Any, payload_of: Callable[[int], Any]
) -> None:
    (receipt,) = stage.perform(register_deals, shop, registration("1"))
    stage.perform(count_unknown_parameters, shop, UnknownParameters({(PATH, NAME): 1}, {PATH: ["orderSum"]}))

    other = open_database(stage.database.url)

    async def story() -> None:
        async with open_write_queue(stage.database) as write_queue:
            with other.write() as connection:
                lock_registrations(stage.work(connection, shop))
                command = WriteCommand(payload_of(receipt.deal_id), shop.token_id)
                answer = write_queue.write(operation, shop.site, command)
                await until(lambda: is_waiting_for_a_lock(stage.database))
                for table in (deal, unknown_parameter):
                    free = select(table.c.site_id).where(table.c.site_id == shop.site.id)
                    assert connection.execute(free.with_for_update(nowait=True)).all()
            await asyncio.wait_for(answer, 60)

    try:
        run(story)
    finally:
        other.close()
