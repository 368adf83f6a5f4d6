"""The page that lists keyboard shortcuts; scripts read them from the attribute `data-key` of links and fields."""

from collections.abc import Sequence

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
    ("Shift+← Shift+→, Enter", "on a chart: select days and open the report for them; Escape cancels the selection"),
)
"""The cabinet's own shortcuts (keys pressed one after another), and what each of them opens or does."""
OF_BROWSERS = (
    ("Tab, Shift+Tab", "the next or previous link, field or chart point; first comes a link to the content"),
    ("Enter", "follow a link, open or close a section, send a form"),
    ("Space", "tick a box, choose a value, press a button"),
    ("← → ↑ ↓", "scroll a wide table that has the focus; change a value of a list or a date"),
)
"""The keys that work in every browser, even without scripts."""


async def show(view: View) -> Response:
    """Show the keyboard shortcuts, for people who do not use a mouse or want to be quick."""
    return view.page(
        "keyboard_shortcuts.html",
        groups=[
            (view.translate("Keyboard shortcuts of the cabinet"), _translated(view, KEYS)),
            (view.translate("Keys that work in every browser"), _translated(view, OF_BROWSERS)),
        ],
    )


def _translated(view: View, keys: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(pressed, view.translate(label)) for pressed, label in keys]
