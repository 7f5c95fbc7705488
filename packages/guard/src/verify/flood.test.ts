import { initTRPC } from "@trpc/server";
import { expect, test } from "vitest";
import { AUDIENCE } from "../../../tokens/src/testing/forge.ts";
import { createGuard } from "../guard.ts";
import type { Facts } from "../request/facts.ts";
import { createDesk } from "../test-support/desk.ts";
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
async function forge(index: number): Promise<string> {
  const [[header, , signature], [, payload]] = [
    (await desk.account({ session: "forger" })).split("."),
    (await desk.account({ session: "forger", account: `forger-${index}` })).split("."),
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
