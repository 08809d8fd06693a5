"""Which network addresses may be connected to: public ones, and those that a setting allows.

What counts is the address that a host resolves to, whatever the host is written like.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: Global unicast, of which all public addresses are so far
#: (https://www.iana.org/assignments/ipv6-address-space).
_GLOBAL_UNICAST = IPv6Network("2000::/3")
#: Special purposes (RFC 6890 and its registries), of which older versions of `ipaddress` know only
#: a part; and Azure's metadata service, whose address is a public one.
_SPECIAL: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
    )
)
#: What these begin leads to the IPv4 address in their last 32 bits (RFC 4291, 6052).
_MAPPED = IPv6Network("::ffff:0:0/96")
_TRANSLATED = IPv6Network("64:ff9b::/96")
#: Bits 64 to 95 of an ISATAP address, the "universal" bit aside (RFC 5214).
_ISATAP = 0x5EFE


class AddressPolicy:
    """Permits public addresses and those of the `allowed` networks."""

    def __init__(self, allowed: Iterable[Network] = ()) -> None:
        self._allowed = tuple(allowed)

    def permits(self, address: Address) -> bool:
        """Whether an address may be connected to."""
        address = _without_scope(address)
        if _contains(self._allowed, address):
            return True
        if isinstance(address, IPv6Address):
            inner = _last_ipv4(address)
            if address in _MAPPED or address in _TRANSLATED:
                return self.permits(inner)
            if address not in _GLOBAL_UNICAST:
                return False
        return (
            address.is_global
            and not address.is_multicast
            and not address.is_reserved
            and not _contains(_SPECIAL, address)
            and all(self.permits(inner) for inner in _tunnelled(address))
        )

    def permits_all(self, addresses: Sequence[Address]) -> bool:
        """Whether there is an address, and none of them is forbidden."""
        return bool(addresses) and all(map(self.permits, addresses))


def _tunnelled(address: Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses to which a router would send what is sent to this one: 6to4, ISATAP."""
    if isinstance(address, IPv6Address):
        if (relay := address.sixtofour) is not None:
            yield relay
        if int(address) >> 32 & 0xFFFF_FFFF & ~0x0200_0000 == _ISATAP:
            yield _last_ipv4(address)


def _last_ipv4(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & 0xFFFF_FFFF)


def _without_scope(address: Address) -> Address:
    # `fe80::1%eth0` is in no network otherwise.
    return IPv6Address(int(address)) if isinstance(address, IPv6Address) else address


def _contains(networks: Iterable[Network], address: Address) -> bool:
    return any(address.version == network.version and address in network for network in networks)
