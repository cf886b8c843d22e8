"""Sockets, clocks, processes: one file per service, the batch loop, supervision. Other rooms are given their time."""
