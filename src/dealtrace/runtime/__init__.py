"""Threads, queues and caches of a server process; they contain no SQL."""
