"""Saved reports, and segments (saved filters), by name and owner."""
