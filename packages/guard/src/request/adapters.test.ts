import { Refusal } from "@countersign/tokens";
import { createTRPCClient, httpBatchLink, httpBatchStreamLink, httpLink, TRPCClientError } from "@trpc/client";
import { initTRPC, lazy } from "@trpc/server";
import superjson from "superjson";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { AUDIENCE } from "../../../tokens/src/testing/forge.ts";
import { createGuard } from "../guard.ts";
import { adapters, type Lines, ORIGIN, type Served } from "../test-support/adapters.ts";
import { createDesk } from "../test-support/desk.ts";
import type { Facts } from "./facts.ts";

const desk = await createDesk();
const t = initTRPC.context<{ auth: Facts }>().create({
  transformer: superjson,
  errorFormatter: ({ shape }) => ({ ...shape, data: { ...shape.data, mine: true } }),
});
const guard = createGuard(t, {
  issuer: desk.verifier,
  audience: AUDIENCE,
  permissions: ["notes:read", "notes:share"],
  world: desk.world,
  maxBatchSize: 10,
  enrich: (principal) => {
    if (principal.id === "hasty") throw new Refusal("rate_limited", { retryAfter: 6.5 });
    return {};
  },
});
const { open, signedIn, allowed } = guard;

let ran: string[] = [];
let gate = Promise.withResolvers<void>();
beforeEach(() => {
  ran = [];
  gate = Promise.withResolvers<void>();
});

/** Somebody's cast lets a bare procedure through the compiler. */
const forgotten: object = {
  forgotten: lazy(async () => t.router({ act: t.procedure.query(() => ran.push("forgotten")) })),
};
const router = guard.router({
  open: open("x").query(() => "open"),
  me: signedIn.query(({ ctx }) => ({ id: ctx.principal.id, at: new Date(0) })),
  slow: open("x").query(async () => {
    await gate.promise;
    return "slow";
  }),
  notes: {
    list: allowed("notes:read").query(() => new Map([["a", 1n]])),
    share: allowed("notes:share")
      .input(z.date())
      .mutation(({ input }) => input),
  },
  note: open("x")
    .input(z.strictObject({ title: z.string() }))
    .mutation(({ input }) => {
      ran.push(`${Object.keys(input)}${"polluted" in input ? ", polluted" : ""}`);
      return input.title;
    }),
  ticks: signedIn.subscription(async function* () {
    yield 1;
    yield 2;
  }),
  ...forgotten,
});
type AppRouter = typeof router;
const api = { router, responseMeta: guard.responseMeta, maxBatchSize: guard.maxBatchSize };

const links = { httpLink, httpBatchLink, httpBatchStreamLink };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const json = (value: unknown) => JSON.stringify({ json: value });

const failure = async (call: Promise<unknown>): Promise<TRPCClientError<AppRouter>> => {
  const error = await call.then(
    () => new Error("the call was let in"),
    (cause: unknown) => cause,
  );
  if (error instanceof TRPCClientError) return error;
  throw error;
};

describe.each(Object.keys(adapters))("by the %s adapter", (name) => {
  let served: Served;
  beforeAll(async () => {
    const serve = adapters[name];
    if (!serve) throw new Error("no such adapter");
    served = await serve(api);
  });
  afterAll(() => served.close());

  const send = (path: string, init?: RequestInit) => served.fetch(`${ORIGIN}/trpc/${path}`, init);
  const get = (lines: Lines, path = "/trpc/me") => served.get(path, lines);
  const post = (path: string, body: NonNullable<RequestInit["body"]>, type?: string) =>
    send(path, { method: "POST", body, ...(type === undefined ? {} : { headers: { "content-type": type } }) });
  const clientOf = (link: keyof typeof links, token?: string) =>
    createTRPCClient<AppRouter>({
      links: [
        links[link]<AppRouter>({
          url: `${ORIGIN}/trpc`,
          transformer: superjson,
          headers: token === undefined ? {} : bearer(token),
          fetch: (url, init) => served.fetch(String(url), init as RequestInit),
        }),
      ],
    });

  test("corpus 78: fifty cold requests at once each see their own account", async () => {
    const names = Array.from({ length: 50 }, (_, at) => `account-${at}`);
    const tokens = await Promise.all(names.map((account) => desk.account({ account })));
    const seen = await Promise.all(tokens.map((token) => clientOf("httpLink", token).me.query()));
    expect(seen.map(({ id }) => id)).toEqual(names);
  });

  describe.each(Object.keys(links) as (keyof typeof links)[])("with tRPC's %s", (link) => {
    test("a call that is allowed is served, with the transformer's types", async () => {
      const client = clientOf(link, await desk.account({ permissions: ["notes:read", "notes:share"] }));
      const [me, list, shared] = await Promise.all([
        client.me.query(),
        client.notes.list.query(),
        client.notes.share.mutate(new Date(5)),
      ]);
      expect(me).toEqual({ id: "ann", at: new Date(0) });
      expect(list).toEqual(new Map([["a", 1n]]));
      expect(shared).toEqual(new Date(5));
    });

    test("corpus 55: each call of a batch is judged by itself, its reason beside the user's own data", async () => {
      const client = clientOf(link, await desk.account());
      const [opened, list, share] = await Promise.allSettled([
        client.open.query(),
        client.notes.list.query(),
        failure(client.notes.share.mutate(new Date())).then(({ data }) => data),
      ]);
      expect(opened).toMatchObject({ value: "open" });
      expect(list).toMatchObject({ value: new Map([["a", 1n]]) });
      expect(share).toMatchObject({ value: { reason: "not_permitted", ran: false, mine: true, code: "FORBIDDEN" } });
      const nobody = clientOf(link);
      const [me, still] = await Promise.all([failure(nobody.me.query()), nobody.open.query()]);
      expect(me.data).toMatchObject({ reason: "no_token", ran: false, mine: true, httpStatus: 401 });
      expect(still).toBe("open");
    });
  });

  test("corpus 82: a refusal has the status, the challenge and the wait of its reason, and is never stored", async () => {
    const cases = [
      ["no_token", 401, {}, "Bearer", null],
      ["token_invalid", 401, bearer("forged"), 'Bearer error="invalid_token", error_description="token_invalid"', null],
      [
        "not_permitted",
        403,
        bearer(await desk.account({ permissions: [] })),
        'Bearer error="insufficient_scope", error_description="not_permitted", scope="notes:read"',
        null,
      ],
      ["rate_limited", 429, bearer(await desk.account({ account: "hasty" })), null, "7"],
    ] as const;
    for (const [reason, status, headers, challenge, wait] of cases) {
      const answer = await send("notes.list", { headers });
      expect([answer.status, answer.headers.get("www-authenticate"), answer.headers.get("retry-after")]).toEqual([
        status,
        challenge,
        wait,
      ]);
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(await answer.text()).toContain(`"reason":"${reason}","ran":false`);
    }
    const opened = await send("open");
    expect([opened.status, opened.headers.get("www-authenticate"), opened.headers.get("cache-control")]).toEqual([
      200,
      null,
      null,
    ]);
  });

  test("corpus 55, 82: a batch answers 207, and its challenge is the most basic one", async () => {
    const answer = await send("open,me,notes.list?batch=1&input={}");
    expect(answer.status).toBe(207);
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const results = (await answer.json()) as {
      result?: { data: { json: unknown } };
      error?: { json: { data: object } };
    }[];
    expect(results[0]?.result?.data.json).toBe("open");
    for (const result of results.slice(1)) {
      expect(result.error?.json.data).toMatchObject({ reason: "no_token", ran: false, mine: true });
    }
  });

  test("server case 11: a streamed batch has sent its status and headers, so every result has its own reason", async () => {
    gate.resolve();
    const answer = await send("slow,me,notes.list?batch=1&input={}", {
      headers: { "trpc-accept": "application/jsonl" },
    });
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([200, null]);
    expect(answer.headers.get("cache-control")).toContain("no-store");
    const text = await answer.text();
    expect(text).toContain('"slow"');
    expect(text.split('"reason":"no_token","ran":false')).toHaveLength(3);
  });

  // Lambda's plain answers are whole: nothing of them is there before the last call has ended.
  if (!/^lambda \d\.0$/.test(name)) {
    test("server case 11: in a streamed batch no refusal waits for a slow call", async () => {
      const answer = await send("slow,me?batch=1&input={}", { headers: { "trpc-accept": "application/jsonl" } });
      let text = "";
      for await (const chunk of answer.body ?? []) {
        text += new TextDecoder().decode(chunk);
        if (text.includes('"reason":"no_token"')) gate.resolve();
      }
      expect(text.indexOf('"no_token"')).toBeLessThan(text.indexOf('"slow"'));
    });
  }

  test("corpus 53: a batch above the cap is refused before anything runs", async () => {
    const paths = Array.from({ length: guard.maxBatchSize + 1 }, () => "note").join(",");
    const inputs = Object.fromEntries(paths.split(",").map((_, at) => [at, { json: { title: `${at}` } }]));
    const answer = await post(`${paths}?batch=1`, JSON.stringify(inputs), "application/json");
    expect(answer.status).toBe(400);
    expect(ran).toEqual([]);
  });

  test("ASVS 4.1.1: every answer says what it is", async () => {
    const headers = bearer(await desk.account());
    const typeOf = async (path: string, init: RequestInit = { headers }) =>
      (await send(path, init)).headers.get("content-type");
    const batch = `open,me?batch=1`;
    expect([await typeOf("open"), await typeOf("me", {}), await typeOf(batch), await typeOf("nothing")]).toEqual(
      Array(4).fill("application/json"),
    );
    expect(await typeOf("ticks")).toBe("text/event-stream");
  });

  test("corpus 83: two Authorization headers are refused, in any order", async () => {
    const good = await desk.account();
    const line = (token: string) => ["Authorization", `Bearer ${token}`] as const;
    for (const [first, second] of [
      [good, "other"],
      ["other", good],
      [good, good],
    ] as const) {
      const answer = await get([line(first), line(second)]);
      expect(answer.status).toBe(400);
      expect(answer.headers.get("www-authenticate")).toContain('error="invalid_request"');
      expect(await answer.text()).toContain('"reason":"malformed_credentials"');
    }
    expect((await get([["authorization", `bearer ${good}`]])).status).toBe(200);
  });

  test("corpus 16: a header of garbage is refused, never a failure", async () => {
    for (const value of ["\u00ff\u00fe", "Bearer", "Bearer \u00ff", "=", "Bearer a,b", "Bearer ".repeat(500)]) {
      const answer = await get([["Authorization", value]]);
      expect([400, 401]).toContain(answer.status);
      expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/);
    }
  });

  test("corpus 61: a GET reaches no mutation", async () => {
    const answer = await send(`note?input=${encodeURIComponent(json({ title: "x" }))}`);
    expect(answer.status).toBe(405);
    expect(ran).toEqual([]);
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/octet-stream",
    "text/plain, application/json",
  ])("corpus 61: a POST of %s, which any page may send, reaches no mutation", async (type) => {
    const answer = await post("note", json({ title: "x" }), type);
    expect(answer.status).toBe(415);
    expect(ran).toEqual([]);
  });

  test("corpus 59: form data reach no mutation, and pollute nothing", async () => {
    const form = new FormData();
    form.append("__proto__[polluted]", "yes");
    form.append("title", "x");
    expect((await post("note", form)).status).toBe(415);
    expect(ran).toEqual([]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test.each([
    ["__proto__", [200, ["title"]]],
    ["constructor", [400, []]],
    ["prototype", [400, []]],
  ])("corpus 60: a key %s in the input never reaches the procedure, and pollutes nothing", async (key, outcome) => {
    const answer = await post("note", `{"json":{"title":"x","${key}":{"polluted":"yes"}}}`, "application/json");
    expect([answer.status, ran]).toEqual(outcome);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("a mutation as it should be is run", async () => {
    expect((await post("note", json({ title: "x" }), "application/json; charset=utf-8")).status).toBe(200);
    expect(ran).toEqual(["title"]);
  });

  test("server case 10: a procedure without a policy, found when it is called, is not run", async () => {
    for (const headers of [{}, bearer(await desk.account())]) {
      const answer = await send("forgotten.act", { headers });
      expect(answer.status).toBe(500);
      expect(await answer.text()).not.toContain("policy");
    }
    expect(ran).toEqual([]);
  });

  test("an event stream is refused within the stream, and served to whoever may", async () => {
    const refused = await send("ticks");
    expect(await refused.text()).toContain('"reason":"no_token"');
    const answer = await send("ticks", { headers: bearer(await desk.account()) });
    expect(answer.headers.get("cache-control")).toContain("no-store");
    expect(await answer.text()).toContain('data: {"json":2}');
  });
});
