"""The DNS message format: names, codes, messages, update messages, EDNS, TCP framing. Pure."""
