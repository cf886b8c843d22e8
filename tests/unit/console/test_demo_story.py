"""The cast, the scene and chance: everything happens, and the same seed gives the same run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

from tenure.config.load import load
from tenure.console.demo.judge import Judge
from tenure.console.demo.population import Population
from tenure.console.demo.site import DOMAIN, NETWORKS, Site, write_site
from tenure.console.demo.story import Chance, Deed, Moment, Scene, cast_devices, scene_cues
from tenure.console.demo.wish import Manner


def test_every_manner_of_naming_is_cast_and_no_name_twice() -> None:
    devices = cast_devices(60, Random(1))
    assert {device.manner for device in devices} == set(Manner)
    assert len({device.label for device in devices}) == len({device.hardware for device in devices}) == 60
    assert {device.network for device in devices} == {0, 1, 2}
    assert {device.client_id is None for device in devices} == {True, False}


def test_the_same_seed_gives_the_same_cast_and_the_same_deeds() -> None:
    def run(seed: int) -> list[object]:
        random = Random(seed)
        cast = [(device.label, device.manner) for device in cast_devices(60, random)]
        return [*cast, *Chance(60, None, random).due(Moment(60.0, 60, 0))]

    assert run(7) == run(7)
    assert run(7) != run(8)


def test_everything_happens_in_the_scene() -> None:
    told = Counter[Deed]()
    for cue in scene_cues(60, 6):
        told[cue.deed] += cue.devices
    assert all(told[deed] >= 2 for deed in Deed if deed is not Deed.RENEW)
    assert scene_cues(60, 6)[-1].at < 15.0


def test_the_scene_ends_when_all_is_right_or_has_had_its_time() -> None:
    scene = Scene(60, 6)
    assert not scene.is_over(Moment(100.0, 60, 0))
    list(scene.due(Moment(100.0, 60, 0)))
    assert not scene.is_over(Moment(1.0, 60, 0))
    assert scene.is_over(Moment(14.0, 60, 0))
    assert not scene.is_over(Moment(14.0, 60, 1))
    assert scene.is_over(Moment(30.0, 60, 1))


def test_chance_fills_the_network_first_and_ends_on_time() -> None:
    chance = Chance(100, 30.0, Random(1))
    first = Counter(chance.due(Moment(5.0, 0, 0)))
    assert first[Deed.JOIN] > first.total() / 2
    later = Counter(chance.due(Moment(305.0, 100, 0)))
    assert set(later) == set(Deed) - {Deed.RENEW}
    assert not chance.is_over(Moment(29.9, 100, 0))
    assert chance.is_over(Moment(30.0, 100, 1))
    assert not Chance(100, None, Random(1)).is_over(Moment(1e6, 100, 0))


def test_nobody_does_what_it_cannot() -> None:
    population = Population(cast_devices(24, Random(1)), Judge(), Random(1))
    for deed in set(Deed) - {Deed.JOIN}:
        assert population.perform(deed, 0.0) is None
    assert population.perform(Deed.JOIN, 0.0) is not None
    assert population.deeds == Counter({Deed.JOIN: 1})


def test_the_configuration_loads_and_is_kept_from_others(tmp_path: Path) -> None:
    site = Site(tmp_path, 6767, 5300, devices=60, lifetime=6)
    write_site(site, "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlYyE=")
    configuration = load(site.configuration)
    assert configuration.dhcp4 is not None
    assert configuration.dns is not None
    assert len(configuration.dhcp4.subnets) == len(NETWORKS)
    assert len(configuration.dns.zones) == len(NETWORKS) + 1
    assert (tmp_path / "demo.key").stat().st_mode & 0o077 == 0
    assert DOMAIN in site.configuration.read_text()
