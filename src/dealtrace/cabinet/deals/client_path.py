"""The client's path: the visits before a lead, with their shares of the credit under each attribution model."""

from collections.abc import Sequence
from fractions import Fraction

from dealtrace.attribution.credit import WHOLE, AttributionModel
from dealtrace.attribution.model_labels import model_label
from dealtrace.attribution.visit import Visit
from dealtrace.cabinet.formats import number
from dealtrace.cabinet.links import client_url, source_label, visitor_label, web_url
from dealtrace.cabinet.view import View
from dealtrace.leads.client import Client
from dealtrace.record import record
from dealtrace.storage.visits.credits import CreditsByModel


@record
class PathModel:
    """The name of an attribution model; `is_own` is true for the model in the site's settings."""

    name: str
    is_own: bool


@record
class PathVisit:
    """A visit before a lead, as strings.

    `shares` has the visit's share of the credit under each model, empty if the visit has no share.
    """

    began: str
    source: str
    landing: str
    landing_link: str
    place: str
    shares: tuple[str, ...]
    is_credited: bool


@record
class LeadPath:
    """A lead's visits, earliest first, with their shares of the credit under each of `models`.

    `timelines` has the URL and the name of each client's timeline, which has all of the client's visits.
    """

    models: tuple[PathModel, ...]
    visits: tuple[PathVisit, ...]
    timelines: tuple[tuple[str, str], ...]


def path_of(visits: Sequence[Visit], credited: CreditsByModel, clients: Sequence[Client], view: View) -> LeadPath:
    """Return the path of `clients` to a lead; `visits` are the visits that may be credited."""
    own = AttributionModel(view.current_site.attribution)
    models = tuple(PathModel(model_label(model, view.language), model is own) for model in AttributionModel)
    shares = {
        model: {credit.visit.id: credit.share for credit in credited.get(model, ())} for model in AttributionModel
    }
    return LeadPath(
        models,
        tuple(
            PathVisit(
                view.clock_time(visit.started_at),
                source_label(visit.traffic_source),
                visit.landing_url,
                web_url(visit.landing_url),
                visitor_label(visit, view.language),
                tuple(_share(shares[model].get(visit.id), view) for model in AttributionModel),
                visit.id in shares[own],
            )
            for visit in visits
        ),
        tuple((client_url(view.current_site.id, each), each.name or view.translate("no name")) for each in clients),
    )


def _share(share: int | None, view: View) -> str:
    return f"{number(view.language, Fraction(share * 100, WHOLE))}\u00a0%" if share else ""
