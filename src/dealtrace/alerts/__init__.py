"""Alerts: the rules that watch a site's metrics, the time windows they check, and the test for an unusual figure."""
