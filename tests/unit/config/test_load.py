"""What does not load, and what the operator is told. Each case is the smallest file that is wrong in one way."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.config.configuration import Configuration
from tenure.config.load import load
from tenure.config.problem import ConfigurationError

GOOD = """
[[keys]]
name = "dhcp."
secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"

[dns]
listen = ["127.0.0.1:5300"]

[[dns.zones]]
name = "example.test."
policy = ["grant dhcp. zonesub ANY"]

[[dns.zones]]
name = "1.10.in-addr.arpa."
policy = ["grant dhcp. zonesub ANY"]

[dhcp4]
listen = ["127.0.0.1:6767"]

[[dhcp4.subnets]]
subnet = "10.1.0.0/16"
pools = ["10.1.0.50-10.1.255.250"]
"""
SUBNET = "dhcp4.subnets[0]"


def read(tmp_path: Path, text: str) -> Configuration:
    path = tmp_path / "tenure.toml"
    path.write_text(text)
    path.chmod(0o600)
    return load(path)


def complaint(tmp_path: Path, text: str) -> list[str]:
    """The lines that a file gets, without the name of the file, which each must have."""
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, text)
    start = f"{tmp_path / 'tenure.toml'}: "
    lines = str(caught.value).splitlines()
    assert all(line.startswith(start) for line in lines)
    return [line.removeprefix(start) for line in lines]


def test_the_good_file_loads(tmp_path: Path) -> None:
    configuration = read(tmp_path, GOOD)
    assert configuration.dhcp4 is not None
    assert str(configuration.dhcp4.subnets[0].subnet) == "10.1.0.0/16"


def test_an_address_that_may_end_in_a_port_is_asked_about(tmp_path: Path) -> None:
    (line,) = complaint(tmp_path, GOOD.replace('"127.0.0.1:5300"', '"::1:5301"'))
    assert line == (
        'dns.listen[0] = "::1:5301": ends in a port or is an address without one; write [::1]:5301 or [::1:5301];'
        ' write an address and a port, such as "10.1.0.1:53" or "[::1]:53"'
    )
    for clear in ("[::1]:5301", "[::1:5301]", "::1", "fd00::53", "2001:db8::a:beef"):
        assert read(tmp_path, GOOD.replace('"127.0.0.1:5300"', f'"{clear}"')).dns


# One line of the good file is replaced; the line of complaint is given whole: key, value, what is wrong, what is right.
REPLACED = {
    "no-prefix": (
        'subnet = "10.1.0.0/16"',
        'subnet = "10.1.0.0"',
        f'{SUBNET}.subnet = "10.1.0.0": has no prefix length; write a network, such as "10.1.0.0/16"',
    ),
    "host-bits": (
        'subnet = "10.1.0.0/16"',
        'subnet = "10.1.2.0/16"',
        f'{SUBNET}.subnet = "10.1.2.0/16": has bits set behind its prefix (the network is 10.1.0.0/16); '
        'write a network, such as "10.1.0.0/16"',
    ),
    "pool-outside": (
        "10.1.0.50-10.1.255.250",
        "10.2.0.50-10.2.0.60",
        f'{SUBNET}.pools[0] = "10.2.0.50-10.2.0.60": is not inside 10.1.0.0/16; '
        "write a range from 10.1.0.0 to 10.1.255.255",
    ),
    "pool-backwards": (
        "10.1.0.50-10.1.255.250",
        "10.1.0.60-10.1.0.50",
        f'{SUBNET}.pools[0] = "10.1.0.60-10.1.0.50": ends (10.1.0.50) before it begins (10.1.0.60); '
        'write a range, such as "10.1.0.50-10.1.0.250", or a network, such as "10.1.8.0/24"',
    ),
    "pool-broadcast": (
        "10.1.0.50-10.1.255.250",
        "10.1.255.0/24",
        f'{SUBNET}.pools[0] = "10.1.255.0/24": holds the broadcast address 10.1.255.255, which no host can have; '
        "write a range from 10.1.0.1 to 10.1.255.254",
    ),
    "pools-overlap": (
        'pools = ["10.1.0.50-10.1.255.250"]',
        'pools = ["10.1.0.50-10.1.0.90", "10.1.0.90-10.1.0.95"]',
        f'{SUBNET}.pools[1] = "10.1.0.90-10.1.0.95": overlaps pools[0]; begin after 10.1.0.90, or merge the two',
    ),
    "port-out-of-range": (
        "127.0.0.1:5300",
        "127.0.0.1:99999",
        "dns.listen[0] = \"127.0.0.1:99999\": '99999' is not a port from 1 to 65535; "
        'write an address and a port, such as "10.1.0.1:53" or "[::1]:53"',
    ),
    "listen-by-name": (
        "127.0.0.1:5300",
        "localhost:5300",
        "dns.listen[0] = \"localhost:5300\": 'localhost' is not an IP address; "
        'write an address and a port, such as "10.1.0.1:53" or "[::1]:53"',
    ),
    "listen-without-bracket": (
        "127.0.0.1:5300",
        "[::1:5300",
        'dns.listen[0] = "[::1:5300": the brackets around an IPv6 address are not closed, or no port follows them; '
        'write an address and a port, such as "10.1.0.1:53" or "[::1]:53"',
    ),
    "nobody-is-heard": (
        'listen = ["127.0.0.1:6767"]',
        "",
        "dhcp4: neither interfaces nor listen is set, so no client is heard; "
        'set interfaces = ["eth0"] for clients on the wire, listen = ["10.1.0.1:67"] for relayed ones',
    ),
    "undefined-key": (
        'name = "example.test."\npolicy = ["grant dhcp. zonesub ANY"]',
        'name = "example.test."\npolicy = ["grant dhcp. zonesub ANY", "grant other. zonesub A"]',
        'dns.zones[0].policy[1] = "grant other. zonesub A": the key other. is not defined; '
        "add it under [[keys]] (defined: dhcp.)",
    ),
    "policy-rule": (
        'name = "example.test."\npolicy = ["grant dhcp. zonesub ANY"]',
        'name = "example.test."\npolicy = ["allow dhcp. zonesub ANY"]',
        "dns.zones[0].policy[0] = \"allow dhcp. zonesub ANY\": policy rule 'allow dhcp. zonesub ANY': "
        "it begins with 'allow', not with grant or deny; write a rule as for BIND, such as \"grant dhcp. zonesub ANY\"",
    ),
    "reverse-not-covered": (
        'name = "1.10.in-addr.arpa."',
        'name = "0.1.10.in-addr.arpa."',
        f'{SUBNET}.pools[0] = "10.1.0.50-10.1.255.250": no reverse zone covers 10.1.1.0 (0.1.1.10.in-addr.arpa.); '
        "add a reverse zone such as 1.10.in-addr.arpa. under [[dns.zones]] or [[ddns.reverse]]; "
        "set ddns-send-updates = false if leases are not to be in DNS",
    ),
    "secret-is-not-base64": (
        "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0",
        "hunter2!",
        "keys[0].secret = (not shown): the secret is not base64; make a key with: tenure key generate",
    ),
    "no-secret": (
        'secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"',
        "",
        "keys[0]: neither secret nor secret-file is set; set one of them; secret-file is better",
    ),
    "algorithm": (
        'name = "dhcp."\n',
        'name = "dhcp."\nalgorithm = "hmac-sha3"\n',
        'keys[0].algorithm = "hmac-sha3": is none of the words known here; write one of "hmac-sha1", "hmac-sha224", '
        '"hmac-sha256", "hmac-sha384", "hmac-sha512", "hmac-sha256-128", "hmac-sha384-192", "hmac-sha512-256", '
        '"hmac-md5"',
    ),
    "md5-is-not-switched-on": (
        'name = "dhcp."\n',
        'name = "dhcp."\nalgorithm = "hmac-md5"\n',
        'keys[0].algorithm = "hmac-md5": is broken and not switched on; '
        "write hmac-sha256, or allow-md5 = true in [tsig] for an old peer",
    ),
    "secret-and-in-store": (
        'name = "dhcp."\n',
        'name = "dhcp."\nin-store = true\n',
        "keys[0].secret = (not shown): in-store is set, so the secret is in the store; leave one of them out",
    ),
    "previous-secret-is-not-base64": (
        'name = "dhcp."\n',
        'name = "dhcp."\nprevious-secret = "?"\n',
        "keys[0].previous-secret = (not shown): the secret is not base64; make a key with: tenure key generate",
    ),
    "nothing-previous": (
        'name = "dhcp."\n',
        'name = "dhcp."\nprevious-algorithm = "hmac-sha1"\n',
        'keys[0].previous-algorithm = "hmac-sha1": there is no previous-secret; '
        "add previous-secret-file, or leave it out",
    ),
    "name-too-long": (
        'name = "example.test."',
        f'name = "{"a" * 64}.test."',
        f'dns.zones[0].name = "{"a" * 64}.t...: a label has 1 to 63 octets; '
        'write a domain name, such as "example.test."',
    ),
    "zone-file-missing": (
        'name = "example.test."\n',
        'name = "example.test."\nfile = "no.zone"\n',
        'dns.zones[0].file = "no.zone": {folder}/no.zone is no file; '
        "name a zone file, or leave the key out for an empty zone",
    ),
    "missing-required": (
        'subnet = "10.1.0.0/16"',
        "",
        f"{SUBNET}.subnet: is missing; set it: The network",
    ),
    "secret-too-short": (
        "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0",
        "c2VjcmV0",
        "keys[0].secret = (not shown): the secret has 6 octets and could be guessed; "
        "make a key of 16 or more with: tenure key generate",
    ),
    "store-of-another-kind": (
        "[[keys]]",
        '[store]\nurl = "mysql://tenure:hunter2@db/tenure"\n[[keys]]',
        'store.url = "mysql://tenure:***@db/tenure": names neither of the two stores; '
        'write "sqlite:PATH" or "postgresql://USER@HOST/DATABASE"',
    ),
    "store-with-a-host": (
        "[[keys]]",
        '[store]\nurl = "sqlite://tenure.db"\n[[keys]]',
        'store.url = "sqlite://tenure.db": has no host: a path follows the colon; '
        'write "sqlite:PATH" or "postgresql://USER@HOST/DATABASE"',
    ),
    "store-with-an-odd-password": (
        "[[keys]]",
        '[store]\nurl = "postgresql://tenure:hun@ter2@db/tenure"\n[[keys]]',
        'store.url = "postgresql://tenure:***@db/tenure": has more than one @; in a password it is written %40; '
        'write "sqlite:PATH" or "postgresql://USER@HOST/DATABASE"',
    ),
    "ipv6-in-dhcp4": (
        '"127.0.0.1:6767"',
        '"[::1]:6767"',
        'dhcp4.listen[0] = "[::1]:6767": DHCPv4 does not run over IPv6; '
        'write an IPv4 address and a port, such as "10.1.0.1:67"',
    ),
    "all-addresses-and-one": (
        '"127.0.0.1:5300"',
        '"127.0.0.1:5300", "0.0.0.0:5300"',
        'dns.listen[0] = "127.0.0.1:5300": is part of dns.listen[1]; leave one of the two out',
    ),
    "the-same-address-twice": (
        '"127.0.0.1:6767"',
        '"127.0.0.1", "127.0.0.1:67"',
        'dhcp4.listen[1] = "127.0.0.1:67": is part of dhcp4.listen[0]; leave one of the two out',
    ),
    "no-such-interface-name": (
        'listen = ["127.0.0.1:6767"]',
        'interfaces = ["*"]',
        'dhcp4.interfaces[0] = "*": is not the name of an interface; write the name of one interface, such as "eth0"',
    ),
    "not-in-a-list": (
        '["127.0.0.1:5300"]',
        '"127.0.0.1:5300"',
        'dns.listen = "127.0.0.1:5300": is not a list; write a list in brackets, such as ["a", "b"]',
    ),
    "table-for-a-list": (
        "[[keys]]",
        "[keys]",
        "keys: is not a list of tables; write [[keys]] above each of them",
    ),
    "list-for-a-table": (
        "[dns]\n",
        "[[dns]]\n",
        "dns: is not a table; write [dns] above its keys",
    ),
    "addresses-of-nobody": (
        "10.1.0.0/16",
        "224.0.0.0/8",
        f'{SUBNET}.subnet = "224.0.0.0/8": has addresses that no host can have (0.0.0.0/8, and 224.0.0.0 and above); '
        'write a network, such as "10.1.0.0/16"',
    ),
    "everybody-may-transfer": (
        'name = "example.test."\n',
        'name = "example.test."\nallow-transfer = ["any"]\n',
        'dns.zones[0].allow-transfer[0] = "any": is not a network; for everybody, write both 0.0.0.0/0 and ::/0; '
        'write a network, such as "10.1.0.0/16", or a key, such as "key dhcp."',
    ),
    "own-zone-without-updates": (
        'name = "example.test."\n',
        'name = "example.test."\nupdates = "none"\n',
        'dns.zones[0].updates = "none": keeps the names of leases out of the zone; '
        'write "policy", or name other zones under [[ddns.forward]] and [[ddns.reverse]]',
    ),
    "wrong-table": (
        "[dns]\n",
        "[dnss]\n",
        "dnss: is not a key that is known here; did you mean dns?",
    ),
}


@pytest.mark.parametrize("case", REPLACED)
def test_a_wrong_line_names_key_value_and_remedy(tmp_path: Path, case: str) -> None:
    old, new, line = REPLACED[case]
    assert GOOD.count(old) == 1
    assert line.replace("{folder}", str(tmp_path)) in complaint(tmp_path, GOOD.replace(old, new))


# Lines that are added to the subnet of the good file.
ADDED = {
    "unknown-key": (
        "valid-lifetme = 60",
        f"{SUBNET}.valid-lifetme = 60: is not a key that is known here; did you mean valid-lifetime?",
    ),
    "underscores": (
        "valid_lifetime = 60",
        f"{SUBNET}.valid_lifetime = 60: is not a key that is known here; did you mean valid-lifetime?",
    ),
    "text-for-number": (
        'valid-lifetime = "1h"',
        f'{SUBNET}.valid-lifetime = "1h": is not a whole number; write a whole number without quotes',
    ),
    "zero-lifetime": (
        "valid-lifetime = 0",
        f"{SUBNET}.valid-lifetime = 0: is too small; write a number of at least 1",
    ),
    "text-for-boolean": (
        'ddns-send-updates = "yes"',
        f'{SUBNET}.ddns-send-updates = "yes": is not true or false; write true or false without quotes',
    ),
    "unknown-word": (
        'ddns-replace-client-name = "nevr"',
        f'{SUBNET}.ddns-replace-client-name = "nevr": is none of the words known here; '
        'write one of "never", "always", "when-present", "when-not-present"',
    ),
    "percent-over-one": (
        "ddns-ttl-percent = 33.0",
        f"{SUBNET}.ddns-ttl-percent = 33.0: is too great; write a number of at most 1.0",
    ),
    "min-over-valid": (
        "min-valid-lifetime = 7200",
        f"{SUBNET}.min-valid-lifetime = 7200: is more than valid-lifetime (3600); write at most 3600",
    ),
    "max-below-valid": (
        "max-valid-lifetime = 1800",
        f"{SUBNET}.max-valid-lifetime = 1800: is less than valid-lifetime (3600); write at least 3600",
    ),
    "rebind-after-end": (
        "rebind-timer = 3600",
        f"{SUBNET}.rebind-timer = 3600: is not before the end of the lease (3600); write less than 3600",
    ),
    "renew-after-rebind": (
        "renew-timer = 3200",
        f"{SUBNET}.renew-timer = 3200: is not before clients rebind (3150); write less than 3150",
    ),
    "ttl-over-lease": (
        "ddns-ttl = 3600",
        f"{SUBNET}.ddns-ttl = 3600: is not shorter than the lease (3600 seconds), so caches would keep a record "
        "longer; write less than 3600; a third of the lease is usual",
    ),
    "ttl-max-below-min": (
        "ddns-ttl-min = 900\nddns-ttl-max = 300",
        f"{SUBNET}.ddns-ttl-max = 300: is less than ddns-ttl-min (900); write at least 900",
    ),
    "suffix-not-covered": (
        'ddns-qualifying-suffix = "example.org."',
        f'{SUBNET}.ddns-qualifying-suffix = "example.org.": no forward zone covers it; '
        "write a domain inside one of example.test., or add its zone",
    ),
    "generated-prefix": (
        'ddns-generated-prefix = "my_host"',
        f'{SUBNET}.ddns-generated-prefix = "my_host": cannot begin a host name; '
        "write up to 40 lower-case letters, digits and hyphens",
    ),
    "template-word": (
        'ddns-name-template = "{name}"',
        f'{SUBNET}.ddns-name-template = "{{name}}": has the word {{name}}, which is not known; write lower-case '
        'letters, digits, hyphens and words, such as "{prefix}-{address}"',
    ),
    "template-for-all": (
        'ddns-name-template = "{prefix}-{subnet}"',
        f'{SUBNET}.ddns-name-template = "{{prefix}}-{{subnet}}": gives every device the same name; '
        "add one of {address}, {mac}, {hash}, {circuit}",
    ),
    "template-too-long": (
        'ddns-name-template = "{mac}-{mac}-{mac}-{address}"',
        f'{SUBNET}.ddns-name-template = "{{mac}}-{{mac}}-{{mac}}-{{address}}": gives names of up to 69 characters; '
        "leave a word out, so that 63 are enough",
    ),
    "replacement": (
        'hostname-char-replacement = "_"',
        f'{SUBNET}.hostname-char-replacement = "_": cannot stand in a host name itself; '
        'write lower-case letters, digits or a hyphen, such as "-"',
    ),
    "guests-without-a-zone": (
        'ddns-conflict-action = "guest-zone"',
        f'{SUBNET}.ddns-conflict-action = "guest-zone": puts devices into a guest zone, and there is none; '
        'set ddns-guest-suffix = "guest.example.internal.", inside a forward zone',
    ),
    "guests-by-reservation": (
        'reservations = [{ hw-address = "02:00:00:00:00:01", ddns-randomized-mac = "guest" }]',
        f'{SUBNET}.reservations[0].ddns-randomized-mac = "guest": puts devices into a guest zone, and there is none; '
        'set ddns-guest-suffix = "guest.example.internal.", inside a forward zone',
    ),
    "guests-elsewhere": (
        'ddns-guest-suffix = "guest.example.org."',
        f'{SUBNET}.ddns-guest-suffix = "guest.example.org.": no forward zone covers it; '
        "write a domain inside one of example.test., or add its zone",
    ),
    "prefix-of-a-reservation": (
        'reservations = [{ hw-address = "02:00:00:00:00:01", ddns-generated-prefix = "-" }]',
        f'{SUBNET}.reservations[0].ddns-generated-prefix = "-": cannot begin a host name; '
        "write up to 40 lower-case letters, digits and hyphens",
    ),
    "option-of-the-lease": (
        "option-data = { dhcp-lease-time = 60 }",
        f"{SUBNET}.option-data.dhcp-lease-time = 60: follows from the lease; leave it out; valid-lifetime decides it",
    ),
    "option-code": (
        'option-data = { 300 = "0x00" }',
        f'{SUBNET}.option-data.300 = "0x00": option 300 is not yours to set; '
        "write a code from 1 to 254, none of the lease",
    ),
    "option-hex": (
        'option-data = { 224 = "0xzz" }',
        f"{SUBNET}.option-data.224 = \"0xzz\": '0xzz' is not pairs of hex digits; write them as 0x0a0b or hex:0a0b",
    ),
    "boot-file-too-long": (
        f'boot-file-name = "{"x" * 128}"',
        f'{SUBNET}.boot-file-name = "{"x" * 66}...: is too long; write at most 127 characters',
    ),
    "boot-file-not-ascii": (
        'boot-file-name = "größe"',
        f'{SUBNET}.boot-file-name = "größe": has characters that cannot stand here; write ASCII without spaces',
    ),
    "ethernet-address-too-short": (
        'reservations = [{ hw-address = "02:00:00:00:01", hostname = "a" }]',
        f'{SUBNET}.reservations[0].hw-address = "02:00:00:00:01": an Ethernet address has 6 octets, not 5; '
        'write the octets, such as "02:00:5e:10:00:07"',
    ),
    "reservation-of-the-network": (
        'reservations = [{ hw-address = "02:00:00:00:00:01", ip-address = "10.1.0.0" }]',
        f'{SUBNET}.reservations[0].ip-address = "10.1.0.0": is the network address 10.1.0.0, which no host can have; '
        "write another address of the subnet",
    ),
    "reserved-label": (
        '[ddns]\nddns-reserved-labels = ["a.b"]',
        'ddns.ddns-reserved-labels[0] = "a.b": is not the first label of a host name; '
        'write letters, digits and hyphens, such as "wpad"',
    ),
    "reverse-zone-as-forward": (
        '[[ddns.forward]]\nzone = "1.10.in-addr.arpa."',
        'ddns.forward[0].zone = "1.10.in-addr.arpa.": is a reverse zone; write it under [[ddns.reverse]]',
    ),
    "forward-zone-as-reverse": (
        '[[ddns.reverse]]\nzone = "example.test."',
        'ddns.reverse[0].zone = "example.test.": is no reverse zone; write it under [[ddns.forward]]',
    ),
    "nothing-is-shown-that-moves-a-terminal": (
        '"\\u001b[31m" = 1',
        f"{SUBNET}.\\x1b[31m = 1: is not a key that is known here; known keys here: arp-check, authoritative, ",
    ),
    "unknown-option": (
        'option-data = { gateway = "10.1.0.1" }',
        f"{SUBNET}.option-data.gateway = \"10.1.0.1\": 'gateway' is no option name of DHCPv4; "
        "write Kea's name for it, or its code",
    ),
    "option-twice": (
        'option-data = { routers = "10.1.0.1", 3 = "hex:0a010002" }',
        f'{SUBNET}.option-data.3 = "hex:0a010002": is the option of routers too; write the option once',
    ),
    "option-value": (
        'option-data = { routers = ["10.1.0"] }',
        f"{SUBNET}.option-data.routers = [\"10.1.0\"]: option routers: an IPv4 address is needed, not '10.1.0'; "
        'write Kea\'s names and values, such as routers = ["10.1.0.1"]',
    ),
    "option-type": (
        "option-data = { routers = true }",
        f"{SUBNET}.option-data.routers = true: is no option value; "
        'write text, a number, or a list of them, such as ["10.1.0.1"]',
    ),
    "interface-not-listened-on": (
        'interface = "eth7"',
        f'{SUBNET}.interface = "eth7": is not one of dhcp4.interfaces; add it there, so that it is listened on',
    ),
    "reservation-without-client": (
        'reservations = [{ ip-address = "10.1.0.5" }]',
        f"{SUBNET}.reservations[0]: no client is named; set one of hw-address, client-id, duid, circuit-id, flex-id;"
        " hw-address and duid together for a device of both families",
    ),
    "reservation-of-nothing": (
        'reservations = [{ hw-address = "02:00:00:00:00:01" }]',
        f"{SUBNET}.reservations[0]: reserves nothing; set ip-address, hostname, option-data or client-classes",
    ),
    "reservation-elsewhere": (
        'reservations = [{ hw-address = "02:00:00:00:00:01", ip-address = "10.2.0.5" }]',
        f'{SUBNET}.reservations[0].ip-address = "10.2.0.5": is not in 10.1.0.0/16; write an address of the subnet',
    ),
    "reservation-twice": (
        'reservations = [{ hw-address = "02:00:00:00:00:01", hostname = "a" },'
        ' { hw-address = "02-00-00-00-00-01", hostname = "b" }]',
        f'{SUBNET}.reservations[1].hw-address = "02-00-00-00-00-01": is in reservations[0] too; '
        "each client and address is reserved once in a subnet",
    ),
    "reservation-hostname": (
        'reservations = [{ hw-address = "02:00:00:00:00:01", hostname = "my printer" }]',
        f'{SUBNET}.reservations[0].hostname = "my printer": is no host name; '
        "write letters, digits and hyphens, such as printer-2",
    ),
    "reservation-not-covered": (
        'reservations = [{ hw-address = "02:00:00:00:00:01", hostname = "printer.example.org." }]',
        f'{SUBNET}.reservations[0].hostname = "printer.example.org.": no forward zone covers it; '
        "leave the final dot out to add example.test.",
    ),
    "hardware-address": (
        'reservations = [{ hw-address = "printer", hostname = "a" }]',
        f'{SUBNET}.reservations[0].hw-address = "printer": '
        "a hardware address is written 02:00:00:00:0a:01, not 'printer'; "
        'write the octets, such as "02:00:5e:10:00:07"',
    ),
    "same-subnet": (
        '[[dhcp4.subnets]]\nsubnet = "10.1.0.0/16"',
        'dhcp4.subnets[1].subnet = "10.1.0.0/16": is 10.1.0.0/16 of dhcp4.subnets[0]; '
        "write networks that have no address in common",
    ),
    "overlapping-subnet": (
        '[[dhcp4.subnets]]\nsubnet = "10.1.4.0/24"',
        'dhcp4.subnets[1].subnet = "10.1.4.0/24": overlaps 10.1.0.0/16 of dhcp4.subnets[0]; '
        "write networks that have no address in common",
    ),
    "same-id": (
        'id = 7\n[[dhcp4.subnets]]\nsubnet = "10.2.0.0/16"\nid = 7',
        "dhcp4.subnets[1].id = 7: is the number of dhcp4.subnets[0] too; give each subnet an id of its own",
    ),
    "same-zone": (
        '[[dns.zones]]\nname = "EXAMPLE.test"',
        'dns.zones[2].name = "EXAMPLE.test": is the zone of dns.zones[0] too; merge the two zones',
    ),
    "same-key": (
        '[[keys]]\nname = "DHCP"\nsecret = "AAAAAAAAAAAAAAAAAAAAAA=="',
        'keys[1].name = "DHCP": is the name of keys[0] too; give each key a name of its own',
    ),
    "several-forward-zones": (
        '[[dns.zones]]\nname = "example.org."',
        f"{SUBNET}.ddns-qualifying-suffix: is missing, and there are several forward zones; "
        "set it here or under [ddns], inside one of example.org., example.test.",
    ),
    "foreign-domain-without-server": (
        '[[ddns.forward]]\nzone = "example.org."\n',
        "ddns.forward[0]: no server is known for example.org.; "
        'set servers = ["10.1.0.1:53"], or serve the zone under [[dns.zones]]',
    ),
    "domain-key-undefined": (
        '[[ddns.forward]]\nzone = "example.test."\nkey = "other."',
        'ddns.forward[0].key = "other.": the key other. is not defined; add it under [[keys]] (defined: dhcp.)',
    ),
    "domain-key-not-granted": (
        '[[ddns.forward]]\nzone = "example.test."\nkey = "other."\n'
        '[[keys]]\nname = "other."\nsecret = "AAAAAAAAAAAAAAAAAAAAAA=="',
        'ddns.forward[0].key = "other.": the policy of example.test. grants other. no A and no DHCID records; '
        'add "grant other. zonesub ANY" to its policy, or name a key that has this grant',
    ),
    "two-previous": (
        '[[keys]]\nname = "other."\nsecret = "AAAAAAAAAAAAAAAAAAAAAA=="\n'
        'previous-secret = "AAAAAAAAAAAAAAAAAAAAAA=="\nprevious-secret-file = "x"',
        "keys[1]: both previous-secret and previous-secret-file are set; set one of them; "
        "previous-secret-file is better",
    ),
    "previous-and-in-store": (
        '[[keys]]\nname = "other."\nin-store = true\nprevious-secret = "AAAAAAAAAAAAAAAAAAAAAA=="',
        "keys[1]: in-store is set, so the store has its earlier secret too; leave the previous one out",
    ),
    "previous-until-is-text": (
        '[[keys]]\nname = "other."\nsecret = "AAAAAAAAAAAAAAAAAAAAAA=="\nprevious-until = "soon"',
        'keys[1].previous-until = "soon": ',
    ),
    "secret-file-missing": (
        '[[keys]]\nname = "other."\nsecret-file = "other.key"',
        'keys[1].secret-file = "other.key": {folder}/other.key is not there; '
        "make it with: tenure key generate --out {folder}/other.key",
    ),
}


@pytest.mark.parametrize("case", ADDED)
def test_a_wrong_addition_names_key_value_and_remedy(tmp_path: Path, case: str) -> None:
    added, line = ADDED[case]
    lines = complaint(tmp_path, GOOD + added)
    assert any(found.startswith(line.replace("{folder}", str(tmp_path))) for found in lines), lines


def test_several_problems_are_shown_together_and_each_once(tmp_path: Path) -> None:
    lines = complaint(tmp_path, GOOD.replace("10.1.0.0/16", "10.1.0.0").replace("5300", "53000000") + "nonsense = 1\n")
    assert [line.partition(" = ")[0] for line in lines] == ["dns.listen[0]", f"{SUBNET}.subnet", f"{SUBNET}.nonsense"]


def test_what_subnets_have_in_common_is_told_once_and_whose_value_it_is(tmp_path: Path) -> None:
    short = "".join(
        f'[[dhcp4.subnets]]\nsubnet = "10.1.{n}.0/24"\npools = ["10.1.{n}.10-10.1.{n}.20"]\nvalid-lifetime = 120\n'
        for n in (1, 2)
    )
    text = '[dhcp4]\nlisten = ["127.0.0.1:6767"]\n[ddns]\nprofile = "windows"\n'
    text += '[[ddns.forward]]\nzone = "example.test."\nservers = ["127.0.0.2:53"]\n'
    text += '[[ddns.reverse]]\nzone = "1.10.in-addr.arpa."\nservers = ["127.0.0.2:53"]\n'
    wrong = (
        "is 900 by the profile windows, not shorter than the lease (120 seconds), so caches would keep a record longer"
    )
    right = "write less than 120; a third of the lease is usual"
    assert complaint(tmp_path, text + short) == [f"ddns.ddns-ttl: {wrong}; {right}"]


def test_a_world_readable_secret_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "dhcp.key"
    secret.write_text("c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0\n")
    secret.chmod(0o644)
    text = GOOD.replace('secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"', 'secret-file = "dhcp.key"')
    assert complaint(tmp_path, text) == [
        f'keys[0].secret-file = "dhcp.key": {secret} is readable by everybody; run: chmod o-rwx {secret}'
    ]
    secret.chmod(0o640)
    read(tmp_path, text)


def test_a_world_readable_configuration_must_not_have_secrets(tmp_path: Path) -> None:
    read(tmp_path, GOOD)
    path = tmp_path / "tenure.toml"
    path.chmod(0o644)
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    assert str(caught.value) == (
        f"{path}: keys[0].secret = (not shown): stands in a file that is readable by everybody; "
        f"run: chmod o-rwx {path}, or put it into a secret-file"
    )
    dns = '[dns]\nlisten = ["127.0.0.1"]\n[[dns.zones]]\nname = "a."\n'
    path.write_text('[store]\nurl = "postgresql://tenure:secret-word@db/tenure"\n' + dns)
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    assert str(caught.value) == (
        f'{path}: store.url = "postgresql://tenure:***@db/tenure": has a password and stands in a file that is '
        f"readable by everybody; run: chmod o-rwx {path}, or use a .pgpass file"
    )
    path.write_text("\n".join(line for line in GOOD.splitlines() if "secret" not in line))
    with pytest.raises(ConfigurationError, match="neither secret nor secret-file is set"):
        load(path)
    path.chmod(0o640)
    path.write_text(GOOD)
    load(path)


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    text = GOOD.replace('secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"', "secret = 12345678")
    assert complaint(tmp_path, text) == ["keys[0].secret = (not shown): is not text in quotes; write it in quotes"]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.toml: cannot be read \(No such file or directory\); name a"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize("text", ["[dns\n[dhcp4]", "a = 1\na = 2\n", "listen = nowhere\n"])
def test_a_file_that_is_not_toml_names_the_place(tmp_path: Path, text: str) -> None:
    (line,) = complaint(tmp_path, text)
    assert line.startswith("is not TOML: ")
    assert "(at line " in line


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "tenure.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="is not UTF-8"):
        load(path)


def test_a_file_that_begins_as_editors_of_windows_begin_it_loads(tmp_path: Path) -> None:
    path = tmp_path / "tenure.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    path.chmod(0o600)
    assert load(path).dns is not None


def test_a_zone_that_stands_there_twice_is_told_once(tmp_path: Path) -> None:
    (line,) = complaint(tmp_path, GOOD + '[[dns.zones]]\nname = "EXAMPLE.test"\n')
    assert line.startswith("dns.zones[2].name")


def test_an_empty_file_has_nothing_to_run(tmp_path: Path) -> None:
    assert complaint(tmp_path, "") == [
        "there is nothing to run: no table gives a service something to do; "
        "write one of [dns], [dhcp4], [dhcp6], [dhcp-ddns], [[lease-sources]], [agent]"
    ]


def test_leases_without_dns_need_no_zone(tmp_path: Path) -> None:
    dhcp4 = '[dhcp4]\nlisten = ["127.0.0.1"]\n[[dhcp4.subnets]]\nsubnet = "10.1.0.0/16"\n'
    read(tmp_path, "[ddns]\nddns-send-updates = false\n" + dhcp4)


def test_one_mistake_is_one_problem(tmp_path: Path) -> None:
    assert len(complaint(tmp_path, GOOD.replace("10.1.0.50-10.1.255.250", "10.2.0.50-10.2.0.60"))) == 1
    assert len(complaint(tmp_path, GOOD.replace("grant dhcp.", "grant dhpc.", 1))) == 1
