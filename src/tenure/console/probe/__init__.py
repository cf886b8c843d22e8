"""The probe: a client's real exchange with any DHCP server, message by message. Its sockets are handed in."""
