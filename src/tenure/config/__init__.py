"""What an operator writes: one declaration per key, its checks, its page in the reference. No socket, no ledger."""
