"""All database migrations; there are no downgrades.

A migration that would break the previous release is delayed by one release.
"""
