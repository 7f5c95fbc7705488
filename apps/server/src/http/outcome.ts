import type { FastifyRequest } from "fastify";

/** What a request came to, for its line in the log. Only what the server itself knows, nothing that was sent. */
export interface Outcome {
  reason?: string;
  /** Why, in our own words. */
  detail?: string;
  /** Whose verified token it was. */
  account?: string;
  /** Procedures that exist and were called. */
  calls?: readonly string[];
}

const outcomes = new WeakMap<object, Outcome>();

/** The outcome of a request, to be added to. Kept beside the request, so that the plugin decorates nobody's Fastify. */
export function outcomeOf(request: FastifyRequest): Outcome {
  const known = outcomes.get(request.raw);
  if (known) return known;
  const fresh: Outcome = {};
  outcomes.set(request.raw, fresh);
  return fresh;
}
