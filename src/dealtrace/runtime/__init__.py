"""Threads, queues and memory of a server process; no SQL of their own."""
