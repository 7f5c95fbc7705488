import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { unredirected } from "./unredirected.ts";

const visits: string[] = [];
const server = createServer((request, response) => {
  visits.push(request.url ?? "");
  const status = Number(request.url?.slice(1));
  response.writeHead(status, { location: "/200" }).end(status === 304 ? undefined : "said");
});
let origin: string;

beforeAll(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => visits.splice(0));
afterAll(() => server.close());

test.each([301, 302, 303, 307, 308])("corpus 10: a redirect (%i) throws, and is not followed", async (status) => {
  const asked = unredirected(fetch)(`${origin}/${status}`, { method: "POST", redirect: "follow" });
  await expect(asked).rejects.toThrow(TypeError);
  expect(visits).toEqual([`/${status}`]);
});

test("so does what a browser makes of one", async () => {
  const opaque = Object.defineProperties(Response.error(), { type: { value: "opaqueredirect" } });
  await expect(unredirected(async () => opaque)(origin)).rejects.toThrow(TypeError);
});

test("so does one that was followed all the same", async () => {
  const disobedient = unredirected((input) => fetch(input));
  await expect(disobedient(`${origin}/302`)).rejects.toThrow(TypeError);
});

test.each([200, 304, 401, 503])("every other answer (%i) is given on", async (status) => {
  expect((await unredirected(fetch)(`${origin}/${status}`)).status).toBe(status);
});
