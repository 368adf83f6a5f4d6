"""All migrations, which only go forward.

A migration that would break the previous release comes a release later.
"""
