"""E-mails, sent or waiting to be sent; reports that are sent by e-mail; and unsubscriptions."""
