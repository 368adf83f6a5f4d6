"""Mails that wait to be sent, sent mails, and reports that are sent by mail."""
