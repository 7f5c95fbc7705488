import { Refusal } from "@countersign/tokens";
import type { FastifyRequest } from "fastify";

/**
 * Headers that mean one thing or nothing, and whose values hold no comma. Node keeps the first of two, where a proxy may
 * have looked at the last; what comes as a fetch `Request` was joined by commas.
 */
const single: ReadonlySet<string> = new Set(["host", "content-type", "origin", "x-countersign", "dpop"]);

/**
 * A hook that refuses a request with two of them (RFC 9110 §5.3). `Authorization` is the guard's to judge.
 *
 * @throws {Refusal} `bad_request`
 */
export async function refuseDoubled(request: FastifyRequest): Promise<void> {
  const seen = new Set<string>();
  const raw = request.raw.rawHeaders;
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]?.toLowerCase() ?? "";
    if (single.has(name) && (seen.has(name) || raw[at + 1]?.includes(","))) {
      throw new Refusal("bad_request", { detail: `two ${name} headers` });
    }
    seen.add(name);
  }
}
