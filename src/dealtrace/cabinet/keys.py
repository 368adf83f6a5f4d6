"""The page that lists the keys of all pages; scripts read them from the attribute `data-key` of links and fields."""

from starlette.responses import Response

from dealtrace.cabinet.view import View

KEYS = (
    ("?", "this page"),
    ("g o", "overview of the site"),
    ("g r", "reports"),
    ("g d", "deals"),
    ("g l", "leads"),
    ("g q", "requests"),
    ("g s", "settings"),
    ("g h", "documentation"),
    ("/", "the first field of the page, such as its search"),
    ("n", "next rows"),
    ("p", "previous rows"),
    ("← →", "on a chart that has the focus: the figure of the previous or next point"),
    ("Shift+← Shift+→, Enter", "on a chart: choose days, and show their period; Escape gives it up"),
)
"""Our own keys, to be pressed one after another, and where they lead."""
OF_BROWSERS = (
    ("Tab, Shift+Tab", "the next or previous link, field or chart point; first comes a link to the content"),
    ("Enter", "follow a link, open or close a section, send a form"),
    ("Space", "tick a box, choose a value, press a button"),
    ("← → ↑ ↓", "scroll a wide table that has the focus; change a value of a list or a date"),
)
"""The keys that every browser has, also without scripts."""


async def show(view: View) -> Response:
    """Show the keys, for people who use no mouse or want to be quick."""
    return view.page(
        "keys.html",
        groups=[
            (view.translate("Keys of the cabinet"), [(keys, view.translate(words)) for keys, words in KEYS]),
            (view.translate("Keys of every browser"), [(keys, view.translate(words)) for keys, words in OF_BROWSERS]),
        ],
    )
