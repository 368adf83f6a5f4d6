"""Turn the second factor of a user on and off, and confirm sessions with its codes."""

import secrets
from base64 import b32encode
from datetime import datetime
from enum import Enum

import pyotp

from dealtrace.accounts.audit_entry import AuditedAction
from dealtrace.accounts.second_factor import (
    CODE_PAUSE,
    CODE_STEP_SECONDS,
    CODE_STEPS_OFF_MAX,
    CODE_TRIES_MAX,
    RECOVERY_CODE_BYTES,
    RECOVERY_CODE_GROUP,
    RECOVERY_CODES,
    SECRET,
    normal_code,
)
from dealtrace.accounts.token import token_digest
from dealtrace.accounts.user import User
from dealtrace.operations.accounts.manage_user import require_user
from dealtrace.operations.accounts.record_change import record_audit_entry
from dealtrace.operations.work import AccountWork
from dealtrace.storage.accounts import second_factors
from dealtrace.storage.accounts.installation import is_factor_demanded, set_factor_demanded
from dealtrace.storage.accounts.second_factors import Factor
from dealtrace.storage.accounts.sessions import delete_sessions, delete_unconfirmed_sessions, touch_session

ISSUER = "Dealtrace"
_NEVER = -1


class CodeOutcome(Enum):
    """The result of checking a code."""

    RIGHT = "right"
    WRONG = "wrong"
    TOO_MANY = "too many"


def make_secret() -> str:
    """Return a new secret for an authenticator app; it takes effect once a code made with it is entered."""
    return pyotp.random_base32()


def authenticator_url(user: User, secret: str) -> str:
    """Return the `otpauth:` URL that authenticator apps read from a QR code."""
    return pyotp.TOTP(secret, interval=CODE_STEP_SECONDS).provisioning_uri(name=user.login, issuer_name=ISSUER)


def turn_on(work: AccountWork, user: User, secret: str, code: str, *, kept_digest: str) -> list[str] | None:
    """Store a second factor for a user, and return new recovery codes.

    The result is `None` if the code is wrong or the user already has a second factor. The code proves that the
    authenticator app has the secret. All sessions of the user end except the session whose digest is `kept_digest`.
    """
    step = _matching_step(secret, code, work.now, after=_NEVER) if SECRET.fullmatch(secret) else None
    if step is None or not second_factors.insert_factor(work.connection, user.id, Factor(secret, step)):
        return None
    delete_sessions(work.connection, user.id, but=kept_digest)
    return renew_recovery_codes(work, user)


def turn_off(work: AccountWork, user: User) -> None:
    """Delete the second factor of a user, who then logs in with the password alone.

    Sessions that still wait for a code end, since no code can be right any more.
    """
    second_factors.delete_factor(work.connection, user.id)
    delete_unconfirmed_sessions(work.connection, user.id)


def reset_second_factor(work: AccountWork, login: str) -> User:
    """Delete the second factor of a user who is locked out, end their sessions, and return the user.

    Raises:
        InvalidSetting: there is no such user.
    """
    found = require_user(work.connection, login)
    record_audit_entry(work, AuditedAction.FACTOR_RESET, found.login)
    turn_off(work, found)
    delete_sessions(work.connection, found.id)
    return found


def renew_recovery_codes(work: AccountWork, user: User) -> list[str]:
    """Return new recovery codes, which replace the previous codes; only their digests are stored."""
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    digests = [token_digest(normal_code(code)) for code in codes]
    second_factors.replace_recovery_codes(work.connection, user.id, digests)
    return codes


def confirm_code(work: AccountWork, user: User, digest: str, code: str) -> CodeOutcome:
    """Confirm a session with a code from the authenticator app or a recovery code; each code can be used once.

    Attempts are counted in the database, so the limit applies across processes; a correct code resets the count.
    """
    factor = second_factors.count_try(
        work.connection, user.id, work.now, tries_max=CODE_TRIES_MAX, forget_before=work.now - CODE_PAUSE
    )
    if factor is None:
        return CodeOutcome.TOO_MANY
    step = _matching_step(factor.secret, code, work.now, after=factor.used_step)
    if step is not None:
        second_factors.update_used_step(work.connection, user.id, step)
    elif not second_factors.use_recovery_code(work.connection, user.id, token_digest(normal_code(code))):
        return CodeOutcome.WRONG
    second_factors.clear_tries(work.connection, user.id)
    touch_session(work.connection, digest, work.now, is_confirmed=True)
    return CodeOutcome.RIGHT


def _matching_step(secret: str, code: str, now: datetime, *, after: int) -> int | None:
    """Return the time step near `now` that has this code, or `None` if no step later than `after` has it."""
    authenticator = pyotp.TOTP(secret, interval=CODE_STEP_SECONDS)
    present = int(now.timestamp()) // CODE_STEP_SECONDS
    near = range(max(present - CODE_STEPS_OFF_MAX, after + 1), present + CODE_STEPS_OFF_MAX + 1)
    sent = normal_code(code).encode()
    matching = [step for step in near if secrets.compare_digest(authenticator.generate_otp(step).encode(), sent)]
    return matching[0] if matching else None


def _recovery_code() -> str:
    text = b32encode(secrets.token_bytes(RECOVERY_CODE_BYTES)).decode().lower()
    return "-".join(text[start : start + RECOVERY_CODE_GROUP] for start in range(0, len(text), RECOVERY_CODE_GROUP))


def demand_second_factor(work: AccountWork, *, is_demanded: bool) -> None:
    """Require all users to log in with a second factor, or stop requiring it.

    While a second factor is required, users who have none must set one up before they can open any other page.
    """
    if is_demanded != is_factor_demanded(work.connection):
        kind = AuditedAction.FACTOR_DEMANDED if is_demanded else AuditedAction.FACTOR_NOT_DEMANDED
        record_audit_entry(work, kind, "")
    set_factor_demanded(work.connection, is_demanded=is_demanded)
