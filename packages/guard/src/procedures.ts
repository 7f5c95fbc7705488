import type { Policy } from "@countersign/tokens";
import type { TRPCRootObject } from "@trpc/server";
import { type CheckParts, createCheck, createSendsAway } from "./decision/check.ts";
import { createFront, createPresenter, type Present, type Procedure } from "./refusal/refused-call.ts";
import type { Proceed } from "./router/chain.ts";
import { enforce } from "./router/policy.ts";

/** tRPC's procedure builder without its types: they say nothing while somebody else's context is still a variable. */
export interface LooseBuilder {
  errors(formatter: unknown): LooseBuilder;
  use(middleware: unknown): LooseBuilder;
  concat(builder: unknown): LooseBuilder;
  query(resolver: unknown): Procedure;
  readonly _def: { readonly inputs: readonly unknown[]; readonly caller?: unknown };
}

/** A user's own tRPC root and what goes before the policy. */
export interface Foundation {
  readonly config: TRPCRootObject<object, object, object>["_config"];
  readonly procedure: LooseBuilder;
  readonly base: LooseBuilder | undefined;
}

/**
 * Builds procedures in the one order that holds: the user's own `base`, the policy's check, and whatever the user writes
 * after it. Before a `base` stands what gives refusals their shape; without one the check does that itself.
 *
 * @throws {TypeError} for a `base` that reads input or replaces the call.
 */
export function createProcedures<Who>({
  config,
  procedure,
  base,
}: Foundation): (policy: Policy, parts: CheckParts<Who>) => LooseBuilder {
  if (base && base._def.inputs.length > 0) throw new TypeError("base: must not read input, the policy comes first");
  if (base?._def.caller) throw new TypeError("base: experimental_caller replaces the call that the policy guards");
  const present = createPresenter({
    config,
    build: (formatter, resolver) => procedure.errors(formatter).query(resolver),
  });
  const start = base ? procedure.use(createFront(present)).concat(base) : procedure;
  const refused: Present = base ? async (error) => error : present;
  return (policy, parts) => {
    const before = (proceed: Proceed) => createCheck(parts, { refused, ended: present }, proceed);
    return start.use(enforce({ policy, sendsAway: base ? undefined : createSendsAway(parts), before }));
  };
}
