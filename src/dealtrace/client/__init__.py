"""The Python client: what other programs import to speak to a server."""

from dealtrace.client.clients import AsyncClient, Client
from dealtrace.client.errors import (
    AnswerUnreadable,
    ClientError,
    FieldsFaulty,
    FieldViolation,
    NotFound,
    NumberTaken,
    PointsSpent,
    Refused,
    ServerFailed,
    TokenRejected,
    TooFast,
    Unreachable,
)
from dealtrace.client.exchange import Call, Retries
from dealtrace.client.methods import UNSET, Journal, Source, deals, delete, register, update
from dealtrace.client.records import Changed, Deleted, JournalDeal, Page, Person, Registered

__all__ = (
    "UNSET",
    "AnswerUnreadable",
    "AsyncClient",
    "Call",
    "Changed",
    "Client",
    "ClientError",
    "Deleted",
    "FieldViolation",
    "FieldsFaulty",
    "Journal",
    "JournalDeal",
    "NotFound",
    "NumberTaken",
    "Page",
    "Person",
    "PointsSpent",
    "Refused",
    "Registered",
    "Retries",
    "ServerFailed",
    "Source",
    "TokenRejected",
    "TooFast",
    "Unreachable",
    "deals",
    "delete",
    "register",
    "update",
)
