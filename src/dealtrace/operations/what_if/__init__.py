"""Compute what would change at a site under other rules and settings, or apply the site's present rules to its past."""
