"""Whether a person who confirms a form has seen the preview of exactly what the form would do now.

A preview carries an *agreement*: a string made from what is previewed, which the form sends back as `agreed`. What is
saved must have the same agreement, since a form can be edited, and data can change, after the preview was shown.
"""

from dealtrace.cabinet.view import View

TRY = "try"
"""The value of the button that only shows what a change would do."""


def may_save(view: View, agreement: str) -> bool:
    """Return whether the form asks to save, and the person has seen the preview for which `agreement` stands.

    An empty agreement stands for a change that needs no preview.
    """
    return view.form.get("act") != TRY and agreement in ("", view.form.get("agreed"))


def has_changed(view: View, agreement: str) -> bool:
    """Return whether the person agreed to a preview with other contents; the next preview must point this out."""
    return view.form.get("act") != TRY and view.form.get("agreed") not in ("", agreement)
