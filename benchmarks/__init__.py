"""Speed and memory, measured in one run beside a peer or the raw limit. `make bench` runs all of them."""
