"""The services around the gateway, on loopback: identity, Graph API, Bot API, agents, and a liar on a socket."""

from .agent import AgentStub
from .graph import GraphStub
from .identity import IdentityStub
from .raw import RawStub
from .resend import ResendStub
from .server import Reply, StubServer
from .telegram import TelegramStub
from .twilio import TwilioStub

__all__ = ["AgentStub", "GraphStub", "IdentityStub", "RawStub", "Reply", "ResendStub", "StubServer", "TelegramStub",
           "TwilioStub"]
