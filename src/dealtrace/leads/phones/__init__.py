"""Phones in the strings that people and programs send: where they are, whether they are usable, their normal form."""
