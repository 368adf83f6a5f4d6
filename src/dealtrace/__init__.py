"""Dealtrace stores the deals that a CRM sends, and finds the advertising that led to them.

The domain is `attribution`, `leads`, `deals`, `matching`, `accounts`, `quota`, `webhooks` and `reports`; the other
packages store its records, carry out operations, and serve people and programs.
"""

__version__ = "0.1.0"
