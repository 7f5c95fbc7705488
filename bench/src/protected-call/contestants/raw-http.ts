import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ready, setup } from "../../harness/program.ts";
import { envelope } from "../../harness/setup.ts";

// What the machine can do: the same bytes from `node:http`, and nothing checked.

const body = JSON.stringify(envelope(setup.account, setup));
const server = createServer((_request, response) => {
  response.setHeader("content-type", "application/json").end(body);
});
server.listen(0, "127.0.0.1", () => ready({ port: (server.address() as AddressInfo).port }));
