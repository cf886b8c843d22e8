"""The DHCP services of both families, their sockets, and what rehearses and probes them."""
