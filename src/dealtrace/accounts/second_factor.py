"""The second factor: codes from an authenticator app, and recovery codes for people who lost it."""

import re
from datetime import timedelta

CODE_STEP_SECONDS = 30
"""How long an authenticator app shows a code (RFC 6238)."""
CODE_STEPS_OFF_MAX = 1
"""Ours: the codes of the previous and the next step are accepted too, because clocks differ."""
CODE_TRIES_MAX = 10
"""Ours: how many wrong codes in a row a user may enter; more are treated as guesses."""
CODE_PAUSE = timedelta(minutes=15)
"""How long codes are refused after too many wrong ones; guessing one of a million possible codes then takes years."""
SECRET = re.compile(r"[A-Z2-7]{32}")
"""The secret of an authenticator app: 160 bits in base 32."""
RECOVERY_CODES = 10
RECOVERY_CODE_BYTES = 10
"""The random bytes of a recovery code: sixteen characters in base 32."""
RECOVERY_CODE_GROUP = 4
"""Recovery codes are shown in groups of four characters."""


def normal_code(text: str) -> str:
    """Return a code in the form in which codes are compared: without blanks and hyphens, in lower case."""
    return "".join(text.split()).replace("-", "").lower()
