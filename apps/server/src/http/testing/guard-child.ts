import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createGuard, type Facts, type FeedCredential, facts } from "@countersign/guard";
import { systemWorld } from "@countersign/tokens";
import { initTRPC } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";

/** An API in a process of its own, on the feed of an issuer elsewhere. Given as JSON in the first argument. */
export interface GuardTask {
  readonly issuer: string;
  readonly audience: string;
  readonly credential: FeedCredential;
}

// Tells its port when it serves. A number that it is told is how far its clock is ahead from now on, in milliseconds; it
// repeats it then.

const { issuer, audience, credential } = JSON.parse(process.argv[2] ?? "") as GuardTask;
let ahead = 0;
process.on("message", (told: number) => {
  ahead = told;
  process.send?.(told);
});

const t = initTRPC.context<{ auth: Facts }>().create();
const guard = createGuard(t, {
  issuer,
  audience,
  permissions: ["notes:read"],
  revocation: { mode: "feed", credential },
  world: { now: () => systemWorld.now() + ahead, random: (bytes) => systemWorld.random(bytes) },
});
const handler = createHTTPHandler({
  router: guard.router({ who: guard.signedIn.query(({ ctx }) => ctx.principal.id) }),
  createContext: ({ req }) => ({ auth: facts(req) }),
  responseMeta: guard.responseMeta,
});
const server = createServer(handler);
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
