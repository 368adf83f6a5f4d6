"""What becomes of tests whose program is not installed."""

import os
from typing import NoReturn

import pytest


def leave_out(what: str, package: str) -> NoReturn:
    """Leave a test out, since `what` is not installed; in continuous integration (`CI=true`) that is a failure."""
    reason = f"{what} is not installed: apt-get install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
