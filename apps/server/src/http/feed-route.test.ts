import type { AddressInfo } from "node:net";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createIssuerGuard } from "../api/guard.ts";
import { FEED_PERMISSION } from "../api/permissions.ts";
import { createRouter } from "../api/router.ts";
import { openFactLog } from "../services/revocation/fact-log.ts";
import { createFeed, type FeedReply } from "../services/revocation/feed.ts";
import { NOTES, openTestIssuer, type Person, SOMEBODY, type TestIssuer } from "../services/testing/test-issuer.ts";
import { revoke } from "../services/testing/test-reader.ts";
import { createPlugin } from "./plugin.ts";
import { eventsOf } from "./testing/feed-client.ts";

let issuer: TestIssuer;
let fastify: FastifyInstance;
let admin: Person;
let url: string;
let service: { readonly id: string; readonly secret: { readonly id: string; readonly secret: string } };

async function serve(more: Partial<TestIssuer["services"]> = {}): Promise<void> {
  const services = { ...issuer.services, ...more };
  const guard = createIssuerGuard(issuer.verifier);
  fastify = Fastify();
  await fastify.register(
    createPlugin({ services, verifier: issuer.verifier, api: { router: createRouter(guard, services), guard } }),
  );
  await fastify.listen({ host: "127.0.0.1", port: 0 });
  url = `http://127.0.0.1:${(fastify.server.address() as AddressInfo).port}`;
}

beforeEach(async () => {
  issuer = await openTestIssuer();
  await serve();
  admin = await issuer.administrator();
  service = await create("reader", FEED_PERMISSION);
});
afterEach(async () => {
  await fastify.close();
  await issuer.close();
});

const create = (name: string, permission: string, audience = issuer.services.issuer) =>
  issuer.services.servicePrincipals.create({ name, permissions: [{ audience, permission }] }, admin.actor);
const tokenOf = async ({ id, secret: { secret } } = service, audience?: string) =>
  (await issuer.services.serviceTokens.issue({ id, secret, audience }, SOMEBODY)).access_token;
const get = (token: string | undefined, headers: Record<string, string> = {}) =>
  fetch(`${url}/feed`, {
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
  });
const open = async (token: string, headers: Record<string, string> = {}) => {
  const reply = await get(token, { accept: "text/event-stream", ...headers });
  return { reply, events: eventsOf(reply) };
};
/** Whether a stream ends by itself. */
const ended = async (events: AsyncIterable<unknown>) => {
  for await (const _ of events);
  return true;
};

describe("the feed over HTTP", () => {
  test("is a stream of events that nothing on the way keeps, changes or gathers", async () => {
    const { reply, events } = await open(await tokenOf());
    expect(reply.status).toBe(200);
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
      "x-content-type-options": "nosniff",
    });
    expect(reply.headers.get("content-encoding")).toBeNull();
    const { value: snapshot } = await events.next();
    expect(snapshot).toEqual({
      event: "snapshot",
      id: expect.stringMatching(/^[\w-]{22}:0$/),
      data: { number: 0, at: issuer.world.now(), part: 0, last: true, facts: [] },
    });
    await revoke(issuer, "ann");
    expect((await events.next()).value).toEqual({
      event: "facts",
      id: snapshot?.id.replace(/0$/, "1"),
      data: { number: 1, facts: [{ kind: "account", id: "ann", least: 1 }] },
    });
    issuer.world.advance(5000);
    expect((await events.next()).value).toMatchObject({
      event: "heartbeat",
      data: { number: 1, at: issuer.world.now() },
    });
    await events.return(undefined);
  });

  test("goes on after the id that a reader comes back with", async () => {
    await revoke(issuer, "ann");
    const first = await open(await tokenOf());
    const { value: snapshot } = await first.events.next();
    await first.events.return(undefined);
    await revoke(issuer, "bob");
    const { events } = await open(await tokenOf(), { "last-event-id": snapshot?.id ?? "" });
    expect((await events.next()).value).toMatchObject({ event: "facts", data: { number: 2, facts: [{ id: "bob" }] } });
    expect((await events.next()).value).toMatchObject({ event: "heartbeat", data: { number: 2 } });
    await events.return(undefined);
  });

  test("is one answer in JSON for who asks for no stream", async () => {
    await revoke(issuer, "ann");
    const reply = await get(await tokenOf(), { accept: "application/json" });
    expect(reply.headers.get("cache-control")).toBe("no-store");
    const { incarnation, ...rest } = (await reply.json()) as FeedReply;
    expect(rest).toEqual({
      number: 1,
      at: issuer.world.now(),
      snapshot: true,
      facts: [{ kind: "account", id: "ann", least: 1 }],
    });
    const again = await get(await tokenOf(), { "last-event-id": `${incarnation}:1` });
    expect(await again.json()).toMatchObject({ incarnation, number: 1, snapshot: false, facts: [] });
  });

  test("answers HEAD without opening anything", async () => {
    const headers = { authorization: `Bearer ${await tokenOf()}`, accept: "text/event-stream" };
    const reply = await fetch(`${url}/feed`, { method: "HEAD", headers });
    expect({ status: reply.status, body: await reply.text() }).toEqual({ status: 200, body: "" });
  });
});

describe("ASVS 8.2.1: the feed is for services that may read it", () => {
  const challenge = 'Bearer error="insufficient_scope", error_description="not_permitted", scope="feed:read"';

  test("nobody else gets in, and each is told why as everywhere", async () => {
    const other = await create("other", "users:read");
    const notes = await create("notes", "notes:read", NOTES);
    const cases: readonly [string, string | undefined, number, string, string][] = [
      ["nobody", undefined, 401, "no_token", "Bearer"],
      [
        "a token that is none",
        "nonsense",
        401,
        "token_invalid",
        'Bearer error="invalid_token", error_description="token_invalid"',
      ],
      ["another service", await tokenOf(other), 403, "not_permitted", challenge],
      [
        "a token for another API",
        await tokenOf(notes, NOTES),
        401,
        "token_invalid",
        'Bearer error="invalid_token", error_description="token_invalid"',
      ],
      ["an administrator, who holds the permission", admin.accessToken, 403, "not_permitted", challenge],
    ];
    for (const [who, token, status, error, said] of cases) {
      const reply = await get(token, { accept: "text/event-stream" });
      expect([who, reply.status, await reply.json()]).toEqual([who, status, { error }]);
      expect(reply.headers.get("www-authenticate"), who).toBe(said);
    }
  });

  test("corpus 56: a token in the URL is not read", async () => {
    const reply = await fetch(`${url}/feed?access_token=${await tokenOf()}`);
    expect([reply.status, await reply.json()]).toEqual([401, { error: "no_token" }]);
  });

  test("other methods are refused", async () => {
    const reply = await fetch(`${url}/feed`, { method: "POST" });
    expect([reply.status, reply.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });
});

describe("corpus 57: a stream ends", () => {
  test("when a secret of its service is revoked, at once and after telling so", async () => {
    const { events } = await open(await tokenOf());
    await events.next();
    await issuer.services.servicePrincipals.revokeSecret(service.id, service.secret.id, admin.actor);
    expect(await ended(events)).toBe(true);
    expect((await get(await tokenOf().catch(() => undefined))).status).toBe(401);
  });

  test("when its token has expired, and the reader goes on with the next", async () => {
    const { events } = await open(await tokenOf());
    const { value: snapshot } = await events.next();
    // Up to the leeway that every guard gives.
    for (let passed = 0; passed < 329; passed += 47) await issuer.advance(47_000);
    await revoke(issuer, "ann");
    while ((await events.next()).value?.event !== "facts");
    await issuer.advance(1000);
    expect(await ended(events)).toBe(true);
    const next = await open(await tokenOf(), { "last-event-id": snapshot?.id ?? "" });
    expect((await next.events.next()).value).toMatchObject({ event: "facts", data: { facts: [{ id: "ann" }] } });
    await next.events.return(undefined);
  });

  test("with the server, which waits for nobody", async () => {
    const { events } = await open(await tokenOf());
    await events.next();
    const over = ended(events);
    await fastify.close();
    expect(await over).toBe(true);
  });
});

test("a full house is 503 with Retry-After, and a reader who goes makes room", async () => {
  await fastify.close();
  const clock = { now: () => issuer.world.now(), measure: async () => {} };
  const facts = await openFactLog({ store: issuer.store, clock });
  await serve({ feed: createFeed({ facts, clock, streams: 1 }) });
  const token = await tokenOf();
  const leaving = new AbortController();
  const headers = { authorization: `Bearer ${token}`, accept: "text/event-stream" };
  const first = await fetch(`${url}/feed`, { headers, signal: leaving.signal });
  const refused = await get(token, { accept: "text/event-stream" });
  expect([refused.status, refused.headers.get("retry-after"), await refused.json()]).toEqual([
    503,
    "5",
    { error: "busy" },
  ]);
  leaving.abort();
  await first.body?.cancel().catch(() => undefined);
  await vi.waitFor(async () => {
    const { reply, events } = await open(token);
    expect(reply.status).toBe(200);
    await events.return(undefined);
  }, 5000);
  facts.close();
});
