"""The client's side of DHCP: how a host that has no other client gets and keeps its leases. Pure."""
