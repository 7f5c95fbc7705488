import { initTRPC } from "@trpc/server";
import { describe, expect, test } from "vitest";
import { AUDIENCE } from "../../../tokens/src/testing/forge.ts";
import { createGuard } from "../guard.ts";
import { createDesk } from "../test-support/desk.ts";
import { post, send } from "../test-support/send.ts";
import type { Facts } from "./facts.ts";

const desk = await createDesk();
const t = initTRPC.context<{ auth: Facts }>().create();
const guard = createGuard(t, {
  issuer: desk.verifier,
  audience: AUDIENCE,
  permissions: ["notes:read", "notes:share", "notes:purge"],
  world: desk.world,
  maxBatchSize: 4,
});
const signIns: string[] = [];
const held = Promise.withResolvers<void>();
const router = guard.router({
  open: guard.open("x").query(() => "open"),
  me: guard.signedIn.query(({ ctx }) => ctx.principal.id),
  read: guard.allowed("notes:read").query(() => "read"),
  share: guard.allowed("notes:share").query(() => "share"),
  purge: guard.allowed("notes:purge").query(() => "purge"),
  slow: guard.open("x").query(async () => {
    await held.promise;
    return "slow";
  }),
  signIn: guard.open("x").mutation(() => signIns.push("attempt")),
});
const batch = (paths: string) => `${paths}?batch=1&input={}`;
const outcomes = (
  body: readonly { result?: { data: unknown }; error?: { data: Readonly<Record<string, unknown>> } }[],
) => body.map((one) => one.result?.data ?? one.error?.data["reason"]);

describe("server case 11, corpus 55: a batch of mixed policies", () => {
  test("each call is judged by itself", async () => {
    const answer = await send(router, batch("open,me,read,share"), { token: await desk.account() });
    expect(answer.status).toBe(207);
    expect(outcomes(answer.body)).toEqual(["open", "ann", "read", "not_permitted"]);
  });

  test("a public call in front gives nothing to those behind it", async () => {
    const answer = await send(router, batch("open,me,read"));
    expect(outcomes(answer.body)).toEqual(["open", "no_token", "no_token"]);
    expect(answer.body.map((one) => one.error?.data["ran"])).toEqual([undefined, false, false]);
  });

  test("a batch that is refused as a whole says so as a whole", async () => {
    expect((await send(router, batch("me,read"))).status).toBe(401);
    expect((await send(router, batch("share,purge"), { token: await desk.account() })).status).toBe(403);
  });

  test("the challenge is that of the credentials, and names every scope that lacks", async () => {
    const nobody = await send(router, batch("open,me,share"));
    expect(nobody.headers.get("www-authenticate")).toBe("Bearer");
    const some = await send(router, batch("read,share,purge"), { token: await desk.account() });
    expect(some.headers.get("www-authenticate")).toBe(
      'Bearer error="insufficient_scope", error_description="not_permitted", scope="notes:share notes:purge"',
    );
  });

  test("a slow call does not hold up the refusal of another", async () => {
    const { fetchRequestHandler } = await import("@trpc/server/adapters/fetch");
    const { facts } = await import("./facts.ts");
    const response = await fetchRequestHandler({
      endpoint: "/trpc",
      req: new Request(`https://api.example/trpc/${batch("slow,me")}`, {
        headers: { "trpc-accept": "application/jsonl" },
      }),
      router,
      createContext: ({ req }) => ({ auth: facts(req) }),
      responseMeta: guard.responseMeta,
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("no_token")) text += (await reader?.read())?.value ?? "the stream ended: no_token";
    expect(text).toContain('"ran":false');
    expect(text).not.toContain('"slow"');
    held.resolve();
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) text += part.value;
    expect(text).toContain('"slow"');
  });
});

describe("corpus 53: a batch larger than the limit", () => {
  test("the guard refuses what lies beyond it, also where the adapter was not told", async () => {
    signIns.length = 0;
    const paths = Array.from({ length: 1000 }, () => "signIn").join(",");
    const answer = await post(router, `${paths}?batch=1`, {});
    expect(signIns).toHaveLength(4);
    expect(outcomes(answer.body).filter((reason) => reason === "batch_refused")).toHaveLength(996);
  });

  test("the adapter that was told refuses it whole", async () => {
    signIns.length = 0;
    const paths = Array.from({ length: 5 }, () => "signIn").join(",");
    const answer = await post(router, `${paths}?batch=1`, {}, { maxBatchSize: guard.maxBatchSize });
    expect(answer.status).toBe(400);
    expect(signIns).toHaveLength(0);
  });
});
