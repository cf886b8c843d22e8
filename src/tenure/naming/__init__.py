"""From what a client said to what DNS must say: negotiation, host names, DHCID, TTL, reverse names. Pure."""
