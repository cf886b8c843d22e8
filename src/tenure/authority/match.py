"""The kinds of rules of an update policy, by BIND's words: how each compares the name of the record it is about."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from tenure.authority.requestor import reverse_name_of, six_to_four_name_of


class Match(StrEnum):
    """How a rule compares the name of the record that would change."""

    NAME = "name"  # it is NAME
    SUBDOMAIN = "subdomain"  # it is NAME or below it
    ZONESUB = "zonesub"  # it is anywhere in the zone
    WILDCARD = "wildcard"  # the wildcard NAME covers it, at any depth
    SELF = "self"  # it is the name of the key
    SELFSUB = "selfsub"  # it is the name of the key or below it
    SELFWILD = "selfwild"  # it is below the name of the key
    TCP_SELF = "tcp-self"  # it is the reverse name of the address that the update came from, over TCP
    SIX_TO_FOUR_SELF = "6to4-self"  # it is the reverse name of that address's 6to4 prefix, over TCP
    EXTERNAL = "external"  # a program behind a socket says so
    KRB5_SELF = "krb5-self"  # it is the machine of a principal host/MACHINE@REALM
    KRB5_SELFSUB = "krb5-selfsub"  # it is that machine or below it
    KRB5_SUBDOMAIN = "krb5-subdomain"  # it is NAME or below it, and any such machine wants it
    KRB5_SUBDOMAIN_SELF_RHS = "krb5-subdomain-self-rhs"  # and what a PTR or SRV record points at is that machine
    MS_SELF = "ms-self"  # the same four for a machine account MACHINE$@REALM, which is MACHINE in the realm's domain
    MS_SELFSUB = "ms-selfsub"
    MS_SUBDOMAIN = "ms-subdomain"
    MS_SUBDOMAIN_SELF_RHS = "ms-subdomain-self-rhs"


# And the name of each.
OF_ADDRESSES: Final = {Match.TCP_SELF: reverse_name_of, Match.SIX_TO_FOUR_SELF: six_to_four_name_of}
OF_HOSTS: Final = frozenset({Match.KRB5_SELF, Match.KRB5_SELFSUB, Match.KRB5_SUBDOMAIN, Match.KRB5_SUBDOMAIN_SELF_RHS})
OF_ACCOUNTS: Final = frozenset({Match.MS_SELF, Match.MS_SELFSUB, Match.MS_SUBDOMAIN, Match.MS_SUBDOMAIN_SELF_RHS})
OF_MACHINES: Final = OF_HOSTS | OF_ACCOUNTS  # whose identity is a realm
SELF_RHS: Final = frozenset({Match.KRB5_SUBDOMAIN_SELF_RHS, Match.MS_SUBDOMAIN_SELF_RHS})
NO_KEY: Final = frozenset({*OF_ADDRESSES, Match.EXTERNAL, *OF_MACHINES})  # whose identity is no key
