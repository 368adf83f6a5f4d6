"""A form of somebody who is logged out, or loses a role, between the gate and the transaction that it makes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import Connection, func, insert, select

from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import SiteId
from dealtrace.accounts.user import User
from dealtrace.operations.accounts.manage_user import require_user
from dealtrace.reports.statuses import STATUSES_MAX, Meaning
from dealtrace.storage.accounts.sessions import delete_sessions
from dealtrace.storage.accounts.users import delete_membership, set_membership, update_keys
from dealtrace.storage.reports.statuses import list_statuses
from dealtrace.storage.schema.tables.control import invitation
from dealtrace.storage.schema.tables.reports import deal_status
from filled_site import CALLS, COST_FORM, COSTS, PHONE, FilledSite, fill_site
from guests import Guest, agreed_in, member_of
from server import ServerProcess
from stored import rows_of, wait_until_locked
from write_commands import NOON

pytestmark = pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True, scope="session")
INVITATION = "settings/users/invitation"
Change = Callable[[Connection, User, int], object]
TRIES = 5
"""How often a form is sent while the row of its sender is locked: after a tenth of a second it is refused with 503."""


@pytest.fixture(scope="module")
def filled(server: ServerProcess, served: Stage) -> FilledSite:
    return fill_site(server, served)


def lower(connection: Connection, user: User, site_id: int) -> None:
    set_membership(connection, user.id, SiteId(site_id), Role.READER)


@pytest.fixture
def anna(server: ServerProcess, served: Stage, owner: Player) -> Guest:
    return member_of(server, served, owner.site.id)


def send_meanwhile(served: Stage, anna: Guest, change: Change, form: str = INVITATION, **fields: str) -> httpx.Response:
    """Send a form, by default that of an invitation, so that it waits for a change of its sender, committed then."""
    fields = fields or {"role": "reader"}
    with ThreadPoolExecutor(1) as threads:
        with served.database.write() as connection:
            change(connection, require_user(connection, anna.login), anna.site_id)
            sending = threads.submit(anna.send, form, **fields)
            wait_until_locked(served.database, sending)
        return sending.result()


def count_invitations(served: Stage, anna: Guest) -> int:
    with served.database.read() as connection:
        mine = select(func.count()).where(invitation.c.site_id == anna.site_id)
        return int(connection.execute(mine).scalar_one())


def test_who_is_logged_out_meanwhile_logs_in_again(served: Stage, anna: Guest) -> None:
    answer = send_meanwhile(served, anna, lambda connection, user, _: delete_sessions(connection, user.id))
    assert answer.headers["location"].startswith("/cabinet/login?")
    assert "unsaved=yes" in answer.headers["location"]
    assert count_invitations(served, anna) == 0


def test_who_loses_the_role_meanwhile_gets_what_others_get(served: Stage, anna: Guest) -> None:
    answer = send_meanwhile(
        served, anna, lambda connection, user, site_id: delete_membership(connection, user.id, site_id)
    )
    assert answer.status_code == 404
    assert count_invitations(served, anna) == 0


def test_who_has_a_lower_role_by_then_is_told_so(served: Stage, anna: Guest) -> None:
    answer = send_meanwhile(
        served, anna, lambda connection, user, site_id: set_membership(connection, user.id, site_id, Role.ANALYST)
    )
    assert answer.status_code == 403
    assert count_invitations(served, anna) == 0


def test_a_status_of_a_site_without_room_is_not_even_prepared_for_who_loses_the_role_meanwhile(
    served: Stage, anna: Guest
) -> None:
    row = {"site_id": anna.site_id, "meaning": Meaning.OPEN, "first_seen_at": NOON}
    with served.database.write() as connection:
        connection.execute(
            insert(deal_status), [{**row, "spelling": str(n), "key": str(n)} for n in range(STATUSES_MAX)]
        )
    answer = send_meanwhile(
        served,
        anna,
        lambda connection, user, site_id: set_membership(connection, user.id, site_id, Role.READER),
        "settings/statuses",
        name="Gone",
        meaning="lost",
        agreed="Gone=lost",
    )
    assert answer.status_code == 403
    with served.database.read() as connection:
        assert "Gone" not in {status.spelling for status in list_statuses(connection, anna.site_id)}


def test_what_does_not_concern_the_right_stops_nobody(served: Stage, anna: Guest) -> None:
    answer = send_meanwhile(served, anna, lambda connection, user, _: update_keys(connection, user.id, has_keys=False))
    assert answer.status_code == 200
    assert count_invitations(served, anna) == 1


def test_what_the_write_queue_writes_is_not_written_for_who_loses_the_role_meanwhile(
    server: ServerProcess, served: Stage, filled: FilledSite
) -> None:
    person = filled.places["client"]
    forms = {
        f"deals/{filled.places['deal']}": {"act": "delete"},
        f"leads/call/{filled.places['lead']}": {"act": "note", "tags": "lost"},
        "leads/missed": {"returned": filled.places["lead"]},
        f"people/{person}/data": {"act": "erase", "contact": PHONE},
    }
    for path, fields in forms.items():
        statuses: list[int] = []
        while set(statuses) <= {503} and len(statuses) < TRIES:
            guest = member_of(server, served, filled.player.site.id)
            if "contact" in fields:
                fields["agreed"] = agreed_in(guest.send(path, contact=PHONE))
            before = rows_of(served.database, filled.player)
            statuses.append(send_meanwhile(served, guest, lower, path, **fields).status_code)
            assert rows_of(served.database, filled.player) == before, path
        assert statuses[-1] == 403, path


@pytest.mark.parametrize(
    ("place", "file", "chosen"),
    [
        ("settings/imports", CALLS, {"noun": "call", "encoding": ""}),
        ("costs", COSTS, {**COST_FORM, "account": "other"}),
    ],
)
def test_no_file_of_who_loses_the_role_meanwhile_is_imported(
    server: ServerProcess, served: Stage, filled: FilledSite, place: str, file: str, chosen: dict[str, str]
) -> None:
    guest = member_of(server, served, filled.player.site.id)
    kept = guest.send(place, files={"file": ("list.csv", file.encode())}, **chosen)
    path = kept.headers["location"].removeprefix(f"/cabinet/{guest.site_id}/")
    before = rows_of(served.database, filled.player)
    assert send_meanwhile(served, guest, lower, path, sent="yes").status_code == 403
    assert rows_of(served.database, filled.player) == before


def test_who_keeps_the_right_waits_and_is_served(server: ServerProcess, served: Stage, filled: FilledSite) -> None:
    guest = member_of(server, served, filled.player.site.id)
    path = f"leads/call/{filled.places['lead']}"
    keys = lambda connection, user, _: update_keys(connection, user.id, has_keys=False)  # noqa: E731
    assert send_meanwhile(served, guest, keys, path, act="note", tags="kept").status_code == 303
    assert "kept" in guest.get(path).text
