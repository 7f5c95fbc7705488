import { initTRPC } from "@trpc/server";
import { afterAll, describe, expect, test } from "vitest";
import { AUDIENCE } from "../../../tokens/src/testing/forge.ts";
import { createGuard } from "../guard.ts";
import { type Facts, facts, type RequestLike } from "../request/facts.ts";
import { get, post, postAs } from "../test-support/calls-to-compare.ts";
import { createDesk } from "../test-support/desk.ts";
import { expectAlike } from "../test-support/odd-twins.ts";
import { startTwins, stopTwins, type TrpcOptions, type Twins } from "../test-support/twins.ts";
import { MOST_UNPROVEN } from "../verify/check-budget.ts";

afterAll(stopTwins);

const bearer = (token: string) => ["authorization", `Bearer ${token}`] as const;

interface Choices {
  /** Of `initTRPC.create`. */
  readonly config?: object;
  readonly hasBase?: boolean;
  /** Whether proofs are read, or demanded. */
  readonly dpop?: "read" | "required";
  readonly ownMeta?: boolean;
}

/** Both plugins before a guard each, which more forged tokens have met than it checks at once. */
async function flooded({ config = {}, hasBase = false, dpop, ownMeta = false }: Choices = {}) {
  const desk = await createDesk();
  const ran: string[] = [];
  const noted = <T>(what: string, next: () => T): T => {
    ran.push(what);
    return next();
  };
  const trpcOptions = (): TrpcOptions => {
    const t = initTRPC.context<{ auth: Facts }>().create(config);
    const { open, signedIn, allowed, router, responseMeta } = createGuard(t, {
      issuer: desk.verifier,
      audience: AUDIENCE,
      permissions: ["notes:read"],
      world: desk.world,
      ...(hasBase && { base: t.procedure.use(({ next }) => noted("base", next)) }),
      ...(dpop && { dpop: { publicUrl: "https://api.example/trpc", required: dpop === "required" } }),
    });
    return {
      router: router({
        open: open("for all").query(() => "open"),
        maybe: open.orSignedIn("for all, and by name").query(({ ctx }) => ctx.principal?.id ?? "nobody"),
        me: signedIn.query(({ ctx }) => ctx.principal.id),
        list: allowed("notes:read").query(() => ["a note"]),
        save: signedIn.mutation(() => ran.push("save")),
      }),
      createContext: ({ req }: { req: RequestLike }) => ({ auth: facts(req) }),
      responseMeta: ownMeta ? () => ({ headers: { "x-own": "1" } }) : responseMeta,
    } as unknown as TrpcOptions;
  };
  const twins = await startTwins({ trpcOptions });
  const known = await desk.account({ session: "ann-1" });
  await expectAlike(twins, get("me", bearer(known)));
  const scheme = dpop === "required" ? "DPoP" : "Bearer";
  const genuine = (await desk.account({ session: "forger" })).split(".");
  let count = 0;
  const forged = async (session = "forger") => {
    const [header, payload] = (await desk.account({ session, account: `forger-${count++}` })).split(".");
    return `${header}.${payload}.${genuine[2]}`;
  };
  for (let spent = 0; spent < MOST_UNPROVEN; spent++) {
    const token = await forged();
    for (const twin of [twins.official, twins.ours]) {
      expect((await twin.send(get("me", ["authorization", `${scheme} ${token}`]))).status).toBe(401);
    }
  }
  return { desk, twins, known, forged, ran };
}

const statusOf = async (twins: Twins, ...call: Parameters<typeof get>) =>
  (await expectAlike(twins, get(...call))).status;

describe("while forged tokens are sent away, the straight way and tRPC's adapter", () => {
  test("answer every one of them alike, the tenth as the first", async () => {
    const { twins, forged } = await flooded();
    for (let time = 0; time < 10; time++) {
      for (const path of ["me", "list", "maybe"]) {
        const answer = await expectAlike(twins, get(path, bearer(await forged())));
        expect(answer).toMatchObject({ status: 503, isStraight: true });
        expect(answer.headers).toContainEqual(["retry-after", "1"]);
        expect(JSON.parse(answer.body).error.data).toMatchObject({ reason: "busy", ran: false, retryAfter: 1, path });
      }
    }
  });

  test("let in whom they know, and whose session they know, once", async () => {
    const { desk, twins, known, forged } = await flooded();
    for (const path of ["me", "list", "maybe"]) expect(await statusOf(twins, path, bearer(await forged()))).toBe(503);
    expect(await statusOf(twins, "me", bearer(known))).toBe(200);
    const next = await desk.account({ session: "ann-1", expiresIn: 299 });
    expect(await statusOf(twins, "me", bearer(next))).toBe(200);
    // A forger who knows a session gains one check of it, and its owner loses nothing.
    expect(await statusOf(twins, "me", bearer(await forged("ann-1")))).toBe(401);
    expect(await statusOf(twins, "me", bearer(await forged("ann-1")))).toBe(503);
    expect(await statusOf(twins, "me", bearer(known))).toBe(200);
    const stranger = await desk.account({ session: "bea-1" });
    expect(await statusOf(twins, "me", bearer(stranger))).toBe(503);
    desk.pass(1);
    expect(await statusOf(twins, "me", bearer(stranger))).toBe(200);
    expect(await statusOf(twins, "me", bearer(await forged()))).toBe(401);
  });

  test("send nobody away who is asked for no token, or brings none", async () => {
    const { twins, forged } = await flooded();
    for (let time = 0; time < 2; time++) {
      expect(await statusOf(twins, "me", bearer(await forged()))).toBe(503);
      expect(await statusOf(twins, "open", bearer(await forged()))).toBe(200);
      expect(await statusOf(twins, "maybe")).toBe(200);
      expect(await statusOf(twins, "me")).toBe(401);
    }
  });

  test("find first what is wrong with the request", async () => {
    const { twins, forged, ran } = await flooded();
    for (let time = 0; time < 2; time++) {
      const token = bearer(await forged());
      expect(await statusOf(twins, "me", token, token)).toBe(400);
      expect(await statusOf(twins, "me", bearer("not one"))).toBe(400);
      expect((await expectAlike(twins, postAs("application/json;a,b", "save", "{}", token))).status).toBe(415);
      expect((await expectAlike(twins, post("save", "{}", token))).status).toBe(503);
      expect(await statusOf(twins, "me", ["authorization", `bearer ${await forged()}`])).toBe(503);
    }
    expect(ran).toEqual([]);
  });

  test("leave every answer to a formatter of the user's, and to responseMeta", async () => {
    const numbered = () => {
      let count = 0;
      return ({ shape }: { shape: object }) => ({ ...shape, count: count++ });
    };
    const { twins, forged } = await flooded({ config: { errorFormatter: numbered() } });
    const counts = new Set<number>();
    for (let time = 0; time < 5; time++) {
      counts.add(JSON.parse((await twins.ours.send(get("me", bearer(await forged())))).body).error.count);
    }
    expect(counts.size).toBe(5);

    const own = await flooded({ ownMeta: true });
    for (let time = 0; time < 3; time++) {
      const answer = await expectAlike(own.twins, get("me", bearer(await own.forged())));
      expect(answer).toMatchObject({ status: 503 });
      expect(answer.headers).toContainEqual(["x-own", "1"]);
    }
  });

  test("run the user's base before they send anybody away", async () => {
    const { twins, forged, ran } = await flooded({ hasBase: true });
    ran.length = 0;
    for (let time = 0; time < 3; time++) expect(await statusOf(twins, "me", bearer(await forged()))).toBe(503);
    expect(ran).toHaveLength(6);
  });

  test("do the same where proofs are read, and look for one where they are demanded", async () => {
    const { twins, forged } = await flooded({ dpop: "read" });
    const demanding = await flooded({ dpop: "required" });
    for (let time = 0; time < 3; time++) {
      expect(await statusOf(twins, "me", bearer(await forged()))).toBe(503);
      expect(await statusOf(twins, "me", bearer(await forged()), ["dpop", "a.b.c"])).toBe(503);
      expect(await statusOf(demanding.twins, "me", ["authorization", `DPoP ${await forged()}`])).toBe(503);
      expect(await statusOf(demanding.twins, "me", bearer(await forged()))).toBe(401);
    }
  });
});

test("the answer to those who are sent away is made once a procedure", async () => {
  let made = 0;
  const asItIs = (value: unknown) => value;
  const serialize = (value: unknown) => {
    made += 1;
    return value;
  };
  const transformer = { input: { serialize: asItIs, deserialize: asItIs }, output: { serialize, deserialize: asItIs } };
  const { twins, forged } = await flooded({ config: { transformer } });
  made = 0;
  for (let time = 0; time < 5; time++) {
    for (const path of ["me", "list"]) {
      expect((await twins.ours.send(get(path, bearer(await forged())))).status).toBe(503);
    }
  }
  expect(made).toBe(2);
});
