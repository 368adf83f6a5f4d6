"""Deals 2.0: `lead-service/v1/api/client-order`, an endpoint per file."""
