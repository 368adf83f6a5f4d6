"""Messages that name sites."""

import pytest
import typer

from cast import Stage
from dealtrace.cli.site_lookup import SITES_NAMED_MAX, site_to_list


def test_of_many_sites_only_the_first_are_named(stage: Stage) -> None:
    for _ in range(SITES_NAMED_MAX + 2):
        stage.open_site()
    with stage.database.read() as connection, pytest.raises(typer.BadParameter, match=r": 1, 2, .*, 20 and 2 more$"):
        site_to_list(connection, None)
