"""The hear way: what leases of other DHCP servers want of DNS, from their requests and from what they keep. Pure."""
