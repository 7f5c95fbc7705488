import { z } from "zod";
import type { Proof, SignInMethod } from "./method.ts";

const NAME = /^[a-z][a-z0-9-]{0,63}$/i;

/** @throws {TypeError} for methods that are none, or two of one name */
export function checkMethods(methods: readonly SignInMethod[]): ReadonlyMap<string, SignInMethod> {
  const byName = new Map<string, SignInMethod>();
  for (const method of methods) {
    const { name, input, subject, prove } = method ?? {};
    if (typeof name !== "string" || !NAME.test(name))
      throw new TypeError("signIn: a method has a name of letters, digits and -");
    if (byName.has(name)) throw new TypeError(`signIn: two methods are called "${name}"`);
    if (typeof input?.safeParse !== "function") throw new TypeError(`signIn: "${name}" has no input, a zod schema`);
    if (typeof prove !== "function" || !["function", "undefined"].includes(typeof subject)) {
      throw new TypeError(`signIn: "${name}" has no function prove, or a subject that is none`);
    }
    byName.set(name, method);
  }
  return byName;
}

const how = { amr: z.array(z.string().min(1)).min(1), acr: z.enum(["1fa", "2fa"]) };
const proof = z.union([
  z.object({ account: z.string(), version: z.int().optional(), ...how }),
  z.object({ email: z.string(), ...how }),
]);

/** @throws {TypeError} for what proves nothing: a mistake of the method's, which nobody gets in by */
export function checkProof(name: string, given: unknown): Proof {
  const parsed = proof.safeParse(given);
  if (!parsed.success) throw new TypeError(`sign-in method "${name}": prove answered no proof`);
  return parsed.data;
}
