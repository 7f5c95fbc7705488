import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Somebody's way to serve one protected query: a program in `contestants/`. */
export interface Contestant {
  readonly name: string;
  readonly command: readonly string[];
  /** Whether it looks at credentials at all. */
  readonly checks: boolean;
}

/** Debian's Python stands beside others on some machines, and has Debian's packages. */
const python = ["python3", "/usr/bin/python3"].find(
  (candidate) => spawnSync(candidate, ["-c", "import fastapi, jwt, cryptography, uvicorn"]).status === 0,
);

/** Everybody who can run here. */
export const contestants: readonly Contestant[] = [
  { name: "raw-http", command: node("raw-http.ts"), checks: false },
  { name: "unguarded-official", command: node("unguarded-official.ts"), checks: false },
  { name: "middleware-official", command: node("middleware-official.ts"), checks: false },
  { name: "guarded-official", command: node("guarded-official.ts"), checks: true },
  { name: "guarded-straight", command: node("guarded-straight.ts"), checks: true },
  { name: "trpc-jose", command: node("trpc-jose.ts"), checks: true },
  { name: "fastify-jwt", command: node("fastify-jwt.ts"), checks: true },
  { name: "fastify-jwt-cached", command: node("fastify-jwt-cached.ts"), checks: true },
  { name: "better-auth", command: node("better-auth.ts"), checks: true },
  ...(python ? [{ name: "fastapi", command: [python, program("fastapi-pyjwt.py")], checks: true }] : []),
];

/** Those that have our guard. */
export const guarded = contestants.filter(({ name }) => name.startsWith("guarded-"));

export function contestantNotes(): readonly string[] {
  return python ? [] : ["fastapi is left out: no Python here has fastapi, jwt, cryptography and uvicorn"];
}

function node(file: string): readonly string[] {
  return [process.execPath, "--conditions=source", program(file)];
}

function program(file: string): string {
  return fileURLToPath(new URL(`contestants/${file}`, import.meta.url));
}
