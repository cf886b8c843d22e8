"""The hooks of DHCP clients: put into their places, or taken away."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tenure.console.agent import HookRow
from tenure.registering.client import Client
from tenure.registering.hooks import FOLDERS
from tenure.serving.agent.hooks import clients_at, installed_hooks, own_command, plan_hooks, remove_hook, write_hook

READ = "read by the agent"


def install(root: Path, config: Path, clients: Sequence[Client], *, dry_run: bool) -> list[HookRow]:
    """What became of each file, or would; `ServiceError`."""
    hooks = plan_hooks(root, own_command(), config, clients)
    for hook in hooks:
        if not (dry_run or hook.is_there):
            write_hook(hook)
    done = "would be written" if dry_run else "written"
    rows = [
        HookRow(hook.client.value, str(hook.path), "unchanged" if hook.is_there else done, hook.text) for hook in hooks
    ]
    if Client.NETWORKD in clients_at(root, clients):
        rows.append(HookRow(Client.NETWORKD.value, str(root / FOLDERS[Client.NETWORKD][0]), READ))
    return rows


def uninstall(root: Path, clients: Sequence[Client], *, dry_run: bool) -> list[HookRow]:
    """What became of each file of ours, or would; `ServiceError`."""
    hooks = installed_hooks(root, clients)
    for hook in hooks:
        if not dry_run:
            remove_hook(hook)
    done = "would be removed" if dry_run else "removed"
    return [HookRow(hook.client.value, str(hook.path), done, hook.text) for hook in hooks]
