"""Announces this board by multicast DNS, and finds others of its mesh: `ports.Discovery`.

Rules of this file:
- one zeroconf in the process, for as long as there is a network; it is loaded in a thread when there is one;
- a board is announced once its port is open, under a host name of its own;
- interfaces are looked at every few seconds: what has changed is announced anew, and the neighbours are asked again,
  after a sleep of the machine too;
- whatever zeroconf raises stays here: without multicast a board is as it was, and `edgeboard doctor` says so.
"""

import asyncio
import logging
import time
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, final

from edgeboard.discovery import records
from edgeboard.discovery.settings import Settings
from edgeboard.ids import MeshTag, NodeId
from edgeboard.ports import Found, Gone
from edgeboard.runtime.interfaces import InterfaceAddress, choose, is_ready, link_state, list_addresses

if TYPE_CHECKING:
    from zeroconf import ServiceInfo
    from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

LOOK_S = 3.0  # between two looks at the interfaces: 0.5 ms of processor each
UNREADY_S = 0.2  # between looks while an address is not ready
RESOLVE_MS = 3000  # for a board that was named without its address
SERVICES_MAX = 512  # that are remembered; a mesh has at most as many boards
ASLEEP_S = 5.0  # a machine that stood still for so long has slept

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What decides where is announced and asked."""

    addresses: tuple[InterfaceAddress, ...]
    states: tuple[tuple[str, str], ...]  # of their interfaces


@final
class MdnsDiscovery:
    """Multicast DNS for one board.

    Args:
        settings: what the owner may set.
        node: our id, which is announced.
        tag: of our mesh; others are not told of.
        name: of the board.
        host: the address on which it listens; `::` and `0.0.0.0` are all.
    """

    def __init__(self, settings: Settings, node: NodeId, tag: MeshTag, name: str, host: str) -> None:
        self._settings = settings
        self._node = node
        self._tag = tag
        self._name = name
        self._host = host
        self._port = 0
        self._found: Found = lambda node, urls: None
        self._gone: Gone = lambda node: None
        self._zeroconf: AsyncZeroconf | None = None
        self._browser: AsyncServiceBrowser | None = None
        self._info: ServiceInfo | None = None
        self._here = Surroundings((), ())
        self._services: dict[str, tuple[NodeId, tuple[str, ...]]] = {}
        self._resolving: dict[str, asyncio.Task[None]] = {}
        self._awake = _slept()
        self._trouble = ""  # that has been told of

    async def run(self, port: int, found: Found, gone: Gone) -> None:
        """See `ports.Discovery`."""
        self._port, self._found, self._gone = port, found, gone
        while True:
            here, is_complete = self._look()
            slept = _slept() - self._awake
            self._awake += slept
            try:
                if here.addresses != self._here.addresses:
                    await self._move(here)
                elif here != self._here or slept > ASLEEP_S:
                    _log.debug("the network has changed, or the machine has slept: asking anew")
                    await self._ask_anew()
                self._trouble = ""
            except Exception as error:  # of the system or of zeroconf: a board is a board without it
                if str(error) != self._trouble:
                    _log.warning("multicast DNS does not work at the moment: %r; see edgeboard doctor", error)
                self._trouble = str(error)
                await self.close()
                here = Surroundings((), ())  # to be tried again with the next look
            self._here = here
            await asyncio.sleep(LOOK_S if is_complete else UNREADY_S)

    async def close(self) -> None:
        """See `ports.Discovery`."""
        for task in self._resolving.values():
            task.cancel()
        zeroconf, self._zeroconf, self._browser, self._info = self._zeroconf, None, None, None
        if zeroconf is not None:
            try:
                await zeroconf.async_close()
            except Exception as error:  # the goodbye is a courtesy
                _log.debug("no goodbye was said: %r", error)

    def describe(self) -> dict[str, Any]:
        """What `edgeboard status` shows: where we are announced, and how many others of the mesh are seen."""
        nodes = {node for node, _ in self._services.values()}
        return {"addresses": [str(each) for each in self._here.addresses], "boards": len(nodes)}

    def _look(self) -> tuple[Surroundings, bool]:
        """Where we are announced now, and whether that is all: addresses that are not ready yet are left out."""
        known = set(self._here.addresses)
        wanted = [
            each for each in choose(list(list_addresses()), self._settings.interfaces) if listens_on(self._host, each)
        ]
        ready = tuple(each for each in wanted if each in known or is_ready(each))
        names = dict.fromkeys(each.interface for each in ready)
        return Surroundings(ready, tuple((name, link_state(name)) for name in names)), len(ready) == len(wanted)

    async def _move(self, here: Surroundings) -> None:
        """Be announced at these addresses, and no longer at those before."""
        if not here.addresses:
            _log.info("there is no network; boards are looked for as soon as there is one")
            await self.close()
            return
        for module in ("zeroconf", "zeroconf.asyncio"):
            await asyncio.to_thread(import_module, module)
        from zeroconf.asyncio import AsyncZeroconf

        places: list[str | int] = [each.ip for each in here.addresses if not each.is_ipv6]
        places += dict.fromkeys(each.index for each in here.addresses if each.is_ipv6)
        _log.debug("multicast DNS on %s", ", ".join(map(str, here.addresses)))
        if not hasattr(AsyncZeroconf, "async_update_interfaces"):  # before 0.150 it kept to those that it began with
            await self.close()
        if self._zeroconf is None:
            self._zeroconf = AsyncZeroconf(interfaces=places)
            self._here = here
            self._browse(self._zeroconf)
        else:
            await self._zeroconf.async_update_interfaces(places)
            self._here = here
            await self._ask_anew()
        await self._announce(self._zeroconf, here)

    async def _announce(self, zeroconf: "AsyncZeroconf", here: Surroundings) -> None:
        from zeroconf import NonUniqueNameException
        from zeroconf.asyncio import AsyncServiceInfo

        info = AsyncServiceInfo(
            records.SERVICE,
            records.instance_name(self._name, self._node) if self._info is None else self._info.name,
            port=self._port,
            properties=records.write_properties(self._node, self._tag),
            server=records.host_name(self._node),
            parsed_addresses=[each.ip for each in here.addresses],
        )
        try:
            if self._info is None:
                await zeroconf.async_register_service(info, allow_name_change=True)
            else:
                await zeroconf.async_update_service(info)
        except NonUniqueNameException as error:
            _log.warning("this board cannot be announced under any name: %s", error)
            return
        self._info = info

    async def _ask_anew(self) -> None:
        """Ask who is there, say that we are, and tell again of all who answer."""
        if self._zeroconf is None:
            return
        if self._browser is not None:
            await self._browser.async_cancel()
        self._services.clear()  # so that each is told again
        self._browse(self._zeroconf)
        if self._info is not None:
            await self._zeroconf.async_update_service(self._info)

    def _browse(self, zeroconf: "AsyncZeroconf") -> None:
        from zeroconf import DNSQuestionType
        from zeroconf.asyncio import AsyncServiceBrowser

        # An answer to one of several programs on port 5353 (avahi, say) reaches any of them; one to all reaches us.
        to_all = DNSQuestionType.QM
        zc = zeroconf.zeroconf
        self._browser = AsyncServiceBrowser(zc, records.SERVICE, handlers=[self._changed], question_type=to_all)

    def _changed(self, zeroconf: Any, service_type: str, name: str, state_change: Any) -> None:  # noqa: ANN401 - zeroconf's
        """Zeroconf tells of a service: it is there, is different, or has said goodbye."""
        from zeroconf import BadTypeInNameException, ServiceStateChange
        from zeroconf.asyncio import AsyncServiceInfo

        if state_change is ServiceStateChange.Removed:
            self._forget(name)
            return
        try:
            info = AsyncServiceInfo(service_type, name)
        except BadTypeInNameException:  # anybody can announce any bytes
            return
        if info.load_from_cache(zeroconf):
            self._resolved(name, info)
        elif name not in self._resolving and len(self._resolving) < SERVICES_MAX:
            task = asyncio.get_running_loop().create_task(self._resolve(zeroconf, name, info), name=f"resolve {name}")
            self._resolving[name] = task
            task.add_done_callback(lambda _: self._resolving.pop(name, None))

    async def _resolve(self, zeroconf: Any, name: str, info: "AsyncServiceInfo") -> None:  # noqa: ANN401 - likewise
        try:
            if await info.async_request(zeroconf, RESOLVE_MS):
                self._resolved(name, info)
        except Exception as error:  # it was asked for just when the network went
            _log.debug("%s has no address: %r", name[:80], error)

    def _resolved(self, name: str, info: "AsyncServiceInfo") -> None:
        node = records.read_properties(info.properties, self._tag)
        if node is None or node == self._node or not info.port:
            return
        urls = records.urls_of(info.parsed_scoped_addresses(), info.port, self._here.addresses)
        if not urls or self._services.get(name) == (node, urls):
            return
        if name not in self._services and len(self._services) >= SERVICES_MAX:
            _log.debug("more than %d boards announce themselves; %s is left out", SERVICES_MAX, name[:80])
            return
        self._services[name] = node, urls
        self._found(node, urls)

    def _forget(self, name: str) -> None:
        node, _ = self._services.pop(name, (None, ()))
        if node is not None and all(other != node for other, _ in self._services.values()):
            self._gone(node)


def listens_on(host: str, address: InterfaceAddress) -> bool:
    """Whether a board that listens on `host` is reached at this address."""
    match host:
        case "::" | "*" | "":
            return True
        case "0.0.0.0":
            return not address.is_ipv6
        case _:
            return host in (address.ip, str(address))


def _slept() -> float:
    """How long this machine has stood still so far, s: one clock goes on meanwhile, the other does not."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
