"""Make sure that a person's rights do not change while a change that the person makes is stored."""

from collections.abc import Sequence
from typing import Generic

from dealtrace.accounts.rights import Rights, Role
from dealtrace.accounts.user import UserId
from dealtrace.errors import DatabaseUnavailable
from dealtrace.operations.work import AccountWork, AnyOperation, Work, operation
from dealtrace.operations.write_command import Payload, WriteCommand
from dealtrace.record import record
from dealtrace.storage.accounts.sessions import find_login, lock_login
from dealtrace.storage.database.database_errors import is_locked_out

LOCKED_RETRY_SECONDS = 5
"""After how many seconds a person should try again if another session has locked their account."""


@record
class SessionRights:
    """The rights of a person in a session: `role` is their role on the site `site_id`, if a site is concerned.

    `lacks_factor` is true if they must first set up a second factor.
    """

    user_id: UserId
    is_owner: bool
    site_id: int | None
    role: Role | None
    lacks_factor: bool


class RightsChanged(Exception):  # noqa: N818 - the name says what happened
    """Raised if a person's rights are no longer those on which a decision was based; nothing is stored."""


@record
class Admission:
    """The digest of a session, and the rights that its user had in it when a request was admitted."""

    digest: str
    decided: SessionRights

    def hold(self, work: AccountWork) -> None:
        """Check and hold these rights in a transaction; see `hold_rights`.

        Raises:
            RightsChanged: the session has ended, or the person's rights have changed.
        """
        hold_rights(work, self.digest, self.decided)


@record
class AdmittedPayload(Generic[Payload]):
    """The payload of a command, and the admission of the person who sent it."""

    payload: Payload
    admission: Admission


_admitted: dict[AnyOperation, AnyOperation] = {}


def while_admitted(run: AnyOperation) -> AnyOperation:
    """Return an operation on `AdmittedPayload`s that runs `run` for the commands whose senders still have their rights.

    The outcome of any other command is `RightsChanged`, and nothing is stored for it. If another session of PostgreSQL
    has locked the account, the outcome is `DatabaseUnavailable`. Ours: such a command does not wait like a command
    whose site is locked, since all other commands of the site would wait with it. The same `run` always gives the same
    operation, since the write queue groups commands by operation.
    """
    if run not in _admitted:
        _admitted[run] = _make_admitted(run)
    return _admitted[run]


def _make_admitted(run: AnyOperation) -> AnyOperation:
    @operation(ids_per_command=run.ids_per_command, ids_per_item=run.ids_per_item)
    def run_admitted(work: Work, commands: Sequence[WriteCommand[AdmittedPayload[object]]]) -> list[object]:
        locked: dict[UserId, DatabaseUnavailable] = {}
        denials = [_find_denial(work, command.payload.admission, locked) for command in commands]
        held = [
            command.with_payload(command.payload.payload)
            for command, denial in zip(commands, denials, strict=True)
            if denial is None
        ]
        outcomes = iter(run(work, held) if held else ())
        return [denial if denial is not None else next(outcomes) for denial in denials]

    return run_admitted


def _find_denial(
    work: AccountWork, admission: Admission, locked: dict[UserId, DatabaseUnavailable]
) -> RightsChanged | DatabaseUnavailable | None:
    """Return the outcome for a person who may not make a change now, or `None` if the person may make it.

    `locked` has the outcomes for accounts that were found to be locked, so that each account is waited for only once.
    """
    user_id = admission.decided.user_id
    if user_id in locked:
        return locked[user_id]
    try:
        with work.connection.begin_nested():
            admission.hold(work)
    except RightsChanged as changed:
        return changed
    except Exception as fault:
        if not is_locked_out(fault):
            raise
        return locked.setdefault(user_id, DatabaseUnavailable(retry_after_seconds=LOCKED_RETRY_SECONDS))
    return None


def rights_in_session(rights: Rights, site_id: int | None, *, lacks_factor: bool) -> SessionRights:
    """Return the rights of a person in a session, including the role on a site if `site_id` is given."""
    role = rights.role_at(site_id) if site_id is not None else None
    return SessionRights(rights.user.id, rights.user.is_owner, site_id, role, lacks_factor)


def hold_rights(work: AccountWork, digest: str, decided: SessionRights) -> None:
    """Check that a session exists and that its person still has the rights with which a request was admitted.

    Ours: a request is admitted before the transaction that changes something. Without this check, people
    who are being logged out everywhere, demoted or deleted could at that moment still create an invitation, link,
    token or second factor, which would survive. The person, role and session are locked, so their removal waits for
    this transaction, and then also removes what it created.

    Raises:
        RightsChanged: the session has ended, or the person's rights have changed.
    """
    lock_login(work.connection, digest, decided.user_id, decided.site_id)
    login = find_login(work.connection, digest)
    if login is None:
        raise RightsChanged
    if rights_in_session(login.rights, decided.site_id, lacks_factor=login.lacks_factor) != decided:
        raise RightsChanged
