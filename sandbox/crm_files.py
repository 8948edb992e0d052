"""POST /crm/v8/files: a file that waits for a record to name its id."""

from __future__ import annotations

from werkzeug.wrappers import Response

from sandbox.crm_store import crm_refusal
from sandbox.wire import Call, Route, json_answer

MAX_BYTES = 20 * 1024 * 1024


def upload(call: Call) -> Response:
    """Multipart, one or more parts called ``file``; of what is in them only the size is kept."""
    given = call.request.files.getlist("file")
    if not given:
        raise crm_refusal("MANDATORY_NOT_FOUND", 400, {"api_name": "file"})
    rows = []
    for file in given:
        size = len(file.read())
        if size > MAX_BYTES:
            message = "The file size is more than the allowed size"
            raise crm_refusal("FILE_SIZE_MORE_THAN_ALLOWED_SIZE", 415, {"maximum_size": "20MB"}, message)
        id_ = f"ae9c7cefa418aec1d6a5cc2d{call.world.crm.new_id()}"
        call.world.crm.files[id_] = {"name": file.filename or "file", "size": size}
        details = {"name": file.filename, "id": id_}
        rows.append({"code": "SUCCESS", "details": details, "message": f"{file.filename} uploaded Succesfully", "status": "success"})
    call.world.changed()
    return json_answer({"data": rows})


ROUTES = (Route("POST", "/crm/v8/files", upload, ("ZohoCRM.files.CREATE",)),)
