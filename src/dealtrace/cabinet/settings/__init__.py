"""The settings of a site: tokens, fields, statuses, columns, hosts, webhooks, counter, imports, costs."""
