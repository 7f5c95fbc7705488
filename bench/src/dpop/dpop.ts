import { fileURLToPath } from "node:url";
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from "jose";
import type { Bench, Figure, RunOptions } from "../harness/bench.ts";
import { pinningNotes } from "../harness/cores.ts";
import { startLoad } from "../harness/load-process.ts";
import { startProgram } from "../harness/server-program.ts";
import { overRounds } from "../harness/statistics.ts";
import { createMint } from "../harness/tokens.ts";
import type { CallsJob } from "./calls.ts";

const API = [process.execPath, "--conditions=source", fileURLToPath(new URL("bound-api.ts", import.meta.url))];
/** Something that costs next to nothing, so that the server is what is measured; and the SDK, before the fastest server. */
const raw = new URL("raw-calls-process.ts", import.meta.url);
const sdk = new URL("sdk-calls-process.ts", import.meta.url);
const sides = [
  { name: "server, tRPC's adapter", caller: raw, way: "official" },
  { name: "server, straight way", caller: raw, way: "straight" },
  { name: "client", caller: sdk, way: "straight" },
] as const;
type Side = (typeof sides)[number];

/** Calls per second of one protected query, with a bearer token and with one that is bound to a key. */
export const dpop: Bench = {
  name: "dpop",
  question: "what does a proof with each call cost, at the server and at the client?",
  async run(options) {
    const figures: Figure[] = [];
    for (const side of sides.filter(({ name }) => options.takesPart(name))) {
      const bearer: number[] = [];
      const bound: number[] = [];
      for (let round = 0; round < options.rounds; round++) {
        bearer.push(await rateOf(side, false, options));
        bound.push(await rateOf(side, true, options));
      }
      const ratios = bound.map((rate, round) => rate / (bearer[round] ?? Number.NaN));
      figures.push(overRounds(`${side.name}: bearer`, "/s", bearer), overRounds(`${side.name}: bound`, "/s", bound), {
        ...overRounds(`${side.name}: bound / bearer`, "times", ratios),
        toReach: { atLeast: 0.3 },
      });
    }
    return { figures, notes: pinningNotes() };
  },
};

async function rateOf({ caller, way }: Side, isBound: boolean, { warmUp, seconds }: RunOptions): Promise<number> {
  const mint = await createMint();
  await using server = await startProgram([...API, way], mint.setup);
  const pair = await generateKeyPair("ES256", { extractable: true });
  const key = { publicKey: await exportJWK(pair.publicKey), privateKey: await exportJWK(pair.privateKey) };
  const jkt = isBound ? await calculateJwkThumbprint(key.publicKey) : undefined;
  const [own = ""] = await mint.good(1);
  const token = jkt === undefined ? own : await mint.bound(jkt);
  const { issuer, audience } = mint.setup;
  const job: CallsJob = { origin: server.origin, issuer, audience, token, own, isBound, key, warmUp, seconds };
  return await startLoad<CallsJob, number>(caller, job).outcome;
}
