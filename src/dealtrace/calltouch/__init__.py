"""The endpoints of the Calltouch API: they convert requests to our own types, and our own types to answers.

`Ours:` marks behaviour that the vendor leaves undefined and that we decided; `docs/decisions/` gives the reasons.
"""
