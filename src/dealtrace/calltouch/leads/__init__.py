"""Endpoints that register, import and annotate calls and lead requests, an endpoint per file."""
