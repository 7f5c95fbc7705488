"""FastAPI with PyJWT on uvicorn, as FastAPI's documentation shows it: a dependency that verifies the token of each call.

The dependency is `async`, which spares it the thread pool that FastAPI would run it in otherwise.
"""

import json
import os
import socket
import sys
import threading

import jwt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

setup = json.loads(os.environ["BENCH_SETUP"])
key = jwt.PyJWK(setup["jwk"]).key

app = FastAPI()


async def account(credentials: HTTPAuthorizationCredentials = Depends(HTTPBearer())) -> str:
    try:
        claims = jwt.decode(
            credentials.credentials,
            key,
            algorithms=["EdDSA"],
            issuer=setup["issuer"],
            audience=setup["audience"],
        )
    except jwt.InvalidTokenError:
        raise HTTPException(status_code=401)
    if "notes:read" not in claims["scope"].split(" "):
        raise HTTPException(status_code=403)
    return claims["sub"]


@app.get("/trpc/notes")
async def notes(caller: str = Depends(account)):
    return {"result": {"data": {"account": caller, "notes": setup["notes"]}}}


def end_with_standard_input() -> None:
    sys.stdin.read()
    os._exit(0)


listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
threading.Thread(target=end_with_standard_input, daemon=True).start()
server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))


@app.on_event("startup")
async def ready() -> None:
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)


server.run(sockets=[listener])
