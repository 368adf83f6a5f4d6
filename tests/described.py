"""What the server says of its own answers, and whether an answer is so."""

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from server import ServerProcess


@cache
def schemas_of(server: ServerProcess) -> dict[str, Any]:
    """Return the schema of every answer that is JSON, by the path without the slash at the end.

    Each holds the components that it may refer to.
    """
    description = server.http.get("/openapi.json").json()
    responses = {path: next(iter(item.values()))["responses"] for path, item in description["paths"].items()}
    return {
        path.rstrip("/"): {
            **answers["200"]["content"]["application/json"]["schema"],
            "components": description["components"],
        }
        for path, answers in responses.items()
        if "application/json" in answers.get("200", {}).get("content", {})
    }


def check_answer(server: ServerProcess, path: str, answer: Any) -> None:
    """See that an answer is as `/openapi.json` describes it."""
    schema = schemas_of(server)[path]
    Draft202012Validator.check_schema(schema)
    faults = [f"{fault.json_path}: {fault.message}" for fault in Draft202012Validator(schema).iter_errors(answer)]
    assert not faults, "\n".join(faults)
