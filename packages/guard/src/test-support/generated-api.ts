/** Texts of files, by name. */
export type Sources = Readonly<Record<string, string>>;

const A_ROUTER = 20;

interface Dialect {
  /** `trpc.ts`. */
  readonly root: string;
  /** What the routers import from it. */
  readonly names: string;
  /** What stands before a procedure's input. */
  readonly start: (index: number) => string;
}

const bare: Dialect = {
  root: `
    import { initTRPC } from "@trpc/server";
    const t = initTRPC.context<{ user: string | null }>().create();
    export const { router, procedure } = t;`,
  names: "router, procedure",
  start: () => "procedure",
};

const policies = [
  'allowed("notes:read")',
  'allowed("notes:read", "notes:write")',
  "signedIn",
  'open("anybody may")',
  'allowed.any("notes:read", "notes:write")',
];

const guarded: Dialect = {
  root: `
    import { initTRPC } from "@trpc/server";
    import { createGuard, type Facts } from "@countersign/guard";
    const t = initTRPC.context<{ auth: Facts; user: string | null }>().create();
    export const { allowed, open, router, signedIn } = createGuard(t, {
      issuer: "https://issuer.example",
      audience: "https://api.example",
      permissions: ["notes:read", "notes:write", "notes:share"],
      revocation: { mode: "until-expiry" },
    });`,
  names: "allowed, open, router, signedIn",
  start: (index) => policies[index % policies.length] ?? "",
};

/** An API on tRPC alone, of so many procedures in routers of 20. */
export function bareApi(procedures: number): Sources {
  return api(procedures, bare);
}

/** The same, each procedure behind a policy. */
export function guardedApi(procedures: number): Sources {
  return api(procedures, guarded);
}

/** A client that calls every procedure of either. */
export function callers(procedures: number): Sources {
  return consumer(
    procedures,
    `
    import { createTRPCClient, httpBatchLink } from "@trpc/client";
    import type { AppRouter } from "../api/app.js";
    const client = createTRPCClient<AppRouter>({ links: [httpBatchLink({ url: "https://api.example" })] });`,
  );
}

/** The same by the SDK, which also asks of every procedure whether it may be called. */
export function sdkCallers(procedures: number): Sources {
  const asked = range(procedures).map((index) => `  can("router${routerOf(index)}.procedure${index}"),`);
  return consumer(
    procedures,
    `
    import { createClient } from "@countersign/client";
    import type { AppRouter } from "../api/app.js";
    const sdk = createClient({ url: "https://issuer.example" });
    const client = sdk.connect<AppRouter>({ url: "https://api.example" });
    const { can } = sdk.accessTo<AppRouter>("https://api.example");
    export const allowed = [\n${asked.join("\n")}\n];`,
  );
}

function consumer(procedures: number, beginning: string): Sources {
  const calls = range(procedures).map((index) => {
    const way = `client.router${routerOf(index)}.procedure${index}`;
    return `  (await ${way}.${isMutation(index) ? "mutate" : "query"}(${input(index)})).title satisfies string,`;
  });
  return { "client.ts": `${beginning}\n    export const titles = [\n${calls.join("\n")}\n];` };
}

function routerOf(index: number): number {
  return Math.floor(index / A_ROUTER);
}

function api(procedures: number, dialect: Dialect): Sources {
  const routers = range(Math.ceil(procedures / A_ROUTER));
  const imports = routers.map((router) => `import { router${router} } from "./router${router}.ts";`);
  const app = `
    import { router } from "./trpc.ts";
    ${imports.join("\n")}
    export const appRouter = router({ ${routers.map((router) => `router${router}`).join(", ")} });
    export type AppRouter = typeof appRouter;`;
  const files = routers.map((router) => [`router${router}.ts`, routerText(router, procedures, dialect)] as const);
  return { "trpc.ts": dialect.root, "app.ts": app, ...Object.fromEntries(files) };
}

function routerText(router: number, procedures: number, dialect: Dialect): string {
  const indices = range(procedures).slice(router * A_ROUTER, (router + 1) * A_ROUTER);
  const lines = indices.map((index) => {
    const parser = `.input(z.object({ id: z.string(), title: z.string().optional(), field${index}: z.number() }))`;
    const answer = `({ id: ${index}, title: "a", seen: new Date(0).toISOString() })`;
    const end = isMutation(index) ? `.mutation(() => ${answer})` : `.query(() => ${answer})`;
    return `  procedure${index}: ${dialect.start(index)}${hasInput(index) ? parser : ""}${end},`;
  });
  return `
    import { z } from "zod";
    import { ${dialect.names} } from "./trpc.ts";
    export const router${router} = router({\n${lines.join("\n")}\n});`;
}

/** One of three has no input, one of three changes something. */
function hasInput(index: number): boolean {
  return index % 3 !== 0;
}

function isMutation(index: number): boolean {
  return index % 3 === 2;
}

function input(index: number): string {
  return hasInput(index) ? `{ id: "1", field${index}: 1 }` : "";
}

function range(length: number): readonly number[] {
  return Array.from({ length }, (_, index) => index);
}
