"""`getnodeid`: the number of the server on which the vendor stores a site."""

from dealtrace.calltouch.answers.outcomes import Node
from dealtrace.http.caller import Caller
from dealtrace.http.parameter_table import ParameterTable, Sent
from dealtrace.http.replies import Reply, success

TABLE = ParameterTable(())
NODE = 1
"""Ours: always 1, since all sites are reached at the same URL."""


async def respond(caller: Caller, sent: Sent) -> Reply:
    """Answer with the number of the node, always 1."""
    del sent
    answer: Node = {"nodeId": NODE}
    return success(answer, "node_told", site_id=caller.site.id)
