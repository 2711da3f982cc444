"""The error tree of the bridge.

    BridgeError
    ├── PortError            the line: cannot be opened, or has gone; `remedy` says what a person can do
    │   ├── PortMissingError     nothing is there (any more)
    │   ├── PortBusyError        another program holds it
    │   └── PortForbiddenError   this user may not open it
    ├── DeviceError          the device: does not answer, refuses a command, reports a fault
    ├── ImageError           a file is not firmware that could be sent; the text says what it is, or what is wrong
    └── AddressError         a device URL that means nothing; the text says which would

Parsers of pens and panels raise nothing: what is damaged is dropped and counted. Decoders raise `DeviceError`.
No exception of the operating system or of a driver library leaves this package unwrapped.
"""


class BridgeError(Exception):
    """Root of the tree; never raised itself."""


class PortError(BridgeError):
    """A line that cannot be opened, or has gone.

    Attributes:
        remedy: what a person can do about it; empty if there is nothing.
    """

    def __init__(self, text: str, remedy: str = "") -> None:
        super().__init__(f"{text}; {remedy}" if remedy else text)
        self.remedy = remedy


class PortMissingError(PortError):
    """Nothing is there, or not any more."""


class PortBusyError(PortError):
    """Another program holds it."""


class PortForbiddenError(PortError):
    """This user may not open it."""


class DeviceError(BridgeError):
    """The device does not answer, refuses a command or reports a fault."""


class ImageError(BridgeError):
    """A file that is not firmware, or damaged."""


class AddressError(BridgeError):
    """A device URL that cannot be read."""
