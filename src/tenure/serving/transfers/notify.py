"""Telling other servers that zones have changed (RFC 1996): the sockets of `authority.notify`, TSIG and the counts."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import NamedTuple

from tenure.authority.notify import Notice, NotifySchedule, build_notify, is_answer, refusal_in
from tenure.authority.settings import RemoteServer, ZoneSettings
from tenure.authority.zones import ServedZone, Zones, find_zone
from tenure.dnswire.codes import RRType
from tenure.dnswire.message import parse_message
from tenure.dnswire.name import Name, to_text
from tenure.dnswire.rdata import soa_mname, soa_serial
from tenure.octets import Malformed
from tenure.serving.report import Report
from tenure.signing.key import Key
from tenure.signing.tsig import sign_request, verify_response

_PORT = 53
_LARGEST = 65535
_ADDRESS_TYPES = (int(RRType.A), int(RRType.AAAA))


class _Sent(NamedTuple):
    notice: Notice
    key: Key | None
    mac: bytes


class Notifier:
    """Sends the notices of all zones from one socket of each address family."""

    def __init__(self, keys: Mapping[Name, Key], report: Report) -> None:
        self._keys = keys
        self._report = report
        self._schedule = NotifySchedule()
        self._sent: dict[int, _Sent] = {}  # by message id; as many as wait for an answer
        self.sockets: dict[int, socket.socket] = {}  # by address family, made when there is a server of that family

    def changed(self, zone: Name, soa: tuple[int, bytes], servers: Sequence[RemoteServer], now: float) -> None:
        """These servers are to be told of the zone's new serial."""
        self._schedule.changed(zone, soa, servers, now)

    def turn(self, now: float) -> float | None:
        """Reads answers, sends what is due; when to come again at the latest."""
        for udp in self.sockets.values():
            self._receive(udp, now)
        for notice in self._schedule.due(now):
            self._send(notice, now)
        for notice in self._schedule.given_up(now):
            self._forget(notice, older_too=True)
            self._report.count("notifies_unanswered")
            serial = soa_serial(notice.soa[1])
            text = f"{notice.server} does not answer to NOTIFY for {to_text(notice.zone)}, serial {serial}"
            self._report.problem(_problem(notice), text)
        return self._schedule.next_at

    def close(self) -> None:
        """Give the sockets back."""
        for udp in self.sockets.values():
            udp.close()

    def _send(self, notice: Notice, now: float) -> None:
        message_id = secrets.randbits(16)
        message, key, mac = build_notify(message_id, notice), None, b""
        server = notice.server
        if server.key is not None:
            key = self._keys.get(server.key)
            if key is None:
                self._report.problem(_problem(notice), f"the key {to_text(server.key)} for {server} has no good secret")
                return
            message, mac = sign_request(message, key, now)
        self._sent[message_id] = _Sent(notice, key, mac)
        family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
        try:
            self._socket(family).sendto(message, (server.host, server.port))
        except OSError as error:  # no route now: it is sent again
            self._report.problem(_problem(notice), f"NOTIFY to {server} cannot be sent: {error.strerror}")
        self._report.count("notifies_sent")

    def _socket(self, family: int) -> socket.socket:
        udp = self.sockets.get(family)
        if udp is None:
            udp = self.sockets[family] = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        return udp

    def _receive(self, udp: socket.socket, now: float) -> None:
        while True:
            try:
                octets, peer = udp.recvfrom(_LARGEST)
            except OSError:
                return
            self._take(octets, peer[0], peer[1], now)

    def _take(self, octets: bytes, host: str, port: int, now: float) -> None:
        """One datagram; whatever is no answer that was waited for is left alone."""
        try:
            answer = parse_message(octets)
        except Malformed:
            return
        sent = self._sent.get(answer.id)
        if sent is None or not is_answer(answer, sent.notice):
            return
        notice, key, mac = sent
        if (ip_address(host), port) != (ip_address(notice.server.host), notice.server.port):
            return
        refusal = refusal_in(answer)
        if key is not None and (fault := verify_response(octets, answer, key, mac, now)):
            if refusal is None:
                return
            refusal = f"{refusal}; {fault}"
        self._forget(notice, older_too=self._schedule.answered(notice))
        self._report.count("notifies_answered" if refusal is None else "notifies_refused")
        if refusal is None:
            self._report.healthy(_problem(notice))
        else:
            text = f"{notice.server} does not take NOTIFY for {to_text(notice.zone)}: {refusal}"
            self._report.problem(_problem(notice), text)

    def _forget(self, notice: Notice, *, older_too: bool) -> None:
        place = notice[:2]
        self._sent = {
            message_id: sent
            for message_id, sent in self._sent.items()
            if sent.notice[:2] != place or (sent.notice != notice and not older_too)
        }


def servers_to_tell(zone: ZoneSettings, served: Zones) -> list[RemoteServer]:
    """Who is told of the zone's changes: `also_notify`, and by its setting the zone's name servers.

    The server that the SOA names as primary is left out, as it made the change (RFC 1996 section 2.1).
    """
    found = dict.fromkeys(zone.also_notify)
    if zone.notify_names:
        view = served[zone.name].view
        primary = soa_mname(view.soa[1]).lower()
        _, names = view.rrsets_at(zone.name).get(int(RRType.NS), (0, ()))
        for name in (rdata.lower() for rdata in names):
            if name != primary:
                found |= dict.fromkeys(_addresses(name, find_zone(served, name)))
    return list(found)


def _addresses(name: Name, zone: ServedZone | None) -> list[RemoteServer]:
    node = zone.view.rrsets_at(name) if zone is not None else {}
    return [
        RemoteServer(str(ip_address(rdata)), _PORT) for rtype in _ADDRESS_TYPES for rdata in node.get(rtype, (0, ()))[1]
    ]


def _problem(notice: Notice) -> str:
    return f"notify {to_text(notice.zone)} {notice.server}"
