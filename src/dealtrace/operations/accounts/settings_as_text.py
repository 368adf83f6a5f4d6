"""The settings of a site as strings, in the form that `change_site_settings` accepts."""

from datetime import timedelta

from dealtrace.accounts.on_off import switch_text
from dealtrace.accounts.site import Site
from dealtrace.quota.points import PaidMethod, points_cost

COST_PREFIX = "points_cost."


def settings_of(site: Site) -> dict[str, str]:
    """Return the settings of a site as strings, by the keys that `change_site_settings` accepts."""
    costs = {f"{COST_PREFIX}{method}": str(points_cost(method, site.point_costs)) for method in PaidMethod}
    return {
        "name": site.name,
        "timezone": site.time_zone.key,
        "contact_matching": switch_text(is_on=site.contact_matching),
        "attribution": str(site.attribution),
        "unique_depth_days": str(site.unique_depth.days if site.unique_depth is not None else 0),
        "target_call_seconds": str(site.target_call // timedelta(seconds=1)),
        "respects_do_not_track": switch_text(is_on=site.respects_do_not_track),
        "points_per_day": str(site.points_per_day),
        "cors_origins": ",".join(site.cors_origins),
        "counter": site.counter_code,
        **costs,
    }
