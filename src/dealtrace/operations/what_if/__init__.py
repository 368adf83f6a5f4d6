"""Compute what other rules and settings of a site would change, or apply the site's present rules to its past."""
