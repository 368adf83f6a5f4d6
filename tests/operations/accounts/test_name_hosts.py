"""The hosts that a site names."""

import pytest

from account_work import account_work
from cast import Player, Stage
from dealtrace.attribution.known_hosts import HostKind
from dealtrace.attribution.site_hosts import SITE_HOSTS_MAX, SiteHost
from dealtrace.errors import HostNotFound, InvalidSetting, SiteNotFound
from dealtrace.operations.accounts import name_hosts
from dealtrace.operations.accounts.name_hosts import add_host, remove_host
from dealtrace.storage.accounts.revision import find_revision
from dealtrace.storage.accounts.site_hosts import list_hosts
from dealtrace.storage.accounts.sites import find_site
from write_commands import NOON


@pytest.fixture(scope="module")
def stage(shared_stage: Stage) -> Stage:
    """Give one stage to all tests here: each opens sites of its own."""
    return shared_stage


def add(stage: Stage, player: Player, kind: str, host: str, name: str = "") -> SiteHost:
    with stage.database.write() as connection:
        return add_host(account_work(connection, NOON), player.site.id, kind, host, name)


def hosts_of(stage: Stage, player: Player) -> list[SiteHost]:
    with stage.database.read() as connection:
        return list_hosts(connection, player.site.id)


@pytest.mark.parametrize(
    ("kind", "host", "name", "stored"),
    [
        ("own", "https://Shop.example/cart?a=b", "", SiteHost(HostKind.OWN, "shop.example")),
        ("own", "*.магазин.рф", "", SiteHost(HostKind.OWN, "xn--80aairftm.xn--p1ai")),
        ("payment", "www.pay.example:8443", "", SiteHost(HostKind.PAYMENT, "pay.example")),
        ("signin", "id.example", "", SiteHost(HostKind.SIGN_IN, "id.example")),
        ("search", "find.example", " find ", SiteHost(HostKind.SEARCH, "find.example", "find")),
        ("social", "club.example", "club", SiteHost(HostKind.SOCIAL, "club.example", "club")),
    ],
)
def test_it_reads_a_host_as_people_write_it_and_raises_the_revision(
    stage: Stage, shop: Player, kind: str, host: str, name: str, stored: SiteHost
) -> None:
    neighbour = stage.open_site()
    with stage.database.read() as connection:
        before = find_revision(connection)
    assert add(stage, shop, kind, host, name) == stored
    assert (hosts_of(stage, shop), hosts_of(stage, neighbour)) == ([stored], [])
    with stage.database.read() as connection:
        assert find_revision(connection) > before
        site = find_site(connection, shop.site.id)
    assert site is not None
    found = site.hosts.find(stored.host)
    assert found is not None
    assert (found.kind, found.name) == (stored.kind, stored.name)


def test_the_same_host_again_replaces_what_was_said_of_it(stage: Stage, shop: Player) -> None:
    add(stage, shop, "search", "x.example", "x")
    add(stage, shop, "payment", "x.example")
    assert hosts_of(stage, shop) == [SiteHost(HostKind.PAYMENT, "x.example")]


@pytest.mark.parametrize(
    ("kind", "host", "name", "named"),
    [
        ("mail", "x.example", "", "KIND"),
        ("OWN", "x.example", "", "KIND"),
        ("own", "", "", "HOST"),
        ("own", "localhost", "", "HOST"),
        ("own", "a b.example", "", "HOST"),
        ("search", "x.example", "", "--name"),
        ("social", "x.example", " ", "--name"),
        ("own", "x.example", "x", "--name"),
    ],
)
def test_what_does_not_fit_is_refused_and_named(
    stage: Stage, shop: Player, kind: str, host: str, name: str, named: str
) -> None:
    with pytest.raises(InvalidSetting, match=named):
        add(stage, shop, kind, host, name)
    assert hosts_of(stage, shop) == []


def test_a_site_has_so_many_hosts_at_most(stage: Stage, shop: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    assert SITE_HOSTS_MAX == 1000
    monkeypatch.setattr(name_hosts, "SITE_HOSTS_MAX", 2)
    for number in range(2):
        add(stage, shop, "own", f"h{number}.example")
    add(stage, shop, "payment", "h1.example")
    with pytest.raises(InvalidSetting, match="2"):
        add(stage, shop, "own", "h2.example")


def test_a_host_is_removed_by_its_kind(stage: Stage, shop: Player) -> None:
    add(stage, shop, "own", "x.example")
    with stage.database.write() as connection:
        with pytest.raises(HostNotFound):
            remove_host(account_work(connection, NOON), shop.site.id, "payment", "x.example")
        assert remove_host(account_work(connection, NOON), shop.site.id, "own", "http://x.example/") == SiteHost(
            HostKind.OWN, "x.example"
        )
        with pytest.raises(HostNotFound):
            remove_host(account_work(connection, NOON), shop.site.id, "own", "x.example")
        with pytest.raises(SiteNotFound):
            remove_host(account_work(connection, NOON), 10**6, "own", "x.example")
    assert hosts_of(stage, shop) == []
