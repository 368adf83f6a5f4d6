"""Mails to people: who gets them, what they are made of, and when one that failed is sent again."""
