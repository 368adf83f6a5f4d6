"""Campaigns of advertising systems, and the UTM tags that they have in visits."""

import re
from collections.abc import Collection, Iterable, Mapping

from dealtrace.attribution.landing_tags import PAID
from dealtrace.attribution.visit import Visit
from dealtrace.record import record
from dealtrace.whole_number import parse_whole_number

AUTO, BY_ID, BY_NAME = "auto", "id", "name"
ID_MARK, NAME_MARK = "{id}", "{name}"
_MARK = re.compile(f"{re.escape(ID_MARK)}|{re.escape(NAME_MARK)}")
_CLICK_IDS = {"yandex": ("yclid",), "google": ("gclid", "gbraid", "wbraid")}
_FORMS = {BY_ID: ID_MARK, BY_NAME: NAME_MARK}


@record
class Campaign:
    """A campaign as the file of an advertising system lists it; a value that the file does not have is empty."""

    id: str = ""
    name: str = ""


@record
class CampaignNaming:
    """The rule that finds the `utm_campaign` of a campaign from its id and name.

    `form` is `auto`, `id`, `name`, or a string that contains `{id}` or `{name}`. `renames` are exceptions: they map the
    id or name of a campaign to its `utm_campaign`.
    """

    form: str = AUTO
    renames: Mapping[str, str] | None = None

    @property
    def is_valid(self) -> bool:
        """Whether `form` is `auto`, `id` or `name`, or contains `{id}` or `{name}`."""
        return self.form in (AUTO, BY_ID, BY_NAME) or ID_MARK in self.form or NAME_MARK in self.form

    @property
    def needs_id(self) -> bool:
        """Whether `form` uses ids; if so, an imported file of costs must have the ids of campaigns."""
        return ID_MARK in self._template

    @property
    def needs_name(self) -> bool:
        """Whether `form` uses names; if so, an imported file of costs must have the names of campaigns."""
        return NAME_MARK in self._template

    @property
    def _template(self) -> str:
        return _FORMS.get(self.form, self.form)

    def name_campaigns(self, campaigns: Iterable[Campaign], visited: Iterable[str]) -> dict[Campaign, str]:
        """Return the `utm_campaign` of each campaign; `visited` are the values of `utm_campaign` in the site's visits.

        Ours: under `auto`, the `utm_campaign` is the id of the campaign if a visit has it, else the name if a visit has
        it. For a campaign without visits, it is the id or the name, whichever most other campaigns use, or the name in
        a tie. Letter case does not matter.
        """
        listed = list(dict.fromkeys(campaigns))
        known = {campaign_key(name) for name in visited} - {""}
        ids = sum(campaign_key(campaign.id) in known for campaign in listed)
        names = sum(campaign_key(campaign.name) in known for campaign in listed)
        renames = {campaign_key(said): to for said, to in (self.renames or {}).items()}
        return {campaign: self._name(campaign, known, renames, by_id=ids > names) for campaign in listed}

    def _name(self, campaign: Campaign, known: Collection[str], renames: Mapping[str, str], *, by_id: bool) -> str:
        for said in (campaign.id, campaign.name):
            if said and campaign_key(said) in renames:
                return renames[campaign_key(said)]
        if self.form != AUTO:
            return _MARK.sub(lambda mark: campaign.id if mark[0] == ID_MARK else campaign.name, self._template)
        for said in (campaign.id, campaign.name):
            if campaign_key(said) in known:
                return said
        return (campaign.id or campaign.name) if by_id else (campaign.name or campaign.id)


def campaign_key(name: str) -> str:
    """Return a campaign's id or name in the form in which it is compared: trimmed and case-folded."""
    return name.strip().casefold()


@record
class AdvertisementIds:
    """The ids of a campaign, of its advertisement, and of the criterion (such as a phrase) by which it was shown."""

    campaign: int
    advertisement: int | None
    criterion: int | None


def advertisement_ids(visit: Visit, system: str) -> AdvertisementIds | None:
    """Return the ids in the UTM tags of a visit from Yandex Direct (`yandex`) or Google Ads (`google`).

    The result is `None` for visits from other systems, and if `utm_campaign` is not the id of a campaign.
    Ours: the tags are expected to be filled by `{campaign_id}`, `{ad_id}` and `{phrase_id}`. A click id alone does not
    identify a campaign.
    """
    campaign = parse_whole_number(visit.utm.campaign)
    if campaign is None:
        return None
    source, click_ids = visit.traffic_source, visit.click_ids
    is_paid = (source.source, source.medium) == (system, PAID)
    if not is_paid and not any(name in click_ids for name in _CLICK_IDS[system]):
        return None
    return AdvertisementIds(campaign, parse_whole_number(visit.utm.content), parse_whole_number(visit.utm.term))
