"""Every statement that runs here is audited: it must run on a cluster too."""

from collections.abc import Iterator

import pytest

from auditor import audited_statements


@pytest.fixture(autouse=True)
def _auditor() -> Iterator[None]:
    """Fail a test that ran a statement a cluster would refuse."""
    with audited_statements() as complaints:
        yield
    assert not complaints, "\n" + "\n".join(complaints)
