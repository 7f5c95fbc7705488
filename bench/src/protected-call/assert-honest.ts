import { isDeepStrictEqual } from "node:util";
import { envelope } from "../harness/setup.ts";
import type { Mint } from "../harness/tokens.ts";
import type { Contestant } from "./contestants.ts";

/**
 * That a contestant does what it is measured for: the right answer to a good token, the same bytes as everybody's, and
 * none to a caller without a token, with an expired one, or with a forged one.
 *
 * @throws {Error} saying what it did instead.
 */
export async function assertHonest(contestant: Contestant, url: string, credential: string, mint: Mint): Promise<void> {
  const good = await ask(url, credential);
  const expected = { status: 200, body: JSON.stringify(envelope(mint.setup.account, mint.setup)) };
  if (!isDeepStrictEqual(good, expected)) throw new Error(`${contestant.name} answers ${JSON.stringify(good)}`);
  const [forged] = await mint.forged(1);
  const bad = { "no token": undefined, "an expired token": await mint.expired(), "a forged token": forged };
  for (const [what, token] of Object.entries(bad)) {
    const { status } = await ask(url, token);
    const isRight = contestant.checks ? status === 401 || status === 403 : status === 200;
    if (!isRight) throw new Error(`${contestant.name} answers ${status} to ${what}`);
  }
}

async function ask(url: string, token: string | undefined): Promise<{ status: number; body: string }> {
  const response = await fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
  return { status: response.status, body: await response.text() };
}
