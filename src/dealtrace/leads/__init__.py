"""Calls, lead requests, and the clients and contacts behind them."""
