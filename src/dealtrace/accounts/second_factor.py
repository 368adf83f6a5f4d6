"""The second factor: codes of an authenticator, and recovery codes for those who lost it."""

import re
from datetime import timedelta

CODE_STEP_SECONDS = 30
"""How long an authenticator shows a code (RFC 6238)."""
CODE_STEPS_OFF_MAX = 1
"""Ours: codes of the step before and after count too, as clocks differ."""
CODE_TRIES_MAX = 10
"""Ours: how many wrong codes in a row a user may give; more are guesses."""
CODE_PAUSE = timedelta(minutes=15)
"""How long further codes are refused then: a thousand guesses a day find one of a million codes in years."""
SECRET = re.compile(r"[A-Z2-7]{32}")
"""The secret of an authenticator: 160 bits in base 32."""
RECOVERY_CODES = 10
RECOVERY_CODE_BYTES = 10
"""The randomness of a recovery code: sixteen characters in base 32."""
RECOVERY_CODE_GROUP = 4
"""People read and type them in groups of four."""


def normal_code(text: str) -> str:
    """Return a code as it is compared: without blanks and hyphens, in lower case."""
    return "".join(text.split()).replace("-", "").lower()
