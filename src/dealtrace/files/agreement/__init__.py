"""The differences between a CRM's list and the deals of a site, as a temporary file that pages and exports read."""
