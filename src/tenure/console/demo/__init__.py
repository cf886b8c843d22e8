"""The demo: a small network on loopback, hundreds of simulated devices, and a judge that asks DNS about them all."""
