"""The overview, the first page of a site."""
