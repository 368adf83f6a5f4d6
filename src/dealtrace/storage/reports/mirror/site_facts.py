"""Find, with one statement before each report, the properties of a site's facts that determine their selection."""

from collections.abc import Mapping

from dealtrace.accounts.site import Site
from dealtrace.reports.dimensions import Kind
from dealtrace.reports.facts import Fact
from dealtrace.storage.reports.fact_tables import CLICKS, UNKNOWN
from dealtrace.storage.reports.mirror.facts import MirrorFacts
from dealtrace.storage.reports.mirror.library import MirrorConnection
from dealtrace.storage.reports.mirror.visitors import visit_keys_of
from dealtrace.storage.reports.statuses import is_full

_VISITORS, _STATUSES = "visitors", "statuses"
_TABLES: Mapping[Fact, str] = {
    Fact.VISITS: "visits",
    Fact.LEADS: "leads",
    Fact.DEALS: "deals",
    Fact.ASSISTS: "deals",
    Fact.COSTS: "costs",
}
_FOUND = "has "
"""A row of `_COUNTS` whose name has this prefix names a table in which the site has rows."""
_UNKNOWN = "unknown "
"""A row of `_COUNTS` whose name has this prefix names an attribute that is unknown in some facts of the site."""
_COUNTS = "\nUNION ALL ".join(
    (
        "SELECT dimension, count(*) FROM visit_texts WHERE site_id = $1 GROUP BY dimension",
        f"SELECT '{Kind.SOURCE.name}', count(*) FROM sources WHERE site_id = $1",  # noqa: S608 - names of ours
        f"SELECT '{_VISITORS}', coalesce(max(number), 0) FROM visitors WHERE site_id = $1",  # noqa: S608
        f"SELECT '{_STATUSES}', count(*) FROM statuses WHERE site_id = $1",  # noqa: S608
        *(
            f"(SELECT '{_FOUND}{table}', 1 FROM {table} WHERE site_id = $1 LIMIT 1)"  # noqa: S608
            for table in sorted(set(_TABLES.values()))
        ),
        *(
            f"(SELECT '{_UNKNOWN}{name}', 1 FROM deals WHERE site_id = $1 AND {column} = 1 LIMIT 1)"  # noqa: S608
            for name, column in UNKNOWN.items()
        ),
        f"(SELECT '{_UNKNOWN}{CLICKS}', 1 FROM costs WHERE site_id = $1 AND {CLICKS} IS NULL LIMIT 1)",  # noqa: S608
    )
)


def find_mirror_facts(mirror: MirrorConnection, site: Site) -> MirrorFacts:
    """Return the object that selects a site's facts from the mirror."""
    counts = {str(name): int(count) for name, count in mirror.execute(_COUNTS, [site.id])}
    visitors, statuses = counts.pop(_VISITORS), counts.pop(_STATUSES)
    absent = frozenset(fact for fact, table in _TABLES.items() if f"{_FOUND}{table}" not in counts)
    of_visits = {name: count for name, count in counts.items() if not name.startswith((_FOUND, _UNKNOWN))}
    unknown = frozenset(name.removeprefix(_UNKNOWN) for name in counts if name.startswith(_UNKNOWN))
    return MirrorFacts(site.contact_matching, visit_keys_of(visitors, of_visits), is_full(statuses), absent, unknown)
