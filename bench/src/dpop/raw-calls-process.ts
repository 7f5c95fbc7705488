import { once } from "node:events";
import { connect } from "node:net";
import { accessTokenHash } from "@countersign/tokens";
import { SignJWT } from "jose";
import { loadProgram } from "../harness/load-process.ts";
import { type CallsJob, callsPerSecond, keyOf } from "./calls.ts";

// Calls that cost next to nothing to make: bytes on a socket, with proofs that were signed before.

/** More than any server answers in a second here. */
const MOST_A_SECOND = 8_000;
const PATH = "/trpc/notes";

loadProgram<CallsJob, number>(async (job) => {
  const { origin, token, isBound, warmUp, seconds } = job;
  const { host, port, hostname } = new URL(origin);
  const proofs = isBound ? await signProofs(job, (warmUp + seconds) * MOST_A_SECOND) : [];
  const head = `GET ${PATH} HTTP/1.1\r\nhost: ${host}\r\nauthorization: ${isBound ? "DPoP" : "Bearer"} ${token}\r\n`;
  let next = 0;
  const request = () => {
    if (!isBound) return `${head}\r\n`;
    const proof = proofs[next];
    if (proof === undefined) throw new Error("more calls than proofs");
    next += 1;
    return `${head}dpop: ${proof}\r\n\r\n`;
  };

  const sockets: ReturnType<typeof connect>[] = [];
  using _ = stayAwake();
  const rate = await callsPerSecond(job, async () => {
    const socket = connect(Number(port), hostname);
    sockets.push(socket);
    await once(socket, "connect");
    return async () => {
      socket.write(request());
      const [answer] = (await once(socket, "data")) as [Buffer];
      // The answer is short and comes at once.
      if (!answer.includes("HTTP/1.1 200")) throw new Error(`answered ${answer.toString("latin1")}`);
    };
  });
  for (const socket of sockets) socket.destroy();
  return rate;
});

/** Whoever answers a process that sleeps pays for waking it: a slow server with each answer, a fast one seldom. */
function stayAwake(): Disposable {
  let next = setImmediate(turn);
  function turn() {
    next = setImmediate(turn);
  }
  return { [Symbol.dispose]: () => clearImmediate(next) };
}

async function signProofs(job: CallsJob, count: number): Promise<string[]> {
  const { audience, token, key } = job;
  const { privateKey } = await keyOf(job);
  const { kty, crv, x, y } = key.publicKey;
  const header = { typ: "dpop+jwt", alg: "ES256", jwk: { kty, crv, x, y } } as { alg: string };
  const claims = { htm: "GET", htu: audience + PATH, ath: await accessTokenHash(token) };
  const proofs: string[] = [];
  for (let at = 0; at < count; at += 1) {
    const iat = Math.floor(Date.now() / 1000);
    proofs.push(await new SignJWT({ ...claims, iat, jti: `proof-${at}` }).setProtectedHeader(header).sign(privateKey));
  }
  return proofs;
}
