"""The DHCPv4 service alone in a process, on the wire `eth0`: no configuration, no DNS. `python dhcp4_process.py DB`.

SIGTERM ends it; then it prints how often it would have woken the updater.
"""

from __future__ import annotations

import sys

from dhcp4_network import subnet

from tenure.leasing.v4.link import SubnetTable
from tenure.ledger.opening import open_leases
from tenure.serving.dhcp.service4 import Dhcp4Service
from tenure.serving.report import Report
from tenure.serving.stop import Stop


def main(database: str) -> None:
    """Serve 10.1.0.0/24 until SIGTERM."""
    stop = Stop.on_signals()
    ledger = open_leases(f"sqlite:{database}")
    woken: list[None] = []
    service = Dhcp4Service(
        ledger, SubnetTable([subnet(interface="eth0")]), ["eth0"], [], lambda: woken.append(None), Report("dhcp4")
    )
    service.run(stop)
    ledger.close()
    print("woken", len(woken))


if __name__ == "__main__":
    main(*sys.argv[1:])
