"""Pages on which a site is set up: tokens, fields, statuses, columns, hosts, webhooks, counter, files, costs."""
