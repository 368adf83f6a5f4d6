"""Which client each lead belongs to, found by its contacts."""

from collections.abc import Sequence

from dealtrace.leads.client import Client, ClientId
from dealtrace.operations.leads.arrivals import Arrival
from dealtrace.operations.work import Work
from dealtrace.storage.leads import clients


def assign_clients(work: Work, arrivals: Sequence[Arrival]) -> dict[int, int]:
    """Return the id of each lead's client, by the id of the lead; clients that are new are stored.

    A client is found by any contact of the lead, phone first. Contacts that nobody has become the client's. A client
    keeps the first name that is given for it.
    """
    contacts = [contact for arrival in arrivals for contact in arrival.contacts]
    owners = clients.find_client_ids(work.connection, work.site.id, contacts)
    new_contacts: dict[str, int] = {}
    new_clients: list[int] = []
    names: dict[int, str] = {}
    assigned: dict[int, int] = {}
    for arrival in arrivals:
        client_id = next((owners[contact] for contact in arrival.contacts if contact in owners), None)
        if client_id is None:
            client_id = work.ids.take()
            new_clients.append(client_id)
        unknown = {contact: client_id for contact in arrival.contacts if contact not in owners}
        owners |= unknown
        new_contacts |= unknown
        assigned[arrival.lead.id] = client_id
        if arrival.details.client_name:
            names.setdefault(client_id, arrival.details.client_name)
    stored = [Client(ClientId(client_id), names.pop(client_id, None)) for client_id in new_clients]
    clients.insert_clients(work.connection, work.site.id, stored)
    clients.insert_contacts(work.connection, work.site.id, new_contacts, work.now)
    clients.name_unnamed_clients(work.connection, work.site.id, names)
    return assigned
