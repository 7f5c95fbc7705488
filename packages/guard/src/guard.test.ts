import { Refusal } from "@countersign/tokens";
import { initTRPC, TRPCError } from "@trpc/server";
import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { AUDIENCE, SECOND } from "../../tokens/src/testing/forge.ts";
import { createGuard } from "./guard.ts";
import { type Facts, facts } from "./request/facts.ts";
import { createDesk, type Desk } from "./test-support/desk.ts";
import { post, refusalIn, send } from "./test-support/send.ts";
import type { Verifier } from "./verify/verifier.ts";

let desk: Desk;
beforeEach(async () => {
  desk = await createDesk();
});

function createApi() {
  const ran: string[] = [];
  const t = initTRPC.context<{ auth: Facts }>().create();
  const guard = createGuard(t, {
    issuer: desk.verifier,
    audience: AUDIENCE,
    permissions: ["notes:read", "notes:write", "notes:share"],
    world: desk.world,
  });
  const { open, signedIn, allowed } = guard;
  const router = guard.router({
    open: open("anybody may").query(({ ctx }) => ctx.principal),
    greet: open.orSignedIn("personal for who is known").query(({ ctx }) => ctx.principal?.id ?? "stranger"),
    me: signedIn.query(({ ctx }) => ctx.principal),
    read: allowed("notes:read").query(({ ctx }) => ctx.principal.kind),
    both: allowed("notes:read", "notes:share").query(() => "both"),
    either: allowed.any("notes:share", "notes:write").query(() => "either"),
    can: signedIn.query(({ ctx }) => [ctx.principal.can("notes:read"), ctx.principal.can("notes:share")]),
    write: allowed("notes:write")
      .input(z.strictObject({ text: z.string() }))
      .mutation(({ input }) => {
        ran.push(input.text);
        return input.text;
      }),
  });
  return { guard, router, ran };
}

describe("who is let in", () => {
  test("signedIn: an account, which the procedure knows whole", async () => {
    const { router } = createApi();
    const answer = await send(router, "me", { token: await desk.account({ org: "acme", claims: { plan: "pro" } }) });
    expect(answer.status).toBe(200);
    expect(answer.body.result?.data).toEqual({
      kind: "account",
      id: "ann",
      client: "console",
      permissions: {},
      session: "session-1",
      org: "acme",
      authTime: SECOND - 60,
      amr: ["pwd"],
      acr: "1fa",
      claims: { plan: "pro" },
    });
  });

  test("RFC 9470 3: signedIn within: only who proved who they are so many seconds ago at most", async () => {
    const { guard } = createApi();
    const router = guard.router({ purge: guard.signedIn({ within: 60 }).query(() => "purged") });
    expect(guard.accessTable(router)).toEqual({ purge: { signedIn: true, within: 60 } });
    const purge = async (authTime: number) => await send(router, "purge", { token: await desk.account({ authTime }) });
    expect((await purge(SECOND - 60)).body.result?.data).toBe("purged");
    const refused = await purge(SECOND - 61);
    expect(refused.body.error?.data).toMatchObject({ reason: "step_up_required", ran: false, maxAge: 60 });
    expect(refusalIn(await send(router, "purge", { token: await desk.service() })).reason).toBe("account_required");
    expect(refusalIn(await send(router, "purge")).reason).toBe("no_token");
  });

  test.each([
    ["half a minute ahead, the leeway of every time", SECOND + 30, undefined],
    ["more than that ahead", SECOND + 31, "step_up_required"],
    ["an hour ahead", SECOND + 3600, "step_up_required"],
  ])("signedIn within: of a sign-in that is %s", async (_what, authTime, reason) => {
    const { guard } = createApi();
    const router = guard.router({ purge: guard.signedIn({ within: 60 }).query(() => "purged") });
    const answer = await send(router, "purge", { token: await desk.account({ authTime }) });
    expect(refusalIn(answer).reason).toBe(reason);
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "60" as never])(
    "signedIn within %s seconds is a mistake",
    (within) => {
      expect(() => createApi().guard.signedIn({ within })).toThrow("signedIn.within");
    },
  );

  test("signedIn: no service", async () => {
    const answer = await send(createApi().router, "me", { token: await desk.service() });
    expect(refusalIn(answer)).toEqual({ reason: "account_required", ran: false, status: 403 });
  });

  test("allowed: accounts and services that carry the permission", async () => {
    const { router } = createApi();
    expect((await send(router, "read", { token: await desk.account() })).body.result?.data).toBe("account");
    expect((await send(router, "read", { token: await desk.service() })).body.result?.data).toBe("service");
  });

  test("allowed: all of several, allowed.any: one of them", async () => {
    const { router } = createApi();
    const some = await desk.account({ permissions: ["notes:read", "notes:write"] });
    expect(refusalIn(await send(router, "both", { token: some }))).toMatchObject({
      reason: "not_permitted",
      ran: false,
    });
    expect((await send(router, "either", { token: some })).status).toBe(200);
    const all = await desk.account({ permissions: ["notes:read", "notes:share"] });
    expect((await send(router, "both", { token: all })).status).toBe(200);
    const none = await desk.account({ permissions: ["notes:read"] });
    expect(refusalIn(await send(router, "either", { token: none })).reason).toBe("not_permitted");
  });

  test.each(["", "notes:rea", "notes:readx", "NOTES:READ", "notes", "users:read", "constructor", "__proto__"])(
    "ASVS 8.2.1: the scope %j does not carry notes:read",
    async (scope) => {
      const answer = await send(createApi().router, "read", { token: await desk.account({ permissions: [scope] }) });
      expect(refusalIn(answer)).toEqual({ reason: "not_permitted", ran: false, status: 403 });
    },
  );

  test("principal.can answers for what the token carries", async () => {
    const answer = await send(createApi().router, "can", {
      token: await desk.account({ permissions: ["notes:read"] }),
    });
    expect(answer.body.result?.data).toEqual([true, false]);
  });

  test("open: anybody, and it does not look at credentials, however bad", async () => {
    const { router } = createApi();
    for (const authorization of [undefined, "Bearer garbage", "Bearer a, Bearer b", `Bearer ${await desk.account()}`]) {
      const answer = await send(router, "open", { headers: authorization === undefined ? {} : { authorization } });
      expect(answer.body.result?.data).toBe(null);
    }
    expect(desk.lookups()).toBe(0);
  });

  test("open.orSignedIn: nobody is a stranger, an account is known, a bad token is refused", async () => {
    const { router } = createApi();
    expect((await send(router, "greet")).body.result?.data).toBe("stranger");
    expect((await send(router, "greet", { headers: { authorization: "Basic eA==" } })).body.result?.data).toBe(
      "stranger",
    );
    expect((await send(router, "greet", { token: await desk.account() })).body.result?.data).toBe("ann");
    expect(refusalIn(await send(router, "greet", { token: "forged" }))).toMatchObject({ reason: "token_invalid" });
    expect(refusalIn(await send(router, "greet", { headers: { authorization: "Bearer" } }))).toMatchObject({
      reason: "malformed_credentials",
    });
    expect(refusalIn(await send(router, "greet", { token: await desk.service() })).reason).toBe("account_required");
  });

  test("nobody without a token", async () => {
    const { router } = createApi();
    for (const path of ["me", "read", "both", "either", "can"]) {
      expect(refusalIn(await send(router, path))).toEqual({ reason: "no_token", ran: false, status: 401 });
    }
  });
});

describe("what a procedure is spared", () => {
  test("who may not call has no input read, and nothing run", async () => {
    const { router, ran } = createApi();
    const answer = await post(router, "write", { wrong: "shape" }, { token: await desk.account({ permissions: [] }) });
    expect(refusalIn(answer)).toMatchObject({ reason: "not_permitted", ran: false });
    const broken = await send(router, "write", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{not json",
    });
    expect(refusalIn(broken)).toMatchObject({ reason: "no_token", ran: false });
    expect(ran).toEqual([]);
  });

  test("who may call has it read, and its own errors carry neither reason nor ran", async () => {
    const { router, ran } = createApi();
    const token = await desk.account();
    expect(refusalIn(await post(router, "write", { wrong: "shape" }, { token }))).toEqual({
      reason: undefined,
      ran: undefined,
      status: 400,
    });
    expect((await post(router, "write", { text: "hello" }, { token })).body.result?.data).toBe("hello");
    expect(ran).toEqual(["hello"]);
  });
});

describe("what is judged on every call", () => {
  test("a token that expires while it is remembered is refused", async () => {
    const { router } = createApi();
    const token = await desk.account();
    expect((await send(router, "me", { token })).status).toBe(200);
    desk.pass(300 + 29);
    expect((await send(router, "me", { token })).status).toBe(200);
    desk.pass(1);
    expect(refusalIn(await send(router, "me", { token }))).toEqual({
      reason: "token_expired",
      ran: false,
      status: 401,
    });
  });

  test("server case 4: a session that ended and an account whose version rose are refused at once", async () => {
    const { router } = createApi();
    const token = await desk.account();
    expect((await send(router, "me", { token })).status).toBe(200);
    desk.revoke({ account: "ann" });
    expect(refusalIn(await send(router, "me", { token })).reason).toBe("token_stale");
    desk.revoke({ session: "session-1" });
    expect(refusalIn(await send(router, "me", { token })).reason).toBe("session_ended");
  });

  test("a key that leaves the ring takes its tokens along, remembered or not", async () => {
    const { router } = createApi();
    const [token, other] = [await desk.account(), await desk.account()];
    expect((await send(router, "me", { token })).status).toBe(200);
    await desk.rotate({ forget: true });
    expect(refusalIn(await send(router, "me", { token })).reason).toBe("token_stale");
    expect(refusalIn(await send(router, "me", { token: other })).reason).toBe("unknown_key");
    expect((await send(router, "me", { token: await desk.account() })).status).toBe(200);
  });

  test("a verifier that has to ask is waited for, and asked on every call", async () => {
    const asked: string[] = [];
    const ended = new Set<string>();
    const judge: Verifier["judge"] = async (token) => {
      asked.push(token.subject.id);
      await Promise.resolve();
      if (ended.has(token.subject.id)) throw new Refusal("session_ended");
    };
    const t = initTRPC.context<{ auth: Facts }>().create();
    const options = { audience: AUDIENCE, permissions: ["a:b"], world: desk.world } as const;
    const guard = createGuard(t, { ...options, issuer: { ...desk.verifier, judge } });
    const router = guard.router({ me: guard.signedIn.query(() => "ran") });
    const token = await desk.account();
    expect((await send(router, "me,me?batch=1&input={}", { token })).status).toBe(200);
    ended.add("ann");
    expect(refusalIn(await send(router, "me", { token })).reason).toBe("session_ended");
    expect(asked).toEqual(["ann", "ann", "ann"]);
  });

  test("a token's signature is checked once, in one request and in many", async () => {
    const { router } = createApi();
    const token = await desk.account();
    await send(router, "me,read,can,greet?batch=1&input={}", { token });
    await send(router, "me", { token });
    expect(desk.lookups()).toBe(1);
  });

  test("a forged token costs one look-up a request, is never remembered, and pushes no good one out", async () => {
    const t = initTRPC.context<{ auth: Facts }>().create();
    const options = { issuer: desk.verifier, audience: AUDIENCE, permissions: ["a:b"], world: desk.world } as const;
    const guard = createGuard(t, { ...options, rememberTokens: 1 });
    const router = guard.router({ me: guard.signedIn.query(({ ctx }) => ctx.principal.id) });
    const token = await desk.account();
    await send(router, "me", { token });
    const other = await createDesk();
    for (let forged = 0; forged < 5; forged += 1) {
      const text = `${token.slice(0, -6)}${"ABCDE"[forged]}AAAAA`;
      expect(
        refusalIn(
          await send(router, "me,me,me?batch=1&input={}", { token: text }).then((all) => ({
            ...all,
            body: all.body[0] as never,
          })),
        ).reason,
      ).toBe("token_invalid");
    }
    expect(refusalIn(await send(router, "me", { token: await other.account() })).reason).toBe("unknown_key");
    const before = desk.lookups();
    expect(before).toBe(1 + 5 + 1);
    expect((await send(router, "me", { token })).status).toBe(200);
    expect(desk.lookups()).toBe(before);
  });

  test("a request's credentials are read once, however late its calls come", async () => {
    const { guard, router } = createApi();
    const other = await createDesk();
    const stolen = facts(new Headers({ authorization: `Bearer ${await other.account()}` }));
    const caller = guard.createCallerFactory(router)({ auth: stolen });
    for (let call = 0; call < 3; call += 1) {
      await expect(caller.me()).rejects.toMatchObject({ cause: { reason: "unknown_key" } });
    }
    expect(desk.lookups()).toBe(1);
  });

  test("corpus 78: a hundred cold requests at once each see their own account", async () => {
    const { router } = createApi();
    const names = Array.from({ length: 100 }, (_, at) => `account-${at}`);
    const tokens = await Promise.all(names.map((account) => desk.account({ account })));
    const answers = await Promise.all(tokens.map((token) => send(router, "greet", { token })));
    expect(answers.map((answer) => answer.body.result?.data)).toEqual(names);
  });
});

describe("what is added around a policy", () => {
  test("base runs before it and sees refused calls, enrich after it and sees only identified ones", async () => {
    const seen: string[] = [];
    const t = initTRPC.context<{ auth: Facts; db: string }>().create();
    const base = t.procedure.use(({ next, path }) => {
      seen.push(path);
      return next({ ctx: { started: 7 } });
    });
    const guard = createGuard(t, {
      issuer: desk.verifier,
      audience: AUDIENCE,
      permissions: ["notes:read"],
      world: desk.world,
      claims: z.object({ plan: z.enum(["free", "pro"]).default("free") }),
      base,
      enrich: async (principal, ctx) => ({ label: `${principal.id} ${ctx.db} ${ctx.started}` }),
    });
    const router = guard.router({
      open: guard.open("x").query(({ ctx }) => [ctx.started, "label" in ctx]),
      greet: guard.open.orSignedIn("x").query(({ ctx }) => ctx.label ?? null),
      me: guard.signedIn.query(({ ctx }) => [ctx.label, ctx.principal.claims.plan, ctx.started]),
    });
    const call = guard.createCallerFactory(router);
    const nobody = call({ db: "db", auth: facts(new Headers()) });
    const ann = call({ db: "db", auth: facts(new Headers({ authorization: `Bearer ${await desk.account()}` })) });
    expect(await nobody.open()).toEqual([7, false]);
    expect(await nobody.greet()).toBe(null);
    await expect(nobody.me()).rejects.toMatchObject({ code: "UNAUTHORIZED", cause: { reason: "no_token" } });
    expect(await ann.me()).toEqual(["ann db 7", "free", 7]);
    expect(await ann.greet()).toBe("ann db 7");
    expect(seen).toEqual(["open", "greet", "me", "me", "greet"]);
  });

  test("enrich cannot replace the principal", async () => {
    const t = initTRPC.context<{ auth: Facts }>().create();
    const forge = () => ({ principal: { id: "root" } });
    const guard = createGuard(t, {
      issuer: desk.verifier,
      audience: AUDIENCE,
      permissions: ["a:b"],
      world: desk.world,
      enrich: forge as unknown as () => { nothing: true },
    });
    const router = guard.router({ me: guard.signedIn.query(({ ctx }) => ctx.principal.id) });
    expect((await send(router, "me", { token: await desk.account() })).body.result?.data).toBe("ann");
  });

  test("own claims that are not as the API expects them make no principal", async () => {
    const t = initTRPC.context<{ auth: Facts }>().create();
    const guard = createGuard(t, {
      issuer: desk.verifier,
      audience: AUDIENCE,
      permissions: ["a:b"],
      world: desk.world,
      claims: z.object({ plan: z.enum(["free", "pro"]) }),
    });
    const router = guard.router({ plan: guard.signedIn.query(({ ctx }) => ctx.principal.claims.plan) });
    const plan = async (claims: { plan: string }) =>
      await send(router, "plan", { token: await desk.account({ claims }) });
    expect((await plan({ plan: "pro" })).body.result?.data).toBe("pro");
    expect(refusalIn(await plan({ plan: "root" })).reason).toBe("token_invalid");
  });

  test("a Refusal or a TRPCError of enrich refuses the call, as what it is", async () => {
    const t = initTRPC.context<{ auth: Facts }>().create();
    let thrown: unknown;
    const guard = createGuard(t, {
      issuer: desk.verifier,
      audience: AUDIENCE,
      permissions: ["a:b"],
      world: desk.world,
      enrich: () => Promise.reject(thrown),
    });
    const router = guard.router({ me: guard.signedIn.query(() => "ran") });
    const token = await desk.account();
    thrown = new Refusal("step_up_required", { maxAge: 60 });
    const answer = await send(router, "me", { token });
    expect(answer.body.error?.data).toMatchObject({ reason: "step_up_required", ran: false, maxAge: 60 });
    thrown = new TRPCError({ code: "CONFLICT", message: "mine" });
    expect((await send(router, "me", { token })).body.error).toMatchObject({ message: "mine" });
    expect(refusalIn(await send(router, "me", { token }))).toEqual({ reason: undefined, ran: undefined, status: 409 });
  });
});
