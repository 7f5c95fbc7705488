import { EventEmitter, on, once } from "node:events";
import { initTRPC, tracked } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AUDIENCE } from "../../../tokens/src/testing/forge.ts";
import { createGuard } from "../guard.ts";
import { type Facts, facts } from "../request/facts.ts";
import { adapters, ORIGIN } from "../test-support/adapters.ts";
import { type FeedWorld, openFeedWorld } from "../test-support/feed-world.ts";
import type { Verifier } from "../verify/verifier.ts";

let w: FeedWorld;
const closing: (() => unknown)[] = [];
beforeEach(async () => {
  w = await openFeedWorld();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await w.close();
});

/** An API with subscriptions of every form, on a real socket. */
async function serve(verifier: Verifier) {
  const t = initTRPC.context<{ auth: Facts }>().create({
    errorFormatter: ({ shape }) => ({ ...shape, data: { ...shape.data, theirs: true } }),
  });
  const guard = createGuard(t, { issuer: verifier, audience: AUDIENCE, permissions: ["notes:read"] });
  const news = new EventEmitter();
  const seen: string[] = [];
  async function* notes(signal: AbortSignal | undefined) {
    try {
      for await (const [id] of on(news, "news", { ...(signal && { signal }) })) yield String(id);
    } finally {
      seen.push("returned");
    }
  }
  async function* events(signal: AbortSignal | undefined) {
    for await (const id of notes(signal)) yield tracked(id, `note ${id}`);
  }
  async function* texts(signal: AbortSignal | undefined) {
    for await (const id of notes(signal)) yield `note ${id}`;
  }
  const router = guard.router({
    generator: guard.signedIn.subscription(({ signal }) => events(signal)),
    allowed: guard.allowed("notes:read").subscription(({ signal }) => events(signal)),
    recognised: guard.open.orSignedIn("public").subscription(({ signal }) => events(signal)),
    public: guard.open("public").subscription(({ signal }) => events(signal)),
    observable: guard.signedIn.subscription(() =>
      observable<string>((observer) => {
        const tell = (id: unknown) => observer.next(`note ${id}`);
        news.on("news", tell);
        return () => {
          news.off("news", tell);
          seen.push("returned");
        };
      }),
    ),
    clumsy: guard.signedIn.subscription(() =>
      observable<string>(() => {
        news.on("news", () => undefined);
        return () => {
          seen.push("returned");
          throw new Error("a teardown that fails");
        };
      }),
    ),
    answers: {
      stream: guard.signedIn.query(({ signal }) => texts(signal)),
      member: guard.signedIn.query(({ signal }) => ({ title: "notes", live: texts(signal) })),
      "without a prototype": guard.signedIn.query(({ signal }) =>
        Object.assign(Object.create(null), { live: texts(signal) }),
      ),
      "in a promise": guard.signedIn.query(({ signal }) => ({ later: Promise.resolve({ live: texts(signal) }) })),
      "in a stream": guard.signedIn.query(({ signal }) => ({
        all: (async function* () {
          yield { live: texts(signal) };
        })(),
      })),
      "at the end of a stream": guard.signedIn.query(async function* ({ signal }) {
        yield "begun";
        return { live: texts(signal) };
      }),
      observable: guard.signedIn.query(() =>
        observable<string>((observer) => {
          const tell = (id: unknown) => observer.next(`note ${id}`);
          news.on("news", tell);
          return () => {
            news.off("news", tell);
            seen.push("returned");
          };
        }),
      ),
    },
    later: guard.signedIn.query(({ signal }) => ({
      first: Promise.resolve("at once"),
      second: once(news, "news", { ...(signal && { signal }) }).then(([id]) => `note ${id}`),
    })),
  });
  const standalone = adapters["standalone"];
  if (!standalone) throw new Error("no standalone adapter");
  const served = await standalone({ router, responseMeta: guard.responseMeta, onError: () => undefined });
  closing.push(() => served.close());
  const call = (token: string) =>
    guard.createCallerFactory(router)({ auth: facts(new Headers({ authorization: `Bearer ${token}` })) });
  return { news, seen, served, verifier, call };
}

type Api = Awaited<ReturnType<typeof serve>>;

/** What arrives at a client that reads event streams by fetch, and whether the stream is over. */
async function subscribe({ served }: Pick<Api, "served">, path: string, token?: string, more?: Record<string, string>) {
  const abort = new AbortController();
  closing.push(() => abort.abort());
  const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...more };
  const response = await served.fetch(`${ORIGIN}/trpc/${path}`, { headers, signal: abort.signal });
  const got = { text: "", isOver: false };
  void (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) got.text += decoder.decode(chunk, { stream: true });
    got.isOver = true;
  })().catch(() => undefined);
  return got;
}

/** The same of a batch that is streamed. */
const stream = (api: Api, path: string, token: string) =>
  subscribe(api, `${path}?batch=1&input={}`, token, { "trpc-accept": "application/jsonl" });

const errorIn = (text: string) => JSON.parse(/event: serialized-error\ndata: (.*)/.exec(text)?.[1] ?? "null");
const listening = (api: Api, count = 1) => vi.waitFor(() => expect(api.news.listenerCount("news")).toBe(count));
const arrives = (got: { text: string }, text: string) => vi.waitFor(() => expect(got.text).toContain(text));
const ends = (got: { isOver: boolean }) => vi.waitFor(() => expect(got.isOver).toBe(true), { timeout: 5000 });

describe("an open subscription", () => {
  test.each(["generator", "allowed", "recognised", "observable"])(
    "server case 12, corpus 57: ends by a revocation on the feed, and says why, behind %s",
    async (path) => {
      const api = await serve(w.verifier());
      const got = await subscribe(api, path, await w.desk.account());
      const other = await subscribe(api, path, await w.desk.account({ session: "session-2" }));
      await listening(api, 2);
      api.news.emit("news", 1);
      await arrives(got, "note 1");
      w.feed.tell({ kind: "session", id: "session-1", least: Number.MAX_SAFE_INTEGER });
      await ends(got);
      const { data } = errorIn(got.text);
      // It has run, so it does not claim the contrary; and their formatter has seen it.
      expect(data).toMatchObject({ reason: "session_ended", code: "UNAUTHORIZED", theirs: true });
      expect(data).not.toHaveProperty("ran");
      api.news.emit("news", 2);
      await arrives(other, "note 2");
      expect(got.text).not.toContain("note 2");
      await vi.waitFor(() => expect(api.seen).toEqual(["returned"]));
      expect(other.isOver).toBe(false);
    },
  );

  test("ASVS 4.4.4, server case 12, corpus 57: ends when its token does", async () => {
    const api = await serve(w.verifier());
    const got = await subscribe(api, "generator", await w.desk.account({ expiresIn: 60 }));
    await listening(api);
    w.desk.pass(89);
    w.feed.beat();
    api.news.emit("news", 1);
    await arrives(got, "note 1");
    expect(got.isOver).toBe(false);
    w.desk.pass(2);
    await ends(got);
    expect(errorIn(got.text).data.reason).toBe("token_expired");
  });

  test("server case 12: ends when nobody knows any longer whether its token is revoked", async () => {
    const api = await serve(w.verifier({ silence: 60 }));
    const got = await subscribe(api, "generator", await w.desk.account());
    await listening(api);
    w.desk.pass(61);
    await ends(got);
    expect(errorIn(got.text).data).toMatchObject({ reason: "revocation_unknown", retryAfter: 5 });
  });

  test("a guard that polls asks for it, and ends it", async () => {
    const api = await serve(w.verifier({ mode: "poll", maxStale: 30 }));
    const got = await subscribe(api, "generator", await w.desk.account());
    await listening(api);
    w.feed.tell({ kind: "account", id: "ann", least: 99 });
    w.desk.pass(31);
    await ends(got);
    expect(errorIn(got.text).data.reason).toBe("token_stale");
  });

  test("with an issuer in the same process it ends as well", async () => {
    const api = await serve(w.desk.verifier);
    const got = await subscribe(api, "generator", await w.desk.account());
    await listening(api);
    w.desk.revoke({ session: "session-1" });
    await ends(got);
    expect(errorIn(got.text).data.reason).toBe("session_ended");
  });

  test("whose source fails while it is told to stop ends as well, and breaks nothing", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    closing.push(() => process.off("unhandledRejection", unhandled));
    const api = await serve(w.verifier());
    const got = await subscribe(api, "clumsy", await w.desk.account());
    await listening(api);
    w.feed.tell({ kind: "session", id: "session-1", least: Number.MAX_SAFE_INTEGER });
    await ends(got);
    expect(errorIn(got.text).data.reason).toBe("session_ended");
    expect(api.seen).toEqual(["returned"]);
    expect(unhandled).not.toHaveBeenCalled();
  });

  test("that anybody may open stays open", async () => {
    const verifier = w.verifier();
    const api = await serve(verifier);
    const all = [await subscribe(api, "public", await w.desk.account()), await subscribe(api, "recognised")];
    await listening(api, 2);
    w.feed.tell({ kind: "account", id: "ann", least: 99 });
    await vi.waitFor(async () => expect(await w.refusal(verifier, await w.desk.account())).toBe("token_stale"));
    api.news.emit("news", 1);
    for (const got of all) await arrives(got, "note 1");
    expect(all.map(({ isOver }) => isOver)).toEqual([false, false]);
  });

  test("that its client leaves is no longer looked after", async () => {
    const stops = vi.fn();
    const watch = vi.fn(() => stops);
    const api = await serve({ ...w.desk.verifier, watch });
    await subscribe(api, "generator", await w.desk.account());
    await listening(api);
    expect(watch).toHaveBeenCalledOnce();
    expect(stops).not.toHaveBeenCalled();
    closing.pop()?.();
    await vi.waitFor(() => expect(stops).toHaveBeenCalledOnce());
  });
});

describe("a stream in an answer", () => {
  test.each([
    "stream",
    "member",
    "without a prototype",
    "in a promise",
    "in a stream",
    "at the end of a stream",
    "observable",
  ])("server case 12, corpus 57: ends by a revocation on the feed, and says why: %s", async (name) => {
    const api = await serve(w.verifier());
    const path = encodeURIComponent(`answers.${name}`);
    const got = await stream(api, path, await w.desk.account());
    const other = await stream(api, path, await w.desk.account({ session: "session-2" }));
    await listening(api, 2);
    api.news.emit("news", 1);
    await arrives(got, "note 1");
    w.feed.tell({ kind: "session", id: "session-1", least: Number.MAX_SAFE_INTEGER });
    await ends(got);
    expect(got.text).toContain('"reason":"session_ended"');
    expect(got.text).not.toContain("ran");
    api.news.emit("news", 2);
    await arrives(other, "note 2");
    expect(got.text).not.toContain("note 2");
    await vi.waitFor(() => expect(api.seen).toEqual(["returned"]));
    expect(other.isOver).toBe(false);
  });

  test("ASVS 4.4.4: ends when its token does", async () => {
    const api = await serve(w.verifier());
    const got = await stream(api, "answers.member", await w.desk.account({ expiresIn: 60 }));
    await listening(api);
    w.desk.pass(89);
    w.feed.beat();
    api.news.emit("news", 1);
    await arrives(got, "note 1");
    w.desk.pass(2);
    await ends(got);
    expect(got.text).toContain('"reason":"token_expired"');
  });

  test("what comes later than the revocation does not leave", async () => {
    const verifier = w.verifier();
    const api = await serve(verifier);
    const got = await stream(api, "later", await w.desk.account());
    await arrives(got, "at once");
    w.feed.tell({ kind: "account", id: "ann", least: 99 });
    await vi.waitFor(async () => expect(await w.refusal(verifier, await w.desk.account())).toBe("token_stale"));
    api.news.emit("news", 1);
    await ends(got);
    expect(got.text).toContain('"reason":"token_stale"');
    expect(got.text).not.toContain("note 1");
  });

  test("that nobody reads is not begun, and not looked after", async () => {
    const watch = vi.fn(() => () => undefined);
    const api = await serve({ ...w.desk.verifier, watch });
    const headers = { authorization: `Bearer ${await w.desk.account()}` };
    for (const path of ["answers.stream", "answers.member", "answers.stream,answers.member?batch=1&input={}"]) {
      const response = await api.served.fetch(`${ORIGIN}/trpc/${path}`, { headers });
      expect(response.status).toBe(415);
    }
    expect(watch).not.toHaveBeenCalled();
    expect(api.news.listenerCount("news")).toBe(0);
  });

  test("is looked after while somebody reads it", async () => {
    const stops = vi.fn();
    const watch = vi.fn(() => stops);
    const api = await serve({ ...w.desk.verifier, watch });
    await stream(api, "answers.member", await w.desk.account());
    await listening(api);
    expect(watch).toHaveBeenCalledOnce();
    expect(stops).not.toHaveBeenCalled();
    closing.pop()?.();
    await vi.waitFor(() => expect(stops).toHaveBeenCalledOnce());
  });

  test("is judged when somebody begins to read it", async () => {
    const watch = vi.fn(() => () => undefined);
    const api = await serve({ ...w.desk.verifier, watch });
    const { live } = await api.call(await w.desk.account()).answers.member();
    w.desk.revoke({ session: "session-1" });
    await expect(live.next()).rejects.toMatchObject({ cause: { reason: "session_ended" } });
    await expect(live.next()).rejects.toMatchObject({ cause: { reason: "session_ended" } });
    expect(api.news.listenerCount("news")).toBe(0);
    expect(watch).not.toHaveBeenCalled();
  });
});
