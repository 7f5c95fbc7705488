import { TRPCError } from "@trpc/server";
import superjson from "superjson";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createProver, type Proving } from "../../../tokens/src/testing/prover.ts";
import { failingCalls, get, unusualCalls, usualCalls } from "../test-support/calls-to-compare.ts";
import { createDesk } from "../test-support/desk.ts";
import { oddMetas } from "../test-support/odd-api.ts";
import { expectAlike, type OddSetUp, startOddTwins, usualSetUp } from "../test-support/odd-twins.ts";
import { type Sent, stopTwins, type Twins } from "../test-support/twins.ts";

// The straight way must answer as tRPC's own plugin does. When an update of tRPC makes one of these fail, `straight/` has
// to follow; until it does, register `fastifyTRPCPlugin` instead.

afterAll(stopTwins);
const desk = await createDesk();
const token = await desk.account({ permissions: ["notes:read"] });
const bearer = ["authorization", `Bearer ${token}`] as const;
const rows = (table: Readonly<Record<string, Sent>>) => Object.entries(table);

function refuse(value: unknown): unknown {
  if (value === "refused") throw new TRPCError({ code: "UNPROCESSABLE_CONTENT", message: "not this" });
  return value;
}

const setUps: Record<string, OddSetUp> = {
  "as most have it": usualSetUp,
  "with a transformer, a formatter, method override and headers of its own": {
    config: {
      transformer: superjson,
      errorFormatter: ({ shape, error, input, path, type, ctx }) => ({
        ...shape,
        data: { ...shape.data, cause: error.cause?.message, input, about: { path, type, ctx: ctx !== undefined } },
      }),
    },
    options: (guard) => ({ allowMethodOverride: true, responseMeta: (about) => guard.responseMeta(about) }),
  },
  "with another separator, a transformer that refuses, and without batches": {
    config: { pathSeparator: "~", transformer: { serialize: (value) => value, deserialize: refuse } },
    options: () => ({ allowBatching: false, maxBodySize: 100 }),
  },
  "with a formatter that fails": {
    config: {
      errorFormatter: ({ shape, path }) => {
        if (path !== undefined) throw new Error("no shape");
        return shape;
      },
    },
    options: () => ({ batching: { enabled: false } }),
  },
};

describe.each(Object.entries(setUps))("alike, %s:", (name, setUp) => {
  let twins: Twins;
  beforeAll(async () => {
    twins = await startOddTwins(desk, setUp);
  });

  test.each(rows(usualCalls(bearer)))("%s, which goes straight", async (_name, sent) => {
    const { isStraight, status, told } = await expectAlike(twins, sent);
    // What fails without a shape is a response of the official kind.
    expect(isStraight || (name === "with a formatter that fails" && status === 500)).toBe(true);
    expect(told.length).toBeGreaterThan(0);
  });

  test.each(rows(failingCalls))("%s", async (_name, sent) => {
    await expectAlike(twins, sent);
  });

  test.each(rows(unusualCalls(bearer)))("%s", async (_name, sent) => {
    await expectAlike(twins, sent);
  });
});

test("a path with another separator goes straight in either form", async () => {
  const twins = await startOddTwins(desk, { config: { pathSeparator: "~" }, options: () => ({}) });
  for (const path of ["notes~list", "notes.list"]) {
    expect(await expectAlike(twins, get(path, bearer))).toMatchObject({ status: 200, isStraight: true });
  }
});

const ann = await createProver();
const bound = await desk.account({ permissions: ["notes:read"], jkt: ann.jkt });
const url = "https://public.example/trpc/me";
const prove = async (change: Partial<Proving> = {}) =>
  await ann.prove({ url, token: bound, now: desk.world.now(), ...change });
const used = await prove();

describe("alike, with a token that is bound to a key:", () => {
  const rowsOfProofs: Record<string, () => Promise<string[]>> = {
    "a proof": async () => [await prove()],
    "no proof": async () => [],
    "two proofs": async () => [await prove(), await prove()],
    "a proof for another procedure": async () => [await prove({ url: `${url}s` })],
    "a proof for another method": async () => [await prove({ method: "POST" })],
    "a proof of an hour ago": async () => [await prove({ now: desk.world.now() - 3_600_000 })],
    "a proof that was used": async () => [used],
    "what is no proof": async () => ["none"],
  };

  test.each(Object.entries(rowsOfProofs))("%s", async (_name, make) => {
    const { official, ours } = await startOddTwins(desk);
    const withProof = async (scheme: string, token: string) =>
      get("me", ["authorization", `${scheme} ${token}`], ...(await make()).map((proof) => ["dpop", proof] as const));
    await ours.send(get("me", ["authorization", `DPoP ${bound}`], ["dpop", used]));
    for (const [scheme, presented] of [
      ["DPoP", bound],
      ["Bearer", bound],
      ["DPoP", token],
      ["Bearer", token],
    ] as const) {
      const { isStraight: _, ...expected } = await official.send(await withProof(scheme, presented));
      const { isStraight, ...answer } = await ours.send(await withProof(scheme, presented));
      expect([isStraight, answer]).toStrictEqual([true, expected]);
    }
  });
});

test("the calls are of every kind", async () => {
  const { ours } = await startOddTwins(desk);
  const statuses = new Set<number>();
  for (const [, sent] of rows({ ...usualCalls(bearer), ...failingCalls, ...unusualCalls(bearer) })) {
    statuses.add((await ours.send(sent)).status);
  }
  expect([...statuses].sort()).toEqual([200, 204, 207, 400, 401, 403, 404, 405, 409, 413, 415, 429, 500]);
});

describe("alike, whatever responseMeta answers:", () => {
  let twins: Twins;
  beforeAll(async () => {
    const tries = new WeakMap<object, number>();
    twins = await startOddTwins(desk, {
      config: {},
      options: () => ({
        responseMeta({ info, ctx }: { info: object | undefined; ctx?: { meta?: string } }) {
          const tried = tries.get(info ?? tries) ?? 0;
          tries.set(info ?? tries, tried + 1);
          return (oddMetas[ctx?.meta ?? ""]?.(tried) ?? {}) as object;
        },
      }),
    });
  });

  test.each(Object.keys(oddMetas))("%s", async (meta) => {
    for (const path of ["open", "failing.error", "results.bigint", "results.promise", "me"]) {
      await expectAlike(twins, get(path, ["x-meta", meta]));
    }
  });

  test.each(["headers", "cookies"])("%s beside those of the context", async (meta) => {
    await expectAlike(twins, get("open", ["x-meta", meta], ["x-context", "sets"]));
  });
});

describe("alike, where onError throws:", () => {
  test.each(["once", "always"])("%s", async (often) => {
    const twins = await startOddTwins(desk, {
      config: {},
      options: () => {
        let count = 0;
        return {
          onError() {
            count += 1;
            if (often === "always" || count % 2 === 1) throw new Error("no log");
          },
        };
      },
    });
    for (const path of ["failing.error", "results.promise", "me"]) await expectAlike(twins, get(path));
  });
});
