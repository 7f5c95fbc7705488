import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { inspect } from "node:util";
import fastify from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Facts, facts, type RequestLike } from "./facts.ts";

const read = (made: Facts) => Facts.authorizationOf(made);

describe("facts of the fetch API", () => {
  test("a Request gives its method, content type and Authorization header", () => {
    const headers = { authorization: "Bearer a", "content-type": "application/json" };
    const made = facts(new Request("https://api.example/", { method: "POST", headers, body: "{}" }));
    expect(read(made)).toEqual(["Bearer a"]);
    expect(made).toMatchObject({ method: "POST", contentType: "application/json" });
  });

  test("a request tells the last part of its path, and nothing of its query", () => {
    const resourceOf = (url: string) => facts(new Request(url)).resource;
    expect(resourceOf("https://api.example/v1/trpc/a.b,c?batch=1&input=/x")).toBe("a.b,c");
    expect(resourceOf("https://api.example/trpc/a%2Fb#x/y")).toBe("a%2Fb");
    expect(resourceOf("https://api.example")).toBe("");
    expect(facts(new Headers()).resource).toBeNull();
  });

  test("Headers give no method", () => {
    const made = facts(new Headers({ authorization: "Bearer a" }));
    expect(read(made)).toEqual(["Bearer a"]);
    expect(made).toMatchObject({ method: null, contentType: null });
  });

  test("React Server Components: headers that can only be read, and are there after a moment", async () => {
    // As Next seals them: a proxy whose methods are bound to what it hides, but for those that change something.
    const sealed = (hidden: Headers) =>
      new Proxy(hidden, {
        get(target, name) {
          if (["append", "delete", "set"].includes(String(name))) throw new Error("Headers cannot be modified");
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    const headers = async () => sealed(new Headers({ authorization: "Bearer a" }));
    expect(read(facts(await headers()))).toEqual(["Bearer a"]);
    expect(() => facts(headers() as never)).toThrow("await what you gave it");
  });

  test("corpus 83: two headers that the runtime joined stay recognisable", () => {
    const headers = new Headers();
    headers.append("authorization", "Bearer a");
    headers.append("authorization", "Bearer b");
    expect(read(facts(headers))).toEqual(["Bearer a, Bearer b"]);
  });

  test("an empty header is a header", () => {
    expect(read(facts(new Headers({ authorization: "" })))).toEqual([""]);
  });
});

describe("facts of Node's requests, over a socket", () => {
  let seen: IncomingMessage | undefined;
  const server = createServer((request, response) => {
    seen = request;
    response.end();
  });
  beforeAll(() => new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve)));
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  async function receive(lines: string[]): Promise<IncomingMessage> {
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.end([...lines, "Host: api.example", "Connection: close", "", ""].join("\r\n"));
    for await (const _ of socket);
    return seen as IncomingMessage;
  }

  test("corpus 83: the second Authorization header, which Node drops, is seen", async () => {
    const request = await receive(["GET / HTTP/1.1", "Authorization: Bearer a", "AUTHORIZATION: Bearer b"]);
    expect(request.headers.authorization).toBe("Bearer a");
    expect(read(facts(request))).toEqual(["Bearer a", "Bearer b"]);
  });

  test("an Authorization header that a middleware wrote is not one that was sent", async () => {
    const request = await receive(["GET / HTTP/1.1", "Cookie: token=a"]);
    request.headers.authorization = "Bearer a";
    expect(read(facts(request))).toEqual([]);
  });

  test("a second content type is seen", async () => {
    const request = await receive([
      "POST / HTTP/1.1",
      "Content-Type: application/json",
      "Content-Type: text/plain",
      "Content-Length: 0",
    ]);
    expect(facts(request)).toMatchObject({ method: "POST", contentType: "application/json, text/plain" });
  });

  test("ASVS 4.4.3, 14.2.1, RFC 6750 5.3: a token in the URL, a cookie or the body is not looked at", async () => {
    const request = await receive([
      "POST /?access_token=a&authorization=Bearer%20a HTTP/1.1",
      "Cookie: authorization=Bearer a; access_token=a",
      "Content-Type: application/x-www-form-urlencoded",
      "Content-Length: 0",
    ]);
    expect(read(facts(request))).toEqual([]);
  });

  test("a request that opens a WebSocket has none: the sentence says why", async () => {
    const request = await receive(["GET / HTTP/1.1", "Upgrade: foo, WebSocket"]);
    expect(() => facts(request)).toThrow("serves no WebSockets");
    expect(() => facts(request)).toThrow(expect.objectContaining({ code: "BAD_REQUEST" }));
    expect(facts(await receive(["GET / HTTP/1.1", "Upgrade: h2c"])).method).toBe("GET");
  });
});

describe("facts of what is built around them", () => {
  test("Fastify's request", async () => {
    const app = fastify();
    app.get("/", async (request) => ({ sent: read(facts(request)), method: facts(request).method }));
    const answer = await app.inject({ url: "/", headers: { authorization: "Bearer a" } });
    expect(answer.json()).toEqual({ sent: ["Bearer a"], method: "GET" });
    await app.close();
  });

  test("a framework's request around a fetch Request", () => {
    const raw = new Request("https://api.example/", { headers: { authorization: "Bearer a" } });
    expect(read(facts({ raw }))).toEqual(["Bearer a"]);
  });

  test("a hand-made IncomingMessage without raw headers", () => {
    const made = facts({ method: "GET", rawHeaders: [], headers: { authorization: "Bearer a" } });
    expect(read(made)).toEqual(["Bearer a"]);
    const opening = { method: "GET", rawHeaders: [], headers: { upgrade: "websocket" } };
    expect(() => facts(opening)).toThrow("serves no WebSockets");
  });

  test("a Lambda event of format 2.0", () => {
    const requestContext = { http: { method: "POST" } };
    const made = facts({ requestContext, headers: { authorization: "Bearer a", "content-type": "application/json" } });
    expect(read(made)).toEqual(["Bearer a"]);
    expect(made).toMatchObject({ method: "POST", contentType: "application/json" });
  });

  test("a Lambda event of format 1.0, its names in any case, all values of a name", () => {
    const event = {
      httpMethod: "GET",
      headers: { Authorization: "Bearer b" },
      multiValueHeaders: { Authorization: ["Bearer a", "Bearer b"] },
    };
    expect(read(facts(event))).toEqual(["Bearer a", "Bearer b"]);
    expect(read(facts({ httpMethod: "GET", headers: { AUTHORIZATION: "Bearer a" }, multiValueHeaders: null }))).toEqual(
      ["Bearer a"],
    );
  });

  test("corpus 83: a Lambda event that names the header in two cases has two", () => {
    const headers = { Authorization: "Bearer a", authorization: "Bearer b" };
    expect(read(facts({ httpMethod: "GET", headers }))).toEqual(["Bearer a", "Bearer b"]);
  });

  test.each([null, undefined, "Bearer a", 1, {}, []])("what is no request is refused: %j", (value) => {
    expect(() => facts(value as unknown as RequestLike)).toThrow(TypeError);
  });
});

describe("facts keep to themselves", () => {
  const made = facts(new Headers({ authorization: "Bearer secret-token" }));

  test("client case 31: no way of printing them shows the token", () => {
    const shown = [JSON.stringify(made), inspect(made, { depth: 9, showHidden: true }), String(made), { ...made }];
    expect(JSON.stringify(shown)).not.toContain("secret-token");
  });

  test("nobody can make some without a request, or change them", () => {
    expect(Facts.is(made)).toBe(true);
    expect(Facts.is({ ...made })).toBe(false);
    expect(Facts.is(Object.create(made))).toBe(false);
    expect(Facts.is(JSON.parse(JSON.stringify(made)))).toBe(false);
    expect(Facts.is(structuredClone({ ...made }))).toBe(false);
    expect(() => Object.assign(made, { method: "POST" })).toThrow(TypeError);
    expect(() => (read(made) as string[]).push("Bearer b")).toThrow(TypeError);
  });
});
