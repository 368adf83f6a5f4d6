"""What reports read and what sites define for them."""
