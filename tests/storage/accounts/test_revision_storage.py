"""The revision: it rises with every change that servers must notice."""

from typing import Any

from sqlalchemy import Connection

from cast import MOSCOW
from dealtrace.accounts.site import Site, SiteId
from dealtrace.accounts.token import Token, TokenId
from dealtrace.storage.accounts import revision, sites, tokens
from write_commands import NOON

SITE = Site(SiteId(1), "Shop", MOSCOW)
TOKEN = Token(TokenId(10**10), SiteId(1), "crm", NOON)


def test_it_raises_the_revision_with_every_change_servers_must_know(connection: Connection) -> None:
    revisions = [revision.find_revision(connection)]
    changes: list[Any] = [
        lambda: sites.insert_site(connection, SITE, NOON),
        lambda: sites.update_site(connection, SITE.id, {"name": "Other"}),
        lambda: tokens.revoke_token(connection, TOKEN.id, NOON),
        lambda: revision.raise_revision(connection),
    ]
    for change in changes:
        change()
        revisions.append(revision.find_revision(connection))
    assert revisions == sorted(set(revisions)), "each is higher than the one before"
    assert revisions[0] == 0
