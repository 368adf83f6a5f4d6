"""The limits of a lead's values, which are the same in the API and in files.

Longer values are refused, never cut.
"""

from datetime import timedelta

CONTACTS_LENGTH_MAX = 1_000
"""Ours: the limit, in characters, of a string that is searched for contacts.

A longer text is not a list of contacts.
"""

REFERENCE_LENGTH_MAX = 100
"""The maximum length, in characters, of a call's id in its PBX."""
SIP_ID_LENGTH_MAX = 45
NUMBER_LENGTH_MAX = 256
"""The maximum length, in characters, of the number of a lead request or of a deal."""
LABEL_LENGTH_MAX = 256
"""The maximum length, in characters, of the name of a client, manager, form, status or service."""
COMMENT_LENGTH_MAX = 10_000
"""The maximum length, in characters, of a comment that is sent."""
LEAD_COMMENT_LENGTH_MAX = 100_000
"""Ours: the maximum length, in characters, of all comments of a lead together."""
PHONE_LENGTH_MAX = 64
EMAIL_LENGTH_MAX = 320
URL_LENGTH_MAX = 4096
"""Ours: the maximum number of characters of the URL of a lead's page.

Even a URL with every tag and click id of an advertisement is shorter.
"""
TAGS_MAX = 100
"""The maximum number of tags that are sent at once."""
LEAD_TAGS_MAX = 1000
"""The maximum number of tags of a lead."""
TAG_LENGTH_MAX = 256
MANAGERS_MAX = 20
"""The maximum number of managers that are sent at once."""
LEAD_MANAGERS_LENGTH_MAX = 1024
"""Ours: the maximum length, in characters, of all managers of a lead together."""
CUSTOM_NAME_LENGTH_MAX = 100
CUSTOM_VALUE_LENGTH_MAX = 4096
CUSTOM_VALUES_MAX = 200
CALL_DURATION_MAX = timedelta(days=30)
"""Ours: the longest call; a longer duration is a mistake, such as a timestamp, or milliseconds sent as seconds."""
