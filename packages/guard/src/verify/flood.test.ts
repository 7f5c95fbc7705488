import { initTRPC } from "@trpc/server";
import { describe, expect, test, vi } from "vitest";
import { AUDIENCE } from "../../../tokens/src/testing/forge.ts";
import { createGuard } from "../guard.ts";
import type { Facts } from "../request/facts.ts";
import { createDesk } from "../test-support/desk.ts";
import { openFeedWorld } from "../test-support/feed-world.ts";
import { refusalIn, send } from "../test-support/send.ts";
import { MOST_UNPROVEN } from "./check-budget.ts";

const desk = await createDesk();
const guard = createGuard(initTRPC.context<{ auth: Facts }>().create(), {
  issuer: desk.verifier,
  audience: AUDIENCE,
  permissions: ["notes:read"],
  world: desk.world,
});
const router = guard.router({ me: guard.signedIn.query(({ ctx }) => ctx.principal.id) });

/** A genuine signature, under claims that it is not of. */
async function forge(index: number, by = desk): Promise<string> {
  const [[header, , signature], [, payload]] = [
    (await by.account({ session: "forger" })).split("."),
    (await by.account({ session: "forger", account: `forger-${index}` })).split("."),
  ] as [string[], string[]];
  return `${header}.${payload}.${signature}`;
}

test("a flood of forged tokens costs a bounded number of checks, and stops nobody who was here before", async () => {
  const known = await desk.account({ session: "ann-1" });
  expect((await send(router, "me", { token: known })).status).toBe(200);

  const before = desk.lookups();
  const forged = await Promise.all(Array.from({ length: 3 * MOST_UNPROVEN }, (_, index) => forge(index)));
  const answers = await Promise.all(forged.map((token) => send(router, "me", { token })));
  expect(desk.lookups() - before).toBe(MOST_UNPROVEN);
  expect(answers.map((answer) => answer.status).filter((status) => status === 401)).toHaveLength(MOST_UNPROVEN);
  expect(answers.map((answer) => answer.status).filter((status) => status === 503)).toHaveLength(2 * MOST_UNPROVEN);

  expect((await send(router, "me", { token: known })).status).toBe(200);
  expect((await send(router, "me", { token: await desk.account({ session: "ann-1", expiresIn: 299 }) })).status).toBe(
    200,
  );

  const stranger = await desk.account({ session: "bea-1" });
  const sentAway = await send(router, "me", { token: stranger });
  expect(refusalIn(sentAway)).toEqual({ reason: "busy", ran: false, status: 503 });
  expect(sentAway.headers.get("retry-after")).toBe("1");
  desk.pass(1);
  expect((await send(router, "me", { token: stranger })).status).toBe(200);
});

describe("a guard that does not know what was revoked", () => {
  async function openApi() {
    const w = await openFeedWorld();
    const options = { audience: AUDIENCE, permissions: ["notes:read"], world: w.desk.world } as const;
    const guard = createGuard(initTRPC.context<{ auth: Facts }>().create(), { issuer: w.verifier(), ...options });
    const router = guard.router({ me: guard.signedIn.query(({ ctx }) => ctx.principal.id) });
    const reasonFor = async (token: string) => refusalIn(await send(router, "me", { token })).reason;
    const isBackoff = (ms: number) => ms < 5000;
    return { ...w, router, reasonFor, reconnect: () => vi.waitFor(() => expect(w.timers.fire(isBackoff)).toBe(1)) };
  }

  test("checks nothing, so nothing of the budget is spent when it knows again", async () => {
    const { desk, feed, router, reasonFor, reconnect, close } = await openApi();
    feed.down(true);
    const tokens = await Promise.all(Array.from({ length: 500 }, (_, at) => desk.account({ session: `s-${at}` })));
    const reasons = await Promise.all(tokens.map(reasonFor));
    expect(new Set(reasons)).toEqual(new Set(["revocation_unknown"]));
    feed.down(false);
    await reconnect();
    await vi.waitFor(async () => expect((await send(router, "me", { token: tokens[0] ?? "" })).status).toBe(200));
    const forged = await Promise.all(Array.from({ length: MOST_UNPROVEN }, (_, at) => forge(at, desk)));
    expect(new Set(await Promise.all(forged.map(reasonFor)))).toEqual(new Set(["token_invalid"]));
    await close();
  });
});
