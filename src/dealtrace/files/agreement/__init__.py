"""The differences between a CRM's list of deals and the deals of a site, in a temporary file for pages and exports."""
