"""The Calltouch API and nothing else: its paths, parameters, limits and answers, translated to our own terms.

`Ours:` marks behaviour that the vendor leaves undefined and we decided; `docs/decisions/` gives the reasons.
"""
