"""Mails, sent or waiting to be sent; reports that are sent by mail; and unsubscriptions."""
