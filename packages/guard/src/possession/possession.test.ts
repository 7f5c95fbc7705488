import { createReplayMemory, type ReplayStore } from "@countersign/tokens";
import { initTRPC } from "@trpc/server";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AUDIENCE } from "../../../tokens/src/testing/forge.ts";
import { createProver, type Proving } from "../../../tokens/src/testing/prover.ts";
import { createGuard } from "../guard.ts";
import { type Facts, facts } from "../request/facts.ts";
import { adapters, type Lines, ORIGIN, type Served } from "../test-support/adapters.ts";
import { createDesk } from "../test-support/desk.ts";
import { type Answer, post, refusalIn, type Sent, send } from "../test-support/send.ts";
import type { DpopOptions } from "./dpop-options.ts";

const PUBLIC = "https://public.example/v1/trpc";
const desk = await createDesk();
const ann = await createProver();
let bound = "";
let bearer = "";
beforeEach(async () => {
  bound = await desk.account({ jkt: ann.jkt });
  bearer = await desk.account();
});
const t = initTRPC.context<{ auth: Facts }>().create();

function createApi(dpop: Partial<DpopOptions> = {}) {
  const guard = createGuard(t, {
    issuer: desk.verifier,
    audience: AUDIENCE,
    permissions: ["notes:read", "notes:share"],
    world: desk.world,
    dpop: { publicUrl: PUBLIC, ...dpop },
  });
  const router = guard.router({
    me: guard.signedIn.query(({ ctx }) => ctx.principal.id),
    greet: guard.open.orSignedIn("x").query(({ ctx }) => ctx.principal?.id ?? "nobody"),
    save: guard.signedIn.mutation(() => "saved"),
    share: guard.allowed("notes:share").query(() => "shared"),
    ticks: guard.signedIn.subscription(async function* () {
      yield "tick";
    }),
  });
  return { guard, router };
}
const { guard, router } = createApi();

/** A proof for a path of the API, now. */
const proofFor = (path: string, change: Partial<Proving> = {}) =>
  ann.prove({ url: `${PUBLIC}/${path}`, token: bound, now: desk.world.now(), ...change });
const anHourAgo = () => desk.world.now() - 3_600_000;

async function headersFor(
  path: string,
  change: Partial<Proving> = {},
  token = bound,
): Promise<Sent["headers"] & object> {
  return { authorization: `DPoP ${token}`, dpop: await proofFor(path, change) };
}
async function call(path: string, change: Partial<Proving> = {}, to = router, sent: Sent = {}): Promise<Answer> {
  return await send(to, path, { ...sent, headers: await headersFor(path.replace(/\?.*/, ""), change) });
}
const refused = (reason: string, status = 401) => ({ reason, ran: false, status });

describe("a token that is bound to a key", () => {
  test("ASVS 10.3.5, RFC 9449 6.1: is good with its key's proof, and a fresh one each time", async () => {
    for (let time = 0; time < 3; time += 1) {
      expect((await call("me")).body.result?.data).toBe("ann");
      expect((await call("greet")).body.result?.data).toBe("ann");
    }
  });

  test("changes things", async () => {
    const headers = await headersFor("save", { method: "POST" });
    expect((await post(router, "save", undefined, { headers })).body.result?.data).toBe("saved");
  });

  test("ASVS 10.3.5, RFC 9449 7.2: is worth nothing without one, under either scheme", async () => {
    for (const authorization of [`Bearer ${bound}`, `DPoP ${bound}`]) {
      expect(refusalIn(await send(router, "me", { headers: { authorization } }))).toEqual(refused("key_mismatch"));
    }
  });

  test("RFC 9449 7.2: is no bearer token with one either", async () => {
    const headers = { authorization: `Bearer ${bound}`, dpop: await proofFor("me") };
    expect(refusalIn(await send(router, "me", { headers }))).toEqual(refused("key_mismatch"));
  });

  test("RFC 9449 7.2: is refused by a guard that reads no proofs", async () => {
    const plain = createGuard(t, {
      issuer: desk.verifier,
      audience: AUDIENCE,
      permissions: ["a:b"],
      world: desk.world,
    });
    const api = plain.router({ me: plain.signedIn.query(() => "ran") });
    expect(refusalIn(await send(api, "me", { token: bound }))).toEqual(refused("key_mismatch"));
    expect(refusalIn(await call("me", {}, api as never))).toEqual(refused("no_token"));
  });

  test("is judged on each call as any", async () => {
    const token = await desk.account({ jkt: ann.jkt, session: "session-2" });
    const headers = async () => await headersFor("me", { token }, token);
    expect((await send(router, "me", { headers: await headers() })).status).toBe(200);
    desk.revoke({ session: "session-2" });
    expect(refusalIn(await send(router, "me", { headers: await headers() }))).toEqual(refused("session_ended"));
  });
});

describe("RFC 9449 4.3: a proof", () => {
  test.each<[string, Partial<Proving>, string]>([
    ["server case 13: of another method", { method: "POST" }, "proof_invalid"],
    ["server case 13: for another procedure", { url: `${PUBLIC}/save` }, "proof_invalid"],
    ["server case 13: for the address inside", { url: "https://api.example/trpc/me" }, "proof_invalid"],
    ["server case 13: with another token", { token: "another" }, "proof_invalid"],
    ["server case 13: without a token", { token: undefined as never }, "proof_invalid"],
    ["server case 13: of an hour ago", { now: anHourAgo() }, "use_dpop_nonce"],
    ["server case 13: with a nonce that is none", { nonce: "none" }, "use_dpop_nonce"],
    ["corpus 18: with an htu that is no text", { claims: { htu: 1 } }, "proof_invalid"],
    ["that is none", { header: { typ: "JWT" } }, "proof_invalid"],
  ])("%s is refused", async (_what, change, reason) => {
    expect(refusalIn(await call("me", change))).toEqual(refused(reason));
    expect(refusalIn(await call("greet", change.url ? { ...change, url: "x:y" } : change))).toEqual(refused(reason));
  });

  test("of another key is refused", async () => {
    const other = await createProver();
    const dpop = await other.prove({ url: `${PUBLIC}/me`, token: bound, now: desk.world.now() });
    const answer = await send(router, "me", { headers: { authorization: `DPoP ${bound}`, dpop } });
    expect(refusalIn(answer)).toEqual(refused("key_mismatch"));
  });

  test("cannot be used with a bearer token, which is good without", async () => {
    expect((await send(router, "me", { token: bearer })).status).toBe(200);
    const dpop = await proofFor("me", { token: bearer });
    for (const scheme of ["Bearer", "DPoP"]) {
      const answer = await send(router, "me", { headers: { authorization: `${scheme} ${bearer}`, dpop } });
      expect(refusalIn(answer)).toEqual(refused("key_mismatch"));
    }
    expect(refusalIn(await send(router, "me", { headers: { authorization: `DPoP ${bearer}` } }))).toEqual(
      refused("key_mismatch"),
    );
    expect((await send(router, "me", { token: bearer })).status).toBe(200);
  });

  test("needs a request: headers alone tell neither method nor path", async () => {
    const caller = guard.createCallerFactory(router);
    const auth = facts(new Headers(await headersFor("me")));
    await expect(caller({ auth }).me()).rejects.toMatchObject({ cause: { reason: "proof_invalid" } });
  });
});

describe("RFC 9449 11.1: a proof that was used", () => {
  test("server case 13: is refused, in the same process", async () => {
    const headers = await headersFor("me");
    expect((await send(router, "me", { headers })).status).toBe(200);
    expect(refusalIn(await send(router, "me", { headers }))).toEqual(refused("proof_invalid"));
  });

  test("is still the proof of all calls of its request", async () => {
    const answer = await call("me,greet,me?batch=1");
    expect(answer.body.map(({ result }) => result?.data)).toEqual(["ann", "ann", "ann"]);
  });

  test("server case 13: is refused by the other node that it reaches at once", async () => {
    const replayStore: ReplayStore = createReplayMemory({ capacity: 10, now: () => desk.world.now() });
    const nodes = [createApi({ replayStore }).router, createApi({ replayStore }).router];
    const headers = await headersFor("me");
    const answers = await Promise.all(nodes.map((node) => send(node, "me", { headers })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  test("is never forgotten for room: a full memory refuses, until it has some again", async () => {
    const { router: small } = createApi({ rememberProofs: 1 });
    expect((await call("me", {}, small)).status).toBe(200);
    const answer = await call("me", {}, small);
    expect(refusalIn(answer)).toEqual(refused("busy", 503));
    expect(answer.headers.get("retry-after")).toBe("5");
    desk.pass(105);
    expect((await call("me", {}, small)).status).toBe(200);
  });

  test("is refused where the store that was given fails", async () => {
    const replayStore: ReplayStore = { add: async () => Promise.reject(new Error("the store is gone")) };
    expect(refusalIn(await call("me", {}, createApi({ replayStore }).router))).toEqual(refused("internal", 500));
  });
});

describe("RFC 9449 8, 9: a nonce", () => {
  test("is offered to whose clock goes wrong, in the header and in the refusal, and does instead", async () => {
    const wrong = { now: anHourAgo() };
    const answer = await call("me", wrong);
    const nonce = answer.headers.get("dpop-nonce") ?? "";
    expect(answer.body.error?.data).toMatchObject({ reason: "use_dpop_nonce", nonce });
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect((await call("me", { ...wrong, nonce })).body.result?.data).toBe("ann");
  });

  test("is demanded of everybody where it is required", async () => {
    const { router: strict } = createApi({ nonceRequired: true });
    const answer = await call("me", {}, strict);
    expect(refusalIn(answer)).toEqual(refused("use_dpop_nonce"));
    const nonce = answer.headers.get("dpop-nonce") ?? "";
    expect((await call("me", { nonce }, strict)).status).toBe(200);
    desk.pass(300);
    expect(refusalIn(await call("me", { nonce }, strict))).toEqual(refused("use_dpop_nonce"));
  });

  test("of one node is good at the other, where they share the secret", async () => {
    const nonceSecret = new Uint8Array(32).fill(1);
    const [one, two, third] = [{ nonceSecret }, { nonceSecret }, {}].map(
      (given) => createApi({ ...given, nonceRequired: true }).router,
    );
    const nonce = (await call("me", {}, one)).headers.get("dpop-nonce") ?? "";
    expect((await call("me", { nonce }, two)).status).toBe(200);
    expect(refusalIn(await call("me", { nonce }, third))).toEqual(refused("use_dpop_nonce"));
  });
});

describe("RFC 9449 7.1: the challenge", () => {
  test.each<[string, () => Record<string, string>, string]>([
    ["to nobody names both schemes", () => ({}), 'Bearer, DPoP algs="ES256"'],
    [
      "to a bearer that is refused",
      () => ({ authorization: "Bearer a.b.c" }),
      'Bearer error="invalid_token", error_description="token_invalid", DPoP algs="ES256"',
    ],
    [
      "to a bound token without a proof",
      () => ({ authorization: `DPoP ${bound}` }),
      'DPoP error="invalid_token", error_description="key_mismatch", algs="ES256", Bearer',
    ],
    [
      "to a proof that is none",
      () => ({ authorization: `DPoP ${bound}`, dpop: "none" }),
      'DPoP error="invalid_dpop_proof", error_description="proof_invalid", algs="ES256", Bearer',
    ],
  ])("%s", async (_what, headers, expected) => {
    expect((await send(router, "me", { headers: headers() })).headers.get("www-authenticate")).toBe(expected);
  });

  test("to whoever lacks a permission has the scheme that the token came by", async () => {
    expect((await call("share")).headers.get("www-authenticate")).toBe(
      'DPoP error="insufficient_scope", error_description="not_permitted", scope="notes:share", algs="ES256", Bearer',
    );
  });

  test("ASVS 10.3.5: names one scheme where bearer tokens are not taken", async () => {
    const { router: strict } = createApi({ required: true });
    expect((await call("me", {}, strict)).status).toBe(200);
    for (const token of [bearer, bearer]) {
      const answer = await send(strict, "me", { token });
      expect(refusalIn(answer)).toEqual(refused("no_token"));
      expect(answer.headers.get("www-authenticate")).toBe('DPoP algs="ES256"');
    }
    const answer = await send(strict, "me", { headers: { authorization: `DPoP ${bearer}` } });
    expect(refusalIn(answer)).toEqual(refused("key_mismatch"));
  });
});

describe.each(Object.keys(adapters))("behind tRPC's adapter %s", (name) => {
  let api: Served;
  beforeAll(async () => {
    api = (await adapters[name]?.({ router, responseMeta: guard.responseMeta })) as Served;
    return () => api.close();
  });
  const linesFor = async (path: string, ...more: Lines): Promise<Lines> => [
    ...Object.entries(await headersFor(path)),
    ...more,
  ];

  test("server case 13: a proof is for the public URL, whatever host and path a proxy made of it", async () => {
    const ok = await api.get("/trpc/me", await linesFor("me", ["x-forwarded-host", "evil.example"]));
    expect([ok.status, await ok.json()]).toEqual([200, { result: { data: "ann" } }]);
    const path = "me,greet";
    const batch = await api.get(`/trpc/${path}?batch=1&input=%7B%7D`, await linesFor(path));
    expect([batch.status, await batch.json()]).toEqual([
      200,
      [{ result: { data: "ann" } }, { result: { data: "ann" } }],
    ]);
  });

  test("server case 13: a batch is one URL, and a proof for one of its calls is none for it", async () => {
    const answer = await api.get("/trpc/me,greet?batch=1&input=%7B%7D", await linesFor("me"));
    expect(answer.status).toBe(401);
  });

  test("RFC 9449 4.3: two proofs are none", async () => {
    const answer = await api.get("/trpc/me", await linesFor("me", ["dpop", await proofFor("me")]));
    expect([answer.status, await answer.json()]).toMatchObject([401, { error: { data: { reason: "proof_invalid" } } }]);
  });

  test("an event stream opens with one", async () => {
    const lines = await linesFor("ticks", ["accept", "text/event-stream"]);
    const answer = await api.fetch(`${ORIGIN}/trpc/ticks`, { headers: lines as [string, string][] });
    expect(answer.status).toBe(200);
    // API Gateway's buffered Lambda answers no streams at all.
    if (!name.startsWith("lambda") || name.endsWith("streaming")) expect(await answer.text()).toContain('"tick"');
  });

  test("a streamed batch carries the nonce in its refusals", async () => {
    const dpop = await proofFor("me", { now: anHourAgo() });
    const headers = { authorization: `DPoP ${bound}`, dpop, "trpc-accept": "application/jsonl" };
    const answer = await api.fetch(`${ORIGIN}/trpc/me?batch=1&input=%7B%7D`, { headers });
    expect(await answer.text()).toMatch(/"reason":"use_dpop_nonce".*"nonce":"[\w-]{43}"/);
  });
});
