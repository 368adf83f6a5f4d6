"""Alerts: rules over the metrics of a site, the windows they look at, and when a figure is out of the ordinary."""
