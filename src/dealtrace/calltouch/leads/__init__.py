"""The endpoints that register, import and annotate calls and lead requests."""
