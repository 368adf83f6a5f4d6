"""Dealtrace keeps the deals a CRM sends and finds the advertising behind them.

The domain is `attribution`, `leads`, `deals`, `matching`, `accounts`, `quota` and `webhooks`; everything else
is the house around it: where it is stored, what it can do, and who may speak to it.
"""

__version__ = "0.1.0"
