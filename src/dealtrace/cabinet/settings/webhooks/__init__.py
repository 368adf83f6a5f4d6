"""The webhooks of a site: the list and the form for a new one, and the page of each webhook."""
