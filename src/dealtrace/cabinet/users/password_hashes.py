"""Check and hash passwords, on threads of their own and without holding a database connection."""

from dealtrace.accounts.user import LOGIN_LENGTH_MAX, PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN, PasswordHash
from dealtrace.cabinet.gate import limit_guessing
from dealtrace.cabinet.view import View
from dealtrace.errors import LoginRefused
from dealtrace.operations.accounts.create_user import hash_password
from dealtrace.operations.accounts.log_in import Proof, find_credentials, verify_password

LIMITS = {"login": LOGIN_LENGTH_MAX, "password_min": PASSWORD_LENGTH_MIN, "password": PASSWORD_LENGTH_MAX}
"""The length limits of logins and passwords, by the names that templates of forms use."""


async def proof_of(view: View, login: str, password: str) -> Proof:
    """Return proof that a user has this login and password; the slow password check holds no database connection.

    Raises:
        LoginRefused: the login or the password is wrong.
    """
    credentials = await view.read(find_credentials, login)
    return await view.services.password_threads.run(verify_password, credentials, password[: PASSWORD_LENGTH_MAX + 1])


async def hash_of(view: View, password: str) -> PasswordHash:
    """Return the hash of a new password; the slow hashing holds no database connection, so nothing waits for it.

    Raises:
        InvalidSetting: the password is too short or too long.
    """
    return await view.services.password_threads.run(hash_password, password)


async def is_own_password(view: View, password: str) -> bool:
    """Return whether a string is the person's own password, which they must enter to change how they log in.

    Raises:
        AnonymousRateExceeded: there were too many attempts.
    """
    login = view.rights.user.login
    await limit_guessing(view)
    await view.services.rate_limits.check_login(login)
    try:
        await proof_of(view, login, password)
    except LoginRefused:
        return False
    return True
