"""A site as it opens."""

from zoneinfo import ZoneInfo

from dealtrace.accounts.site import TIME_ZONE_DEFAULT, Site, SiteId
from dealtrace.attribution.credit import AttributionModel


def test_it_opens_with_contact_matching_off_and_nothing_limited() -> None:
    """Vendor: «Склейка по номеру телефона или почте по умолчанию выключена»."""
    site = Site(SiteId(1), "Shop", ZoneInfo(TIME_ZONE_DEFAULT))
    assert (site.contact_matching, site.points_per_day, dict(site.point_costs)) == (False, 0, {})
    assert site.custom_fields == frozenset()


def test_its_clock_is_moscow_s_unless_another_is_stated() -> None:
    assert TIME_ZONE_DEFAULT == "Europe/Moscow"


def test_its_model_is_the_one_of_the_printed_answers() -> None:
    assert Site(SiteId(1), "Shop", ZoneInfo("UTC")).attribution == AttributionModel.LAST_NON_DIRECT
