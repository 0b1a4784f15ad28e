"""Where one address may lead: decided by the literals alone, so that nothing is connected to here."""

import ipaddress

import pytest

from app.outbound.reach import Reach, may_lead, parse_address, reach_of, reach_of_host

HOSTS = {
    Reach.MACHINE: (
        "127.0.0.1 ::ffff:127.0.0.1 127.255.255.254 127.1 0x7f.1 0x7f000001 2130706433 0177.0.0.1 0.0.0.0 0 ::1 ::"
        " [::1] 64:ff9b::7f00:1 2002:7f00:1:: localhost LOCALHOST. a.localhost 224.0.0.1 ff02::1"
    ).split(),
    Reach.LINK: "169.254.169.254 169.254.0.1 fe80::1 ::ffff:169.254.169.254 0xa9fea9fe 64:ff9b::a9fe:a9fe".split(),
    Reach.NETWORK: "10.0.0.1 172.16.0.1 192.168.1.1 100.64.0.1 fd00::1 ::ffff:10.0.0.1 192.0.2.1 10.1".split(),
    Reach.WORLD: "1.1.1.1 172.32.0.1 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808".split(),
    None: "index.example 1.example x fe80 127.0.0.1.example -1 1.2.3.4.5 ::g".split(),
}


@pytest.mark.parametrize(("reach", "host"), [(reach, host) for reach, hosts in HOSTS.items() for host in hosts])
def test_a_host_is_as_near_as_its_spelling_says(reach: Reach | None, host: str) -> None:
    assert reach_of_host(host) == reach


@pytest.mark.parametrize(
    ("index", "allowed"),
    [
        (Reach.WORLD, {Reach.WORLD}),
        (Reach.NETWORK, {Reach.WORLD, Reach.NETWORK}),
        (Reach.LINK, {Reach.WORLD, Reach.NETWORK, Reach.LINK}),
        (Reach.MACHINE, {Reach.WORLD, Reach.NETWORK, Reach.MACHINE}),
    ],
)
def test_an_index_leads_outwards_or_as_near_as_itself(index: Reach, allowed: set[Reach]) -> None:
    assert {to for to in Reach if may_lead(index, to)} == allowed


def test_an_address_inside_another_is_found_however_deep() -> None:
    assert reach_of(ipaddress.ip_address("::ffff:127.0.0.1")) is Reach.MACHINE
    assert parse_address("nonsense of a host") is None
