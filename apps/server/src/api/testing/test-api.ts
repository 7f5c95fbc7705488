import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SessionReply } from "@countersign/tokens";
import { createTRPCClient, httpLink, type TRPCClient, TRPCClientError } from "@trpc/client";
import Fastify from "fastify";
import { createIssuer, type Issuer, type IssuerOptions } from "../../issuer.ts";
import type { ErrorShape } from "../error-shape.ts";
import type { IssuerRouter } from "../router.ts";

export const PASSWORD = "a long enough passphrase";

/** What tRPC answers to one call. */
export interface CallReply {
  readonly result?: { readonly data?: unknown };
  readonly error?: ErrorShape & { readonly data: { readonly ran?: boolean } };
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly json: CallReply;
  /** Of a batch. */
  readonly replies: readonly CallReply[];
}

type Person = {
  readonly client: TRPCClient<IssuerRouter>;
  readonly token: string;
  readonly reply: SessionReply;
  readonly id: string;
};

/** A real issuer behind real routes, without a socket. */
export interface TestApi {
  readonly issuer: Issuer;
  readonly options: IssuerOptions;
  /** The API, called by tRPC's own client with this token. */
  client(token?: string): TRPCClient<IssuerRouter>;
  /** Calls that no typed client would make. */
  query(path: string, input?: unknown, token?: string): Promise<Answer>;
  mutate(path: string, input?: unknown, token?: string): Promise<Answer>;
  send(method: string, url: string, body?: string, headers?: Record<string, string>): Promise<Answer>;
  /** The first administrator. */
  administrator(): Promise<Person>;
  person(name: string): Promise<Person>;
  /** Signs them in once more, with what they may do now. */
  again(name: string): Promise<Person>;
  close(): Promise<void>;
}

export async function openTestApi(given: Partial<IssuerOptions> = {}): Promise<TestApi> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-"));
  const options: IssuerOptions = {
    issuer: "https://auth.example",
    database: { sqlite: join(folder, "test.db") },
    masterKeys: [new Uint8Array(32).fill(7)],
    signUp: "open",
    ...given,
  };
  const issuer = await createIssuer(options);
  const fastify = Fastify();
  await fastify.register(issuer.plugin);

  const request = async (method: string, url: string, body: string | undefined, headers: Record<string, string>) =>
    await fastify.inject({ method: method as "GET", url, headers, ...(body === undefined ? {} : { body }) });

  const send: TestApi["send"] = async (method, url, body, headers = {}) => {
    const type = body === undefined ? {} : { "content-type": "application/json" };
    const response = await request(method, url, body, { ...type, ...headers });
    // What a server answers is looked at by the test.
    const json = response.body === "" ? {} : (JSON.parse(response.body) as CallReply | CallReply[]);
    const replies = Array.isArray(json) ? json : [json];
    const { statusCode: status, body: text } = response;
    return { status, headers: response.headers, text, json: replies[0] ?? {}, replies };
  };
  const bearer = (token: string | undefined) => (token === undefined ? {} : { authorization: `Bearer ${token}` });

  const client = (token?: string) =>
    createTRPCClient<IssuerRouter>({
      links: [
        httpLink({
          url: `${options.issuer}/trpc`,
          headers: bearer(token),
          fetch: async (url, init) => {
            const { pathname, search } = new URL(String(url));
            const headers = Object.fromEntries(new Headers(init?.headers as Record<string, string>).entries());
            const text = typeof init?.body === "string" ? init.body : undefined;
            const { statusCode, body } = await request(init?.method ?? "GET", pathname + search, text, headers);
            return new Response(body, { status: statusCode });
          },
        }),
      ],
    });

  const enter = async ({ handoff }: { readonly handoff: string }): Promise<Person> => {
    const body = JSON.stringify({ client: "cli", handoff });
    const headers = { "content-type": "application/json", "x-countersign": "1" };
    const reply: SessionReply = JSON.parse((await request("POST", "/session/start", body, headers)).body);
    const token = reply.tokens[0]?.access_token ?? "";
    return { client: client(token), token, id: reply.account, reply };
  };

  return {
    issuer,
    options,
    client,
    send,
    mutate: (path, input, token) => send("POST", `/trpc/${path}`, JSON.stringify(input ?? null), bearer(token)),
    query: (path, input, token) => {
      const search = input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`;
      return send("GET", `/trpc/${path}${search}`, undefined, bearer(token));
    },
    administrator: async () => {
      const secret = (await issuer.setUpLink())?.split("#")[1] ?? "";
      const account = { email: "admin@example.com", name: "Ada", password: PASSWORD };
      return await enter(await client().signIn.setUp.mutate({ client: "cli", ...account, secret }));
    },
    person: async (name) => {
      const account = { email: `${name}@example.com`, name, password: PASSWORD };
      return await enter(await client().signIn.signUp.mutate({ client: "cli", ...account }));
    },
    again: async (name) => {
      const credentials = { email: `${name}@example.com`, password: PASSWORD };
      return await enter(await client().signIn.password.mutate({ client: "cli", ...credentials }));
    },
    close: async () => {
      await fastify.close();
      await issuer.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** What a refused call says of itself. */
export async function refusalOf(call: Promise<unknown>): Promise<NonNullable<CallReply["error"]>["data"] | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof TRPCClientError) return error.data;
    throw error;
  }
}
