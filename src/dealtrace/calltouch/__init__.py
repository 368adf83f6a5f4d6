"""The HTTP endpoints of the Calltouch API, which convert its requests and answers to and from our own types.

`Ours:` marks behaviour that the vendor leaves undefined and we decided; `docs/decisions/` gives the reasons.
"""
