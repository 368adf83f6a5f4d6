"""Deals with their histories are read together."""

from cast import Player, Stage
from dealtrace.deals.deal_key import DealKey
from dealtrace.operations.deals.change import change_deals
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.deals.deals_with_history import list_deals_with_history
from plans import statements_on
from write_commands import change, registration

NUMBERS = ("A", "B", "C")


def test_each_has_its_own_history_whatever_their_number_costs_the_same_queries(stage: Stage, shop: Player) -> None:
    stage.perform(register_deals, shop, *map(registration, NUMBERS))
    stage.perform(change_deals, shop, change(number="B", status="won"))
    keys = [DealKey(None, number) for number in (*NUMBERS, "none")]
    with stage.database.read() as connection:
        with statements_on(stage.database.reader) as sent:
            found = list_deals_with_history(connection, shop.site.id, keys)
        with statements_on(stage.database.reader) as sent_for_one:
            list_deals_with_history(connection, shop.site.id, keys[:1])
    statuses = [[past.status for past in each.history] if each is not None else None for each in found]
    assert statuses == [["new"], ["new", "won"], ["new"], None]
    assert len(sent) == len(sent_for_one)
