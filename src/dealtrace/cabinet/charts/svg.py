"""Elements of SVG as text that is safe to put on a page."""

from markupsafe import Markup, escape


def element(name: str, *children: Markup, **attributes: object) -> Markup:
    """Return an element; `_` in the name of an attribute is `-`, and `class_` is `class`."""
    shown = Markup("").join(
        Markup(' {}="{}"').format(Markup(key.rstrip("_").replace("_", "-")), value)  # noqa: S704 - our own names
        for key, value in attributes.items()
        if value is not None
    )
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), shown, Markup("").join(children))  # noqa: S704 - our own names


def text(content: str, **attributes: object) -> Markup:
    """Return a text at a place."""
    return element("text", escape(content), **attributes)


def titled(content: str) -> Markup:
    """Return the words that describe what they stand in, for readers of screens and under the cursor."""
    return element("title", escape(content))
