"""What all HTTP interfaces share: routes, admission of requests, rate limits, parameters, forms, replies and probes."""
