"""What every HTTP edge shares: routes, the gate, rate limits, parameters and forms, replies, probes."""
