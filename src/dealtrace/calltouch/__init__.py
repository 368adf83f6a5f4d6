"""The HTTP endpoints of the Calltouch API, which convert its requests to our own types, and our types to its answers.

`Ours:` marks behaviour that the vendor leaves undefined and that we decided; `docs/decisions/` gives the reasons.
"""
