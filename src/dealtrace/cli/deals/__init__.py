"""Commands about deals: `deal`, `explain`, `try` and `agree`."""
