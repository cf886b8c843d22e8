"""The show way: what the ledger knows, for people: the command line, and the demo."""
