"""The present problems of a site, which its first page shows."""
