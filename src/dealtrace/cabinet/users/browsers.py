"""Turn the user agent of a browser into a name that people recognise."""

import re

BROWSERS = (
    ("YaBrowser", "Яндекс Браузер"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Version", "Safari"),
)
"""Words in user agents, each with its browser; the first match counts, since most browsers claim to be others too."""
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
NAME_LENGTH_MAX = 40


def browser_name(user_agent: str) -> str:
    """Return the name, version and system of a browser (Firefox 145, Linux), or the start of an unknown user agent."""
    for word, name in BROWSERS:
        if found := re.search(rf"\b{word}\w*/(\d+)", user_agent):
            system = next((name for word, name in SYSTEMS if word in user_agent), "")
            return f"{name} {found[1]}" + (f", {system}" if system else "")
    return user_agent[:NAME_LENGTH_MAX]
