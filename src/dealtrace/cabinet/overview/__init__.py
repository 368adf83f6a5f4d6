"""The first screen of a site."""
