"""Who turned to the business: calls, lead requests, and the people and contacts behind them."""
