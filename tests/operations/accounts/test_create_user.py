"""Creating users, and inviting the first one."""

from typing import Any

import pytest
from argon2 import PasswordHasher

from account_work import account_work
from cast import Stage
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import SiteId
from dealtrace.accounts.token import token_digest
from dealtrace.accounts.user import LOGIN_LENGTH_MAX, PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN, User
from dealtrace.errors import InvalidSetting, InvitationSpent, NameTaken, Refusal
from dealtrace.operations.accounts import create_user as module
from dealtrace.operations.accounts.create_user import create_user, hash_password
from dealtrace.operations.accounts.invite_user import accept_first_invitation, invite_first_user
from dealtrace.storage.accounts.invitations import find_invitation
from dealtrace.storage.accounts.users import find_user, has_users
from stored import side_by_side
from write_commands import utc_now

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the minutes that honest hashes take."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # only for testing
    monkeypatch.setattr(module, "password_hasher", lambda: cheap)


@pytest.fixture
def stage(stage: Stage) -> Stage:
    stage.ids.ensure(1000)
    return stage


def create(stage: Stage, login: str = "Ivan", password: str = PASSWORD) -> User:
    with stage.database.write() as connection:
        return create_user(account_work(connection, utc_now(), stage.ids), login, hash_password(password))


def invite(stage: Stage) -> str | None:
    with stage.database.write() as connection:
        return invite_first_user(account_work(connection, utc_now()))


def accept(stage: Stage, key: str, login: str = "Ivan", password: str = PASSWORD) -> User:
    with stage.database.write() as connection:
        return accept_first_invitation(
            account_work(connection, utc_now(), stage.ids), key, login, hash_password(password)
        )


def rows(stage: Stage, query: str) -> list[Any]:
    with stage.database.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def is_good(stage: Stage, key: str) -> bool:
    with stage.database.read() as connection:
        return find_invitation(connection, token_digest(key)) is not None


def test_it_knows_a_user_without_regard_to_case(stage: Stage) -> None:
    created = create(stage, "  Ivan@Example.RU ")
    assert created.login == "ivan@example.ru"
    with stage.database.read() as connection:
        assert find_user(connection, "ivan@example.ru") == created
    with pytest.raises(NameTaken):
        create(stage, "IVAN@example.ru")


def test_it_keeps_a_hash_that_only_the_password_fits(stage: Stage) -> None:
    create(stage)
    ((kept,),) = rows(stage, 'SELECT password_hash FROM "user"')
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept
    assert PasswordHasher().verify(kept, PASSWORD)


def test_it_hashes_as_the_library_recommends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    recommended = PasswordHasher()
    hasher = module.password_hasher()
    assert (hasher.time_cost, hasher.memory_cost) == (recommended.time_cost, recommended.memory_cost)


def test_a_user_owns_the_installation_or_has_roles_at_sites(stage: Stage) -> None:
    shops = [stage.open_site().site.id for _ in range(2)]
    owner = create(stage)
    assert owner.is_owner
    with stage.database.write() as connection:
        roles = {SiteId(shops[0]): Role.READER}
        reader = create_user(
            account_work(connection, utc_now(), stage.ids), "petr", hash_password(PASSWORD), roles=roles
        )
    assert not reader.is_owner
    assert rows(stage, "SELECT user_id, site_id, role FROM membership") == [(reader.id, shops[0], "reader")]


@pytest.mark.parametrize(
    ("login", "password", "key"),
    [
        ("", PASSWORD, "login"),
        ("   ", PASSWORD, "login"),
        ("x" * (LOGIN_LENGTH_MAX + 1), PASSWORD, "login"),
        ("a\x00b", PASSWORD, "login"),
        ("a\nb", PASSWORD, "login"),
        ("ivan", "", "password"),
        ("ivan", "x" * (PASSWORD_LENGTH_MIN - 1), "password"),
        ("ivan", "x" * (PASSWORD_LENGTH_MAX + 1), "password"),
    ],
)
def test_it_refuses_what_does_not_fit(stage: Stage, login: str, password: str, key: str) -> None:
    with pytest.raises(InvalidSetting) as result:
        create(stage, login, password)
    assert result.value.facts["key"] == key
    assert rows(stage, 'SELECT * FROM "user"') == []


@pytest.mark.parametrize("password", ["ё" * PASSWORD_LENGTH_MIN, "x" * PASSWORD_LENGTH_MAX, " " * PASSWORD_LENGTH_MIN])
def test_it_takes_any_password_of_the_right_length(stage: Stage, password: str) -> None:
    assert create(stage, password=password).login == "ivan"


# The first one.


def test_it_invites_as_long_as_there_is_nobody(stage: Stage) -> None:
    first, second = invite(stage), invite(stage)
    assert first is not None
    assert second is not None
    assert first != second
    assert is_good(stage, first)
    create(stage)
    assert invite(stage) is None
    assert not is_good(stage, first), "whoever was created by command needs no link any more"


def test_it_keeps_no_key_of_an_invitation(stage: Stage) -> None:
    key = invite(stage)
    assert key is not None
    assert key not in repr(rows(stage, "SELECT * FROM invitation"))


def test_it_makes_the_bearer_the_first_user_once(stage: Stage) -> None:
    first, second = invite(stage), invite(stage)
    assert first is not None
    assert second is not None
    assert accept(stage, first).login == "ivan"
    for key in (first, second):
        with pytest.raises(InvitationSpent):
            accept(stage, key, "stranger")
    assert rows(stage, 'SELECT login FROM "user"') == [("ivan",)]


def test_it_refuses_a_key_it_never_gave_out_and_spares_the_good_one(stage: Stage) -> None:
    key = invite(stage)
    assert key is not None
    with pytest.raises(InvitationSpent):
        accept(stage, "guessed")
    assert is_good(stage, key)
    assert accept(stage, key).login == "ivan"


@pytest.mark.parametrize(("login", "password"), [("", PASSWORD), ("ivan", "short")])
def test_it_leaves_the_link_good_when_login_or_password_do_not_fit(stage: Stage, login: str, password: str) -> None:
    key = invite(stage)
    assert key is not None
    with pytest.raises(InvalidSetting):
        accept(stage, key, login, password)
    assert is_good(stage, key)


def test_it_makes_one_first_user_of_two_who_come_at_the_same_moment(stage: Stage) -> None:
    key = invite(stage)
    assert key is not None

    def come(login: str) -> Any:
        def work(connection: Any) -> Any:
            try:
                return accept_first_invitation(
                    account_work(connection, utc_now(), stage.ids), key, login, hash_password(PASSWORD)
                )
            except Refusal as refusal:
                return refusal

        return work

    first, second = side_by_side(stage.database, come("first"), come("second"))
    assert first.login == "first"
    assert isinstance(second, InvitationSpent)
    assert rows(stage, 'SELECT login FROM "user"') == [("first",)]
    with stage.database.read() as connection:
        assert has_users(connection)
