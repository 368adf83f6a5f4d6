"""The matchers of the deals stored last, whatever ids these have."""

from datetime import timedelta

from cast import Player, Stage
from dealtrace.deals.matchers import Matcher, MatcherKind
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.deals.deals import list_latest_matchers
from plans import plans_of, statements_on
from write_commands import NOON, registration

EARLY, LATE = (Matcher(MatcherKind.VISIT, visit_ids=(number,)) for number in (1, 2))


def test_the_latest_deal_is_the_one_stored_last(stage: Stage, shop: Player) -> None:
    stage.perform(register_deals, shop, registration("1", matchers=(LATE,)), now=NOON + timedelta(hours=1))
    stage.perform(register_deals, shop, registration("2", matchers=(EARLY,)), now=NOON)
    with stage.database.read() as connection:
        assert list_latest_matchers(connection, shop.site.id, 1) == [(LATE,)]


def test_the_latest_deals_are_found_by_an_index(stage: Stage, shop: Player) -> None:
    """Without it all deals of the site are read and sorted; PostgreSQL does so only while there are few."""
    stage.perform(register_deals, shop, registration("1", matchers=(LATE,)))
    with stage.database.read() as connection, statements_on(stage.database.reader) as sent:
        list_latest_matchers(connection, shop.site.id, 1)
    if stage.database.is_sqlite:
        plan = plans_of(stage.database, sent)
    else:
        with stage.database.write() as connection:
            for setting in ("enable_seqscan", "enable_bitmapscan"):
                connection.exec_driver_sql(f"SET LOCAL {setting} = off")
            plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {sent[-1][0]}", sent[-1][1]).scalars())
    assert "ix_deal_matchers" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan
