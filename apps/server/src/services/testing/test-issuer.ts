import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SessionReply } from "@countersign/tokens";
import { vi } from "vitest";
import type { IssuerOptions } from "../../issuer-options.ts";
import { type Wired, wire } from "../../wiring.ts";
import type { Actor, Caller } from "../caller.ts";
import { createHashPool } from "../hashing/pool.ts";
import { createPasswords, type Passwords } from "../passwords/passwords.ts";
import { createTestWorld, type TestWorld } from "./test-world.ts";

export const ISSUER = "https://auth.example";
export const NOTES = "https://notes.example";
export const MASTER_KEY = new Uint8Array(32).fill(7);
export const PASSWORD = "a long enough passphrase";
export const TERMINAL = { client: "cli", origin: null };
export const SOMEBODY: Caller = { address: "192.0.2.1", userAgent: "test" };

/** Somebody who has signed in. */
export interface Person {
  readonly id: string;
  readonly email: string;
  readonly reply: SessionReply;
  readonly refreshToken: string;
  readonly accessToken: string;
  readonly actor: Actor;
}

/** A real issuer over a real database, with a clock of its own, and people who get in by its front door. */
export interface TestIssuer extends Wired {
  readonly options: IssuerOptions;
  readonly world: TestWorld;
  readonly passwords: Passwords;
  /** Moves the clock, and waits until the issuer has read again what it must not be too old. */
  advance(milliseconds: number): Promise<void>;
  /** The first administrator, by the set-up link. */
  administrator(): Promise<Person>;
  /** Makes an account and signs it in. */
  person(name: string): Promise<Person>;
  /** Signs an account in once more. */
  signIn(email: string, password?: string): Promise<Person>;
  /** Judges a token as a guard does on each call. */
  judge(accessToken: string): Promise<void>;
}

/** One for all issuers of a test process, which gets its turn however busy the machine is. */
const pool = createHashPool({ hurryMs: 1, deadlineMs: 60_000 });
const passwords = { ...createPasswords({ pool }), close: async () => undefined };

/** Opens one over a SQLite file of its own, unless given another database. */
export async function openTestIssuer(given: Partial<IssuerOptions> = {}): Promise<TestIssuer> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-"));
  const world = createTestWorld();
  const options: IssuerOptions = {
    issuer: ISSUER,
    database: { sqlite: join(folder, "test.db") },
    masterKeys: [MASTER_KEY],
    signUp: "open",
    audiences: [{ audience: NOTES, permissions: ["notes:read", "notes:write"] }],
    world,
    ...given,
  };
  const wired = await wire(options, passwords);
  const close = async () => {
    await wired.close();
    await rm(folder, { recursive: true });
  };
  return { ...wired, ...actions(wired, world), options, world, passwords, close };
}

function actions({ services, verifier }: Wired, world: TestWorld) {
  const start = async (email: string, handoff: string): Promise<Person> => {
    const reply = await services.sessions.start({ ...TERMINAL, handoff }, SOMEBODY);
    const [token] = reply.tokens;
    if (!token || !reply.refresh_token) throw new Error("a start without tokens");
    return {
      id: reply.account,
      email,
      reply,
      refreshToken: reply.refresh_token,
      accessToken: token.access_token,
      actor: { ...SOMEBODY, id: reply.account, session: reply.session },
    };
  };
  return {
    advance: async (milliseconds: number) => {
      world.advance(milliseconds);
      await vi.waitFor(() => services.health.ready());
    },
    administrator: async () => {
      const secret = (await services.setUp.link())?.split("#")[1] ?? "";
      const account = { email: "admin@example.com", name: "Ada", password: PASSWORD };
      const { handoff } = await services.setUp.redeem({ ...account, secret }, TERMINAL, SOMEBODY);
      return await start(account.email, handoff);
    },
    person: async (name: string) => {
      const account = { email: `${name}@example.com`, name, password: PASSWORD };
      const { handoff } = await services.signUps.signUp(account, TERMINAL, SOMEBODY);
      return await start(account.email, handoff);
    },
    signIn: async (email: string, password = PASSWORD) => {
      const { handoff } = await services.signIn.run("password", { email, password }, TERMINAL, SOMEBODY);
      return await start(email, handoff);
    },
    judge: async (accessToken: string) => verifier.judge(await verifier.verify(accessToken, services.issuer)),
  };
}
