"""The table of hosts that are known to everybody."""

import re

import pytest

from dealtrace.attribution import known_hosts
from dealtrace.attribution.host_names import bare_host, host_in_ascii, registered_domain
from dealtrace.attribution.known_hosts import (
    APPS,
    ASSISTANTS,
    MAIL_HOSTS,
    PAYMENT_DOMAINS,
    PAYMENT_HOSTS,
    SEARCH_ENGINES,
    SHARED_DOMAINS,
    SIGN_IN_HOSTS,
    SOCIAL_NETWORKS,
    HostKind,
    find_known,
)

ROWS = {
    HostKind.MAIL: MAIL_HOSTS.split(),
    HostKind.SIGN_IN: SIGN_IN_HOSTS.split(),
    HostKind.PAYMENT: [*PAYMENT_HOSTS.split(), *PAYMENT_DOMAINS.split()],
    HostKind.SEARCH: [
        domain
        for search_engine in SEARCH_ENGINES
        if search_engine.is_domain_known
        for domain in search_engine.domains.split()
    ],
    HostKind.SOCIAL: [host for hosts in SOCIAL_NETWORKS.values() for host in hosts.split()],
    HostKind.ASSISTANT: [host for hosts in ASSISTANTS.values() for host in hosts.split()],
}


@pytest.mark.parametrize("kind", ROWS)
def test_every_host_is_of_the_kind_of_its_row_and_stands_once(kind: HostKind) -> None:
    hosts = ROWS[kind]
    assert len(hosts) == len(set(hosts))
    for host in hosts:
        known = find_known(host)
        assert known is not None, host
        assert known.kind == kind, host


def test_hosts_are_written_as_they_are_looked_up() -> None:
    for host in [host for hosts in ROWS.values() for host in hosts] + list(SHARED_DOMAINS):
        assert host == bare_host(host_in_ascii(host))
        assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host), host


def test_a_domain_with_all_hosts_under_it_is_a_registered_one() -> None:
    for domain in [*PAYMENT_DOMAINS.split(), *SHARED_DOMAINS]:
        assert registered_domain(domain) == registered_domain(f"sub.{domain}") == domain


def test_engines_search_under_domains_that_are_registered() -> None:
    for engine in SEARCH_ENGINES:
        for domain in engine.domains.split():
            assert registered_domain(f"www.{domain}") == domain
            assert find_known(f"unknown.{domain}") is None
            for host in engine.hosts.split():
                known = find_known(f"{host}.{domain}")
                assert known is not None
                assert (known.kind, known.name) == (HostKind.SEARCH, engine.name)


def test_programs_are_named_as_their_pages_are() -> None:
    for known in APPS.values():
        assert known.name in {
            *SOCIAL_NETWORKS,
            *ASSISTANTS,
            *MAIL_HOSTS.split(),
            *(search_engine.name for search_engine in SEARCH_ENGINES),
        }


def test_no_table_is_left_out() -> None:
    texts = {name for name in vars(known_hosts) if name.endswith(("_HOSTS", "_DOMAINS"))} - {"_HOSTS", "_DOMAINS"}
    assert texts == {"MAIL_HOSTS", "SIGN_IN_HOSTS", "PAYMENT_HOSTS", "PAYMENT_DOMAINS", "SHARED_DOMAINS"}
