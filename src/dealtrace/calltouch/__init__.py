"""The Calltouch API and nothing else: its paths, parameters, limits and answers, translated into our nouns.

`Ours:` marks what the vendor leaves open and we decided; `docs/decisions/` gives the reasons.
"""
