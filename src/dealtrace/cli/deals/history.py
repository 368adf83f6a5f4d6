"""`dealtrace deal history`: list the changes to a deal, each with its time, author and changed values."""

from collections.abc import Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

from dealtrace.accounts.site import Site
from dealtrace.cli.deals.field_lines import flatten, format_fields, format_instant
from dealtrace.cli.deals.lookup import DealArgument, look_up_deal
from dealtrace.cli.lead_answers import VersionAnswer
from dealtrace.cli.options import JsonOption, OnlySiteOption
from dealtrace.cli.terminal import console, open_prepared, print_json
from dealtrace.deals.deal import Deal
from dealtrace.deals.versions import DealVersion, VersionKind
from dealtrace.storage.accounts.users import find_logins
from dealtrace.storage.deals.versions import list_versions

NOTHING = "nothing"


def history(deal: DealArgument, site: OnlySiteOption = None, as_json: JsonOption = False) -> None:
    """List the changes to a deal: the time, the token or user, and the values before and after."""
    with open_prepared() as database, database.read() as connection:
        owner, found = look_up_deal(connection, deal, site)
        versions = list_versions(connection, owner.id, found.id)
        logins = find_logins(connection, {version.user_id for version in versions if version.user_id is not None})
    if as_json:
        print_json([_serialize_version(owner, version) for version in versions])
        return
    for line in format_history(owner, found, versions, logins):
        console.print(line)


def format_history(site: Site, deal: Deal, versions: Sequence[DealVersion], logins: Mapping[int, str]) -> Iterator[str]:
    """Yield the lines of a deal's history, oldest version first; `logins` has the login of each user by user id."""
    yield f"Deal {deal.id}, number {deal.number}, site {site.id}"
    yield f"Times are in {site.time_zone.key}."
    for version in versions:
        yield ""
        recorded_at, author = format_instant(version.recorded_at, site.time_zone), _author(version, logins)
        yield f"{version.version}. {version.kind}, {recorded_at}, {author}"
        if version.before:
            yield from _format_changes(version, site.time_zone)
        else:
            yield from format_fields(version.after, site.time_zone)


def _author(version: DealVersion, logins: Mapping[int, str]) -> str:
    if version.user_id is not None:
        return f"user {logins.get(version.user_id, version.user_id)}"
    if version.token_id is not None:
        return f"token {version.token_id}"
    return "by the matching rules" if version.kind is VersionKind.MATCHED else "by a command"


def _format_changes(version: DealVersion, zone: ZoneInfo) -> Iterator[str]:
    before, after = flatten(version.before, zone), flatten(version.after, zone)
    for name in {**before, **after}:
        earlier, later = before.get(name, NOTHING), after.get(name, NOTHING)
        if earlier != later:
            yield f"   {name}: {earlier} → {later}"


def _serialize_version(site: Site, version: DealVersion) -> VersionAnswer:
    return {
        "siteId": site.id,
        "orderId": version.deal_id,
        "version": version.version,
        "kind": version.kind,
        "recordedAt": version.recorded_at,
        "tokenId": version.token_id,
        "userId": version.user_id,
        "before": version.before,
        "after": version.after,
    }
