"""Where people come from: visits, their traffic sources, and which visit gets the credit."""
