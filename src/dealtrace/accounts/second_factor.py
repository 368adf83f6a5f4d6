"""The second factor of a login: codes from an authenticator app, and recovery codes for people who lost the app."""

import re
from datetime import timedelta

CODE_STEP_SECONDS = 30
"""How long an authenticator app shows a code (RFC 6238)."""
CODE_STEPS_OFF_MAX = 1
"""Ours: how many time steps a code may be early or late, because clocks differ."""
CODE_TRIES_MAX = 10
"""Ours: how many wrong codes in a row a user may enter before codes are refused for `CODE_PAUSE`."""
CODE_PAUSE = timedelta(minutes=15)
"""How long codes are refused after `CODE_TRIES_MAX` wrong codes; guessing a code then takes about a year on average."""
CODE_WAIT_MAX = timedelta(minutes=15)
"""Ours: how long after the password the second factor may be entered; after this, the person must log in again."""
SECRET = re.compile(r"[A-Z2-7]{32}")
"""The pattern of an authenticator app's secret: 160 bits in Base32."""
RECOVERY_CODES = 10
RECOVERY_CODE_BYTES = 10
"""The number of random bytes in a recovery code; in Base32, they become sixteen characters."""
RECOVERY_CODE_GROUP = 4
"""The number of characters in each of the groups in which a recovery code is shown."""


def normal_code(text: str) -> str:
    """Return a code in the form in which codes are compared: in lower case, without blanks and hyphens."""
    return "".join(text.split()).replace("-", "").lower()
