import { setUpAdministrator } from "../harness/administrator.ts";
import type { Bench } from "../harness/bench.ts";
import { pinningNotes } from "../harness/cores.ts";
import { startIssuer } from "../harness/issuer.ts";
import { startLoad } from "../harness/load-process.ts";
import { overRounds } from "../harness/statistics.ts";
import type { ClientCalls, ClientCallsOutcome, Spent } from "./client-call-process.ts";

const PROGRAM = new URL("client-call-process.ts", import.meta.url);

/** One query after the other over HTTPS, by `client.api` and by tRPC's own client with a token in its headers. */
export const clientCall: Bench = {
  name: "client-call",
  question: "what does a query cost by the SDK, beside the same by @trpc/client alone?",
  async run({ rounds: count, seconds, warmUp }) {
    const rounds: ClientCallsOutcome[] = [];
    for (let round = 0; round < count; round++) rounds.push(await measure(seconds, warmUp));
    const over = (name: string, unit: "ms" | "times", of: (round: ClientCallsOutcome) => number) =>
      overRounds(name, unit, rounds.map(of));
    return {
      figures: [
        over("bare, one call", "ms", ({ bare }) => perCall(bare, "elapsed")),
        over("sdk, one call", "ms", ({ sdk }) => perCall(sdk, "elapsed")),
        {
          ...over("sdk / bare", "times", ({ sdk, bare }) => perCall(sdk, "elapsed") / perCall(bare, "elapsed")),
          toReach: { atMost: 1.05 },
        },
        over(
          "sdk / bare, time of the client's processor",
          "times",
          ({ sdk, bare }) => perCall(sdk, "processor") / perCall(bare, "processor"),
        ),
      ],
      notes: pinningNotes(),
    };
  },
};

async function measure(seconds: number, warmUp: number): Promise<ClientCallsOutcome> {
  await using issuer = await startIssuer();
  const { token } = await setUpAdministrator(issuer);
  const job: ClientCalls = { url: issuer.url, token, seconds, warmUp };
  return await startLoad<ClientCalls, ClientCallsOutcome>(PROGRAM, job, { env: { NODE_EXTRA_CA_CERTS: issuer.ca } })
    .outcome;
}

function perCall(spent: Spent, what: "elapsed" | "processor"): number {
  return spent[what] / spent.calls;
}
