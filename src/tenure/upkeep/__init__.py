"""The tidy way: what time itself changes. Plans only; the ledger carries them out. Pure."""
