"""Speed and memory, run on request by `make bench`; figures and what they mean are in docs/performance.md."""
