"""The store: leases with their registrations, zones with their journals, and the history of both. Only it speaks SQL.

`opening.open_ledger` gives the two halves, `leases.LeaseLedger` and `zones.ZoneLedger`. They are never in one
transaction. A ledger belongs to the process and the thread that opened it.
"""
