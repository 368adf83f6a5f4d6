"""The endpoints of the deals API 2.0, `lead-service/v1/api/client-order/…`."""
