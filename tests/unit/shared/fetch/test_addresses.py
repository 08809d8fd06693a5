"""Which network addresses are public, in every way to write and to wrap them."""

import ipaddress

import pytest

from shared.fetch.addresses import AddressPolicy, Network

PUBLIC = [
    "93.184.216.34",
    "8.8.8.8",
    "172.15.255.255",
    "172.32.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "2606:2800:220:1:248:1893:25c8:1946",
    "::ffff:93.184.216.34",
    "64:ff9b::5db8:d822",
    "2002:5db8:d822::1",
]
FORBIDDEN = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "2002:c0a8:101::1",
    "2606:2800:220:1:0:5efe:7f00:1",
    "2606:2800:220:1:200:5efe:a00:1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "4000::1",
]


def permits(text: str, *allowed: str) -> bool:
    networks: list[Network] = [ipaddress.ip_network(network) for network in allowed]
    return AddressPolicy(networks).permits(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_permitted(text: str) -> None:
    assert permits(text)


@pytest.mark.parametrize("text", FORBIDDEN)
def test_other_addresses_are_forbidden(text: str) -> None:
    assert not permits(text)


@pytest.mark.parametrize(
    ("text", "allowed", "permitted"),
    [
        ("10.1.2.3", "10.1.0.0/16", True),
        ("10.2.2.3", "10.1.0.0/16", False),
        ("::ffff:10.1.2.3", "10.1.0.0/16", True),
        ("64:ff9b::a01:203", "10.1.0.0/16", True),
        ("2002:a01:203::1", "10.1.0.0/16", True),
        ("fd00::5", "fd00::/8", True),
        ("fe80::1%eth0", "fe80::/10", True),
        ("127.0.0.1", "::/0", False),
        ("::1", "0.0.0.0/0", False),
    ],
)
def test_allowed_networks_are_permitted_too(text: str, allowed: str, permitted: bool) -> None:
    assert permits(text, allowed) is permitted


def test_one_forbidden_answer_forbids_all() -> None:
    policy = AddressPolicy()
    public, private = ipaddress.ip_address("8.8.8.8"), ipaddress.ip_address("10.0.0.1")

    assert policy.permits_all([public])
    assert not policy.permits_all([public, private])
    assert not policy.permits_all([private, public])
    assert not policy.permits_all([])
