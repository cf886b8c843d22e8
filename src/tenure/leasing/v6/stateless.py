"""CONFIRM and INFORMATION-REQUEST: answers that neither read nor write a lease (RFC 8415 sections 18.3.3, 18.3.6)."""

from __future__ import annotations

from tenure.dhcpwire.v6.association import IA_PD
from tenure.dhcpwire.v6.codes import Status
from tenure.leasing.lease import NOTHING
from tenure.leasing.link import subnet_on
from tenure.leasing.v6 import reply
from tenure.leasing.v6.inquiry import Decision, Inquiry, silent
from tenure.leasing.v6.verdict import Verdict


def confirm(inquiry: Inquiry) -> Decision:
    """Whether the client's addresses can be on this link, nothing else; silence if it named none."""
    addresses = [
        lease.address for ia in inquiry.datagram.message.associations if ia.code != IA_PD for lease in ia.leases
    ]
    if not addresses:
        return silent(Verdict.NOTHING_TO_CONFIRM)
    if all(subnet_on(inquiry.link, address) for address in addresses):
        return Decision(reply.status(inquiry, Status.SUCCESS), NOTHING, Verdict.CONFIRMED)
    return Decision(reply.status(inquiry, Status.NOT_ON_LINK), NOTHING, Verdict.REFUSED_NOT_ON_LINK)


def information_request(inquiry: Inquiry) -> Decision:
    """Parameters for a client that has its addresses from elsewhere."""
    return Decision(reply.inform(inquiry), NOTHING, Verdict.INFORMED)
