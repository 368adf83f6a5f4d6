"""The present problems and missing data of a site, which its first page shows."""
