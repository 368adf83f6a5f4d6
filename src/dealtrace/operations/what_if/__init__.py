"""Compute what would change at a site under other rules and settings, or apply the site's current rules to its past."""
