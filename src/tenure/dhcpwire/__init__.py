"""DHCP on the wire: packets, options and the identities they carry. Pure: octets to values and back, no rule."""
