"""Faults of requests, as sentences about what the sender wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from bots.http.errors import Refused

# What pydantic puts into a place for the branch of a union that it tried; no sender ever wrote that.
_BRANCH: Final = re.compile(r"(?:function-|constrained-|nullable\[|list\[|dict\[|literal\[).*|str|int|float|bool")


def invalid(error: RequestValidationError) -> Refused:
    """The first fault of a body, a path or a query, by its name."""
    faults = error.errors()
    first: Mapping[str, Any] = faults[0]
    if first["type"] == "json_invalid":
        return Refused(400, f"The body is not valid JSON: {first['ctx']['error']}.", code="invalid_value")
    if len(first["loc"]) == 1:
        said = "The body must be a JSON object, sent with Content-Type: application/json."
        return Refused(400, said, code="invalid_value")
    # Where a value may have several shapes, the fault that lies deepest is about the shape that was meant.
    about = [fault for fault in faults if _place(fault["loc"])[: len(_place(first["loc"]))] == _place(first["loc"])]
    deepest = max(about, key=lambda fault: len(_place(fault["loc"])))
    where = ".".join(_place(deepest["loc"]))[:200].encode("utf-8", "replace").decode()
    return Refused(400, f"{where}: {deepest['msg']}.", code="invalid_value", param=where)


def refused(error: HTTPException, *, method: str, path: str) -> Refused:
    """A refusal of ours as it is; one of the framework's says what was asked for."""
    if isinstance(error, Refused):
        return error
    said = str(error.detail)
    if error.status_code == HTTPStatus.NOT_FOUND and said == HTTPStatus.NOT_FOUND.phrase:
        return Refused(404, f"There is no {method} {path[:128]} here; /openapi.json lists what there is.")
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "")
        said = f"{path[:128]} does not take {method}, but {allowed}."
    return Refused(error.status_code, said, headers=error.headers)


def _place(loc: Sequence[Any]) -> list[str]:
    """`messages 0 role` out of `("body", "messages", 0, "role")`."""
    return [part for part in map(str, loc[1:]) if not _BRANCH.fullmatch(part)]
