from __future__ import annotations

import pytest

from tenure.naming.levels import LayeredPolicy, Level, effective_policy, source_of
from tenure.naming.policy import MODEL_SWITCHES, NamingPolicy, ReplaceClientName, UpdateModel
from tenure.naming.profile import DEFAULTS, Profile

CLASS = Level("class phones", {"generated_prefix": "phone", "ttl": 60})
POOL = Level("pool", {"generated_prefix": "pool", "ttl_max": 300})
SUBNET = Level("subnet", {"send_updates": False, "ttl": 900})


def test_the_most_specific_level_counts() -> None:
    policy = effective_policy([CLASS, POOL, SUBNET])
    assert (policy.generated_prefix, policy.ttl, policy.ttl_max, policy.send_updates) == ("phone", 60, 300, False)
    assert effective_policy([POOL, CLASS]).generated_prefix == "pool"
    assert effective_policy([]) == NamingPolicy()


def test_where_a_value_comes_from() -> None:
    levels = [CLASS, POOL, SUBNET]
    assert [source_of(levels, name) for name in ("ttl", "ttl_max", "send_updates", "ttl_min")] == [
        *levels,
        None,
    ]


def test_what_stands_above_a_subnet_is_laid_over_its_policy_and_remembered() -> None:
    usual = effective_policy([SUBNET])
    layered = LayeredPolicy(usual)
    assert layered.of(()) is usual
    found = layered.of((CLASS, POOL))
    assert found == effective_policy([CLASS, POOL, SUBNET])
    assert layered.of((CLASS, POOL)) is found
    assert layered.of((POOL, CLASS)).generated_prefix == "pool"


def test_what_is_remembered_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenure.naming.levels._REMEMBERED", 2)
    layered = LayeredPolicy(NamingPolicy())
    levels = [(Level("", {"ttl": ttl}),) for ttl in range(1, 10)]
    assert [layered.of(level).ttl for level in levels + levels] == [*range(1, 10), *range(1, 10)]
    assert len(layered._ready) <= 2


@pytest.mark.parametrize("model", UpdateModel)
def test_each_model_is_a_setting_of_the_switches(model: UpdateModel) -> None:
    policy = NamingPolicy(**MODEL_SWITCHES[model])
    assert policy.send_updates is (model is not UpdateModel.NONE)
    assert policy.override_client_update is policy.override_no_update is (model is UpdateModel.SERVER)


@pytest.mark.parametrize("profile", Profile)
def test_a_profile_generates_no_names_as_none_of_the_products_does(profile: Profile) -> None:
    policy = NamingPolicy(**DEFAULTS[profile])
    assert policy.replace_client_name is ReplaceClientName.NEVER
    assert policy.send_updates
    assert not policy.override_client_update
