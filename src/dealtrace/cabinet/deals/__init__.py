"""Deals: their journal, the card of a deal with its explanation drawn, and what a person may do with it."""
