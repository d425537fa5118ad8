"""The services around the gateway, on loopback: identity, Graph API, Bot API, agents, and a liar on a socket."""

from .agent import AgentStub
from .graph import GraphStub
from .identity import IdentityStub
from .raw import RawStub
from .server import Reply, StubServer
from .telegram import TelegramStub

__all__ = ["AgentStub", "GraphStub", "IdentityStub", "RawStub", "Reply", "StubServer", "TelegramStub"]
