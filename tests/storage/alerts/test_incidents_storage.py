"""The order of incidents."""

from sqlalchemy import Connection

from dealtrace.alerts.incident import Incident, IncidentId
from dealtrace.reports.metrics import Unit
from dealtrace.storage.alerts.incidents import insert_incident, list_incidents
from write_commands import NOON


def test_incidents_of_the_same_instant_are_listed_latest_id_first(connection: Connection) -> None:
    for number in (2, 3, 1):
        new = Incident(IncidentId(number), 1, NOON, NOON, Unit.COUNT, "1", "2", NOON)
        insert_incident(connection, 1, new)
    assert [incident.id for incident in list_incidents(connection, 1, 2)] == [3, 2]
