"""The small parts of the docker engine, without a daemon."""

import ipaddress
from typing import Any

import pytest

from capsule.engines.contract import Exit, Limits, Mount, MountMissing, ReplicaSpec, ReplicaStartFailed
from capsule.engines.docker.addresses import Addresses
from capsule.engines.docker.container import brings_init, check_mounts, describe, stop_signal
from capsule.engines.docker.exits import exit_of
from capsule.engines.docker.logs import just_after
from capsule.engines.docker.stats import read_stats

SUBNET = ipaddress.IPv4Network("10.212.3.0/29")


def spec(**more: Any) -> ReplicaSpec:
    values: dict[str, Any] = {"argv": (), "image": "capsule/3:art_1", "port": 8000, "hostname": "shop"}
    return ReplicaSpec("rpl_1", "cps_1", "rel_1", 3, artifact="/a", **{**values, **more})


def described(spec: ReplicaSpec, image: dict[str, Any] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = describe(
        spec, image or {}, installation="i", network="n", ip="10.212.3.2", port=8000, has_init=True
    )
    return found


class TestAddresses:
    def test_a_replica_keeps_its_address_and_others_get_other_ones(self) -> None:
        addresses = Addresses()
        assert addresses.take("n", SUBNET, "rpl_1", wanted="") == "10.212.3.2"
        assert addresses.take("n", SUBNET, "rpl_2", wanted="10.212.3.2") == "10.212.3.3"
        assert addresses.take("n", SUBNET, "rpl_1", wanted="10.212.3.2") == "10.212.3.2"
        assert addresses.take("n", SUBNET, "rpl_3", wanted="192.168.0.1") == "10.212.3.4"
        addresses.avoid("n", "10.212.3.5")
        assert addresses.take("n", SUBNET, "rpl_4", wanted="") == "10.212.3.6"
        with pytest.raises(ReplicaStartFailed):
            addresses.take("n", SUBNET, "rpl_5", wanted="")

    def test_what_is_given_back_is_free(self) -> None:
        addresses = Addresses()
        addresses.take("n", SUBNET, "rpl_1", wanted="")
        assert addresses.is_used("n")
        addresses.give_back("rpl_1")
        assert not addresses.is_used("n")


class TestContainer:
    def test_limits_and_walls(self) -> None:
        host = described(spec(limits=Limits(cpu=0.5, memory=64, processes=20)))["HostConfig"]
        assert (host["Memory"], host["MemorySwap"]) == (64 << 20, 64 << 20)
        assert host["CpuQuota"] == host["CpuPeriod"] // 2
        assert host["PidsLimit"] == 20
        assert host["CapDrop"] == ["ALL"]
        assert "SYS_ADMIN" not in host["CapAdd"]
        assert host["SecurityOpt"] == ["no-new-privileges:true"]
        assert "Privileged" not in host
        assert host["Init"]

    def test_the_command_is_left_to_the_image_or_takes_the_place_of_its_own(self) -> None:
        assert "Cmd" not in described(spec())
        assert described(spec(argv=("serve", "--port={port}")))["Cmd"] == ["serve", "--port=8000"]

    def test_the_environment(self) -> None:
        env = described(spec(env={"A": "{port} {b}", "PORT": "1"}))["Env"]
        assert set(env) == {
            "A=8000 {b}",
            "PORT=8000",
            "CAPSULE_REPLICA_ID=rpl_1",
            "CAPSULE_MEMORY_MB=512",
            "PYTHONUNBUFFERED=1",
        }
        image = {"Config": {"Env": ["PYTHONUNBUFFERED="]}}
        assert not [line for line in described(spec(), image)["Env"] if line.startswith("PYTHONUNB")]

    def test_an_image_with_an_init_of_its_own_gets_no_other(self) -> None:
        image = {"Config": {"Entrypoint": ["/init"], "StopSignal": "SIGQUIT"}}
        assert brings_init(image)
        assert not brings_init({"Config": {"Entrypoint": None}})
        assert not described(spec(), image)["HostConfig"]["Init"]
        assert stop_signal(image) == "SIGQUIT"
        assert stop_signal({}) == "SIGTERM"

    def test_mounts_are_checked(self) -> None:
        with pytest.raises(MountMissing):
            check_mounts(spec(mounts=(Mount("/nowhere/at/all", "/data"),)))
        with pytest.raises(MountMissing):
            check_mounts(spec(mounts=(Mount("/tmp", "data"),)))


class TestExits:
    @pytest.mark.parametrize(
        ("state", "seen", "sentence"),
        [
            ({"ExitCode": 0}, False, "exited with code 0"),
            ({"ExitCode": 3}, False, "exited with code 3"),
            ({"ExitCode": 143}, False, "was ended by SIGTERM"),
            ({"ExitCode": 137, "OOMKilled": True}, False, "ran out of memory and was killed"),
            ({"ExitCode": 1}, True, "ran out of memory and was killed"),
            ({"ExitCode": 143, "OOMKilled": True}, False, "was ended by SIGTERM"),
            ({"ExitCode": 250}, False, "exited with code 250"),
        ],
    )
    def test_sentence(self, state: dict[str, Any], seen: bool, sentence: str) -> None:
        assert exit_of({"State": state}, out_of_memory=seen).sentence() == sentence

    def test_a_container_that_is_gone_tells_nothing(self) -> None:
        found = exit_of(None, out_of_memory=False)
        assert (found.code, found.signal) == (Exit().code, Exit().signal)


def test_reading_goes_on_right_after_the_last_line() -> None:
    assert just_after("2026-11-26T04:29:56.960790429Z") == "1795667396.960790430"
    assert just_after("2026-11-26T04:29:56.999999999Z") == "1795667397.000000000"
    assert just_after("2026-11-26T04:29:56Z") == "1795667396.000000001"


@pytest.mark.parametrize("key", ["total_inactive_file", "inactive_file"])
def test_measurements_of_both_versions_of_groups(key: str) -> None:
    answer = {
        "cpu_stats": {
            "cpu_usage": {"total_usage": 2_500_000_000},
            "throttling_data": {"throttled_time": 500_000_000},
        },
        "memory_stats": {"usage": 1000, "stats": {key: 400}},
        "pids_stats": {"current": 3},
    }
    stats = read_stats("rpl_1", answer, helpers=1)
    assert (stats.cpu_seconds, stats.memory_bytes, stats.processes) == (2.5, 600, 2)
    assert stats.throttled_seconds == 0.5
    assert read_stats("rpl_1", {}, helpers=1).processes == 0
