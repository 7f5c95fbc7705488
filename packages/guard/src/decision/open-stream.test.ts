import { EventEmitter, on } from "node:events";
import { initTRPC, tracked } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AUDIENCE } from "../../../tokens/src/testing/forge.ts";
import { createGuard } from "../guard.ts";
import type { Facts } from "../request/facts.ts";
import { adapters, ORIGIN, type Served } from "../test-support/adapters.ts";
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

interface Api {
  readonly news: EventEmitter;
  readonly seen: string[];
  readonly served: Served;
  readonly verifier: Verifier;
}

/** An API with subscriptions of every form, on a real socket. */
async function serve(verifier: Verifier): Promise<Api> {
  const t = initTRPC.context<{ auth: Facts }>().create({
    errorFormatter: ({ shape }) => ({ ...shape, data: { ...shape.data, theirs: true } }),
  });
  const guard = createGuard(t, { issuer: verifier, audience: AUDIENCE, permissions: ["notes:read"] });
  const news = new EventEmitter();
  const seen: string[] = [];
  async function* events(signal: AbortSignal | undefined) {
    try {
      for await (const [id] of on(news, "news", { ...(signal && { signal }) })) yield tracked(String(id), `note ${id}`);
    } finally {
      seen.push("returned");
    }
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
  });
  const standalone = adapters["standalone"];
  if (!standalone) throw new Error("no standalone adapter");
  const served = await standalone({ router, responseMeta: guard.responseMeta, onError: () => undefined });
  closing.push(() => served.close());
  return { news, seen, served, verifier };
}

/** What arrives at a client that reads event streams by fetch, and whether the stream is over. */
async function subscribe({ served }: Api, path: string, token?: string) {
  const abort = new AbortController();
  closing.push(() => abort.abort());
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await served.fetch(`${ORIGIN}/trpc/${path}`, { headers, signal: abort.signal });
  const got = { text: "", isOver: false };
  void (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) got.text += decoder.decode(chunk, { stream: true });
    got.isOver = true;
  })().catch(() => undefined);
  return got;
}

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
