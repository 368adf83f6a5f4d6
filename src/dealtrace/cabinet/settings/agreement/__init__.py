"""The comparison of a CRM's list of deals with the deals of the site: its pages, and its file."""
