"""Threads, queues and caches of a server process; no SQL."""
