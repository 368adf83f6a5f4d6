"""Store the busiest second of a site's day."""

from collections.abc import Sequence

from dealtrace.accounts.site_days import site_day
from dealtrace.operations.spend_points import lock_registrations
from dealtrace.operations.work import Work, operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.busiest_second import BusiestSecond
from dealtrace.storage.accounts.busiest_second import raise_busiest_second


@operation(ids_per_command=0)
def store_busiest_seconds(work: Work, commands: Sequence[WriteCommand[BusiestSecond]]) -> list[None]:
    """Store each second as the busiest of its day, unless a busier one is stored; each outcome is `None`."""
    lock_registrations(work)
    for command in commands:
        second = command.payload
        raise_busiest_second(work.connection, work.site.id, site_day(second.ended_at, work.site.time_zone), second)
    return [None] * len(commands)
