"""`getnodeid`: tell a client which of the vendor's many servers has its site."""

from dealtrace.calltouch.answers.outcomes import Node
from dealtrace.http.caller import Caller
from dealtrace.http.parameters import ParameterTable, Sent
from dealtrace.http.replies import Reply, success

TABLE = ParameterTable(())
NODE = 1
"""Ours: there is one address for every site, whatever stands behind it."""


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Answer with the one node."""
    del sent
    answer: Node = {"nodeId": NODE}
    return success(answer, "node_told", site_id=caller.site.id)
