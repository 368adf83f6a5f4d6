"""`getnodeid`: the number of the server that holds a site, of which the vendor has many."""

from dealtrace.calltouch.answers.outcomes import Node
from dealtrace.http.caller import Caller
from dealtrace.http.parameters import ParameterTable, Sent
from dealtrace.http.replies import Reply, success

TABLE = ParameterTable(())
NODE = 1
"""Ours: every site has the same address, however many servers there are."""


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Answer with the only node."""
    del sent
    answer: Node = {"nodeId": NODE}
    return success(answer, "node_told", site_id=caller.site.id)
