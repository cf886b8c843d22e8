"""A real Active Directory domain: Samba's domain controller in a namespace, its accounts, zones and keytabs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from network import Host, eventually
from peers import program

REALM, DOMAIN = "AD.TEST", "AD"
ZONE = "ad.test"
ADMINISTRATOR = "administrator%Of.test.only1"

KRB5_CONF = """\
[libdefaults]
    default_realm = AD.TEST
    dns_lookup_kdc = false
    dns_lookup_realm = false
    dns_canonicalize_hostname = false
    rdns = false
[realms]
    AD.TEST = {{
        kdc = {address}
    }}
[domain_realm]
    .ad.test = AD.TEST
    ad.test = AD.TEST
"""


class DomainController:
    """The running controller of AD.TEST, with Samba's own DNS server, whose zones take secure updates only."""

    def __init__(self, host: Host, address: str) -> None:
        """Makes the domain and starts it: some ten seconds, nearly all of them in making it."""
        self.host, self.address = host, address
        self._folder = host.folder / "domain"
        self._accounts = 0
        (host.folder / "lib" / "samba").mkdir(parents=True)
        password = ADMINISTRATOR.partition("%")[2]
        host.run(
            *(program("samba-tool"), "domain", "provision", f"--realm={REALM}", f"--domain={DOMAIN}"),
            *("--server-role=dc", "--dns-backend=SAMBA_INTERNAL", f"--adminpass={password}"),
            *("--host-name=dc1", f"--host-ip={address}", "--option=interfaces=lo eth0"),
            *("--option=bind interfaces only=yes", f"--targetdir={self._folder}"),
            timeout=300,
        )
        (host.folder / "resolv.conf").write_text(f"nameserver {address}\n")
        self._process = host.start(
            program("samba"), "-F", "--no-process-group", "--debug-stdout", f"--configfile={self._configuration}"
        )
        eventually(lambda: self._answers("_ldap._tcp.ad.test"), "DNS answers", 120, self._process.printed)
        eventually(self._takes_calls, "the DNS server can be managed", 60, self._process.printed)

    @property
    def _configuration(self) -> Path:
        return self._folder / "etc" / "smb.conf"

    def _answers(self, name: str) -> bool:
        asked = (program("dig"), "+short", "+tries=1", "+time=1", "SRV", name, f"@{self.address}")
        return self.host.run(*asked, check=False).endswith(" dc1.ad.test.\n")

    def _takes_calls(self) -> bool:
        return "pszZoneName" in self.tool("dns", "zonelist", self.address, "-U", ADMINISTRATOR, check=False)

    def close(self) -> None:
        """Ends it with its children, which are no process group and go a moment after it."""
        self._process.stop()
        pids = [program("ip"), "netns", "pids", self.host.namespace]
        eventually(lambda: not subprocess.check_output(pids), "Samba's processes have ended", 60)

    def tool(self, *words: str, check: bool = True) -> str:
        """What `samba-tool` says."""
        command = (program("samba-tool"), *words, f"--configfile={self._configuration}")
        return self.host.run(*command, timeout=120, check=check)

    def account(self, name: str, *services: str, group: str = "") -> Path:
        """A new user with a password that nobody knows, without rights but everybody's, and its keytab."""
        self.tool("user", "create", name, "--random-password")
        for service in services:
            self.tool("spn", "add", service, name)
        if group:
            self.tool("group", "addmembers", group, name)
        self._accounts += 1
        keytab = self.host.folder / f"{self._accounts}.keytab"
        for principal in services or (name,):
            self.tool("domain", "exportkeytab", str(keytab), f"--principal={principal}@{REALM}")
        keytab.chmod(0o600)
        return keytab

    def zone(self, name: str) -> None:
        """A new zone, which takes secure updates only, as those that Windows makes."""
        self.tool("dns", "zonecreate", self.address, name, "-U", ADMINISTRATOR)

    def records(self, zone: str, name: str) -> list[str]:
        """What the directory says that the name owns: `TYPE: data`, sorted."""
        said = self.tool("dns", "query", self.address, zone, name, "ALL", "-U", ADMINISTRATOR, check=False)
        return sorted(re.findall(r"^ {4}(\w+: .*?) \(flags=", said, re.MULTILINE))


def belongs_to_domain(host: Host, controller: DomainController, resolver: str) -> dict[str, str]:
    """Lets the host know the realm and its name server; the variables for what runs there."""
    (host.folder / "resolv.conf").write_text(f"search ad.test\nnameserver {resolver}\n")
    path = host.folder / "krb5.conf"
    path.write_text(KRB5_CONF.format(address=controller.address))
    return {
        "KRB5_CONFIG": str(path),
        "KRB5CCNAME": f"FILE:{host.folder}/tickets",
        "KRB5RCACHENAME": f"dfl:{host.folder}/replays",
    }
