"""Deals: their journal, the page of a deal with its explanation, and actions on a deal."""
