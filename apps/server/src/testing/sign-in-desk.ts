import assert from "node:assert/strict";
import type { Issuer } from "../issuer.ts";
import type { SignInTrial } from "./sign-in-cases.ts";

/** Where the desk itself stands, so that its own calls count in no limit on trial. */
const DESK = "192.0.2.254";
const ADDRESS = "198.51.100.1";
const PASSWORD = "a long enough passphrase";

interface Entry {
  readonly actor: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

type Known = Awaited<ReturnType<SignInTrial["enrol"]>> & { readonly id: string; readonly email: string };

/** What an attempt came to, but for what differs in each. */
interface Attempt {
  readonly status: number;
  readonly reason: string | undefined;
  readonly handoff: string | undefined;
  readonly headers: readonly (readonly [string, string])[];
}

/** One issuer, over its fetch handler, with an administrator. */
export interface Desk {
  /** Somebody new with an account, let in by the method. */
  enrol(): Promise<Known>;
  /** The same person, with fresh proofs. */
  again(known: Known): Promise<Known>;
  attempt(input: unknown, address?: string): Promise<Attempt>;
  /** Milliseconds until an attempt is refused. */
  timed(input: unknown): Promise<number>;
  /** Redeems a handoff, and reads the token. */
  enter(attempt: Attempt): Promise<{ readonly claims: { readonly sub: string; readonly amr: readonly string[] } }>;
  disable(account: string): Promise<void>;
  audit(event: string): Promise<readonly Entry[]>;
}

export async function openDesk(issuer: Issuer, { name, enrol }: SignInTrial): Promise<Desk> {
  const post = async (path: string, body: unknown, { address = DESK, token = "" } = {}) => {
    const headers = { "content-type": "application/json", "x-countersign": "1" };
    const authorization = token === "" ? {} : { authorization: `Bearer ${token}` };
    const options = { method: "POST", headers: { ...headers, ...authorization }, body: JSON.stringify(body) };
    return await issuer.fetch(new Request(issuer.issuer + path, options), { address });
  };
  const read = async (response: Response) => {
    // What our own server has answered, to us.
    const { result, error } = JSON.parse(await response.text());
    return { data: result?.data, reason: error?.data.reason as string | undefined };
  };
  const tokenOf = async (handoff: unknown): Promise<{ readonly account: string; readonly token: string }> => {
    const { account, tokens } = JSON.parse(await (await post("/session/start", { client: "cli", handoff })).text());
    return { account, token: tokens[0].access_token };
  };
  const join = async (path: string, email: string, more: object = {}) => {
    const made = await read(await post(path, { client: "cli", email, name: "Somebody", password: PASSWORD, ...more }));
    return await tokenOf(made.data?.handoff);
  };

  const secret = (await issuer.setUpLink())?.split("#")[1];
  const { token } = await join("/trpc/signIn.setUp", "admin@example.com", { secret });
  let people = 0;

  const attempt: Desk["attempt"] = async (input, address = ADDRESS) => {
    const response = await post("/trpc/signIn.method", { client: "cli", method: name, input }, { address });
    const { data, reason } = await read(response);
    return { status: response.status, reason, handoff: data?.handoff, headers: [...response.headers] };
  };
  const known = async (id: string, email: string): Promise<Known> => ({
    ...(await enrol({ id, email, password: PASSWORD })),
    id,
    email,
  });

  return {
    async enrol() {
      people += 1;
      const email = `somebody-${people}@example.com`;
      const { account } = await join("/trpc/signIn.signUp", email);
      return await known(account, email);
    },
    again: ({ id, email }) => known(id, email),
    attempt,
    async timed(input) {
      const before = performance.now();
      const { reason } = await attempt(input);
      assert.equal(reason, "wrong_credentials");
      return performance.now() - before;
    },
    async enter({ reason, handoff }) {
      assert.equal(reason, undefined);
      const { claims } = await issuer.verifier.verify((await tokenOf(handoff)).token, issuer.issuer);
      assert.ok("amr" in claims);
      return { claims };
    },
    async disable(id) {
      assert.equal((await post("/trpc/users.disable", { id }, { token })).status, 200);
    },
    async audit(event) {
      const query = encodeURIComponent(JSON.stringify({ event, limit: 100 }));
      const request = new Request(`${issuer.issuer}/trpc/audit.list?input=${query}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      const { data } = await read(await issuer.fetch(request, { address: DESK }));
      assert.ok(Array.isArray(data));
      return data;
    },
  };
}
