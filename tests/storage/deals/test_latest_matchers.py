"""The matchers of the deals stored last, whatever ids these have."""

from datetime import timedelta

from cast import Player, Stage
from dealtrace.deals.matchers import Matcher, MatcherKind
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.deals.deals import list_latest_matchers
from write_commands import NOON, registration

EARLY, LATE = (Matcher(MatcherKind.VISIT, visit_ids=(number,)) for number in (1, 2))


def test_the_latest_deal_is_the_one_stored_last(stage: Stage, shop: Player) -> None:
    stage.perform(register_deals, shop, registration("1", matchers=(LATE,)), now=NOON + timedelta(hours=1))
    stage.perform(register_deals, shop, registration("2", matchers=(EARLY,)), now=NOON)
    with stage.database.read() as connection:
        assert list_latest_matchers(connection, shop.site.id, 1) == [(LATE,)]
