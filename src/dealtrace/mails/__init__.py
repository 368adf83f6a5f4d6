"""Mails to people: their recipients, their texts, and when a failed mail is sent again."""
