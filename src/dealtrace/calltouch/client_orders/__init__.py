"""The endpoints of deals 2.0, `lead-service/v1/api/client-order/…`."""
