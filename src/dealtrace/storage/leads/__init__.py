"""Calls and lead requests: their rows, contacts, clients, annotations and qualification."""
