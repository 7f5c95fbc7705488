import { EventEmitter, on, once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type AccessTable,
  createGuard,
  type Facts,
  facts,
  type LocalIssuer,
  type Refusal,
  type RemoteIssuer,
  type World,
} from "@countersign/guard";
import { systemWorld } from "@countersign/tokens";
import { initTRPC, TRPCError, tracked } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import superjson from "superjson";
import { z } from "zod";

export const NOTES = "https://notes.test";
export const notesPermissions = ["notes:read", "notes:write"] as const;

/** Its access table, as it is pushed. */
export const notesProcedures: AccessTable = {
  add: { signedIn: true },
  counts: { signedIn: true },
  hello: { open: "anybody may be greeted" },
  moody: { signedIn: true },
  purge: { allowed: ["notes:write"] },
  shred: { signedIn: true, within: 600 },
  ticks: { signedIn: true },
  who: { signedIn: true },
};

/** How old a sign-in may be for what asks for a fresh one, in seconds. */
export const FRESH_S = 600;

/** What the API does beside answering. */
interface Doings {
  /** Titles of the notes that were added, in order. */
  readonly added: string[];
  /** How far it has counted. */
  count: number;
  /** Is told `count` when it counts on. */
  readonly counting: EventEmitter;
  /** Refuses every identified call with this, from the guard. */
  refuse: Refusal | undefined;
}

/** An issuer as this API knows it: in the same process, or by its address. */
export type KnownIssuer = Pick<LocalIssuer, "issuer"> | Omit<RemoteIssuer, "audience">;

function createRouter(known: KnownIssuer, audience: string, world: World, doings: Doings) {
  const t = initTRPC.context<{ auth: Facts }>().create({ transformer: superjson });
  const { open, signedIn, allowed, router, accessTable } = createGuard(t, {
    ...known,
    audience,
    permissions: notesPermissions,
    dpop: { publicUrl: audience },
    world,
    enrich: () => {
      if (doings.refuse) throw doings.refuse;
      return {};
    },
  });
  const routes = router({
    hello: open("anybody may be greeted").query(() => "hello"),
    who: signedIn.query(({ ctx }) => ({ account: ctx.principal.id, at: new Date(0) })),
    add: signedIn.input(z.strictObject({ title: z.string() })).mutation(({ ctx, input }) => {
      doings.added.push(input.title);
      return { ...input, by: ctx.principal.id };
    }),
    purge: allowed("notes:write").mutation(() => "purged"),
    /** A procedure of somebody's who knows nothing of reasons. */
    moody: signedIn.input(z.strictObject({ title: z.string() })).mutation(({ input }) => {
      doings.added.push(input.title);
      throw new TRPCError({ code: "UNAUTHORIZED", message: "not today" });
    }),
    /** Asks for a fresh sign-in. */
    shred: signedIn({ within: FRESH_S })
      .input(z.strictObject({ title: z.string() }))
      .mutation(({ input }) => {
        doings.added.push(input.title);
        return "shredded";
      }),
    /** Counts on as a test says, from any position. */
    counts: signedIn.input(z.object({ lastEventId: z.string().optional() }).optional()).subscription(async function* ({
      input,
      signal,
    }) {
      const more = on(doings.counting, "count", signal && { signal });
      for (let at = Number(input?.lastEventId ?? 0); ; await more.next().catch(() => undefined)) {
        if (signal?.aborted) return;
        for (; at < doings.count; at += 1) yield tracked(String(at + 1), at + 1);
      }
    }),
    ticks: signedIn.subscription(async function* () {
      for (let tick = 1; tick <= 3; tick += 1) yield tracked(String(tick), tick);
    }),
  });
  return { router: routes, table: accessTable(routes) };
}

export type NotesRouter = ReturnType<typeof createRouter>["router"];

/** Somebody else's API, guarded, on a real socket. */
export interface Notes extends Doings {
  readonly origin: string;
  readonly router: NotesRouter;
  /** Who may call what, by the router itself. */
  readonly table: AccessTable;
  /** Cuts every connection off. */
  cut(): void;
  close(): Promise<void>;
}

/** @param audience its identifier, and the path that it stands under */
export async function startNotes(
  known: KnownIssuer,
  audience: string = NOTES,
  world: World = systemWorld,
): Promise<Notes> {
  const doings: Doings = { added: [], count: 0, counting: new EventEmitter(), refuse: undefined };
  const { router, table } = createRouter(known, audience, world, doings);
  const { pathname } = new URL(audience);
  const handler = createHTTPHandler({
    router,
    basePath: `${pathname.replace(/\/$/, "")}/`,
    createContext: ({ req }) => ({ auth: facts(req) }),
  });
  const server = createServer(handler);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(doings, {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    router,
    table,
    cut: () => server.closeAllConnections(),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
}
