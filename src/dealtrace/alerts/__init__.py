"""Alerts: rules that watch the metrics of a site, the windows of time that they check, and when a figure is unusual."""
