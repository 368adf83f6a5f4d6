"""The slow hand: what is done beside requests, such as telling webhooks."""
