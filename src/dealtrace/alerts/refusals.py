"""The refusals of requests about alerts, which belong to the tree of refusals in `errors.py`."""

from dealtrace.errors import Refusal


class AlertNotFound(Refusal):
    """The site has no alert with this id."""

    code = 10095
    ru = "Оповещение {alert_id} не найдено. Список: dealtrace alert list {site_id}"
    en = "Alert {alert_id} not found. To list alerts: dealtrace alert list {site_id}"
