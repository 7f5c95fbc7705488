import { createClient } from "@countersign/client";
import { loadProgram } from "../harness/load-process.ts";
import { type CallsJob, callsPerSecond, keyOf } from "./calls.ts";

// The SDK's `session.fetch`, over real sockets. Its session is one that the bench has signed: no issuer takes part.

loadProgram<CallsJob, number>(async (job) => {
  const { origin, issuer, audience, token, own, isBound } = job;
  const key = await keyOf(job);
  const client = createClient({
    url: issuer,
    audiences: [audience],
    ...(isBound ? ({ mode: "bound", client: "bench", key } as const) : ({ mode: "storage" } as const)),
    fetch: async (input, init) => {
      const url = String(input);
      if (url.startsWith(audience)) return await fetch(origin + url.slice(audience.length), init);
      return Response.json(sessionOf(job, token, own));
    },
  });
  await client.session.start({ handoff: "bench" });
  const rate = await callsPerSecond(job, async () => async () => {
    const response = await client.session.fetch(`${audience}/trpc/notes`);
    const body = await response.text();
    if (response.status !== 200) throw new Error(`answered ${response.status}: ${body}`);
  });
  client.dispose();
  return rate;
});

function sessionOf({ issuer, audience, isBound }: CallsJob, token: string, own: string) {
  const now = Date.now() / 1000;
  const common = { expires_in: 800, scope: "notes:read" };
  return {
    account: "bench",
    session: "bench",
    server_time: now,
    session_end: now + 3600,
    refresh_token: "bench",
    tokens: [
      { audience: issuer, access_token: own, token_type: "Bearer", ...common },
      { audience, access_token: token, token_type: isBound ? "DPoP" : "Bearer", ...common },
    ],
  };
}
