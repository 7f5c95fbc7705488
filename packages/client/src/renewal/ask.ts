import type { ClientWorld } from "../client-world.ts";
import { fieldOf } from "../field-of.ts";
import type { Prover } from "../keeping/prover.ts";
import type { Mode } from "../mode.ts";
import { parseJson } from "../session/session-record.ts";
import { unredirected } from "../unredirected.ts";
import { untilAborted } from "../until-aborted.ts";

/** What came back from the server, not yet judged. */
interface Answered {
  readonly status: number;
  /** The body, if it was JSON. */
  readonly body: unknown;
  /** `Retry-After` in seconds. */
  readonly retryAfter: number | undefined;
}

/** Or nothing came back, or not in time. Nobody knows whether the server did what it was asked. */
export type Answer = Answered | { readonly error: unknown };

/** Asks one of the server's routes for tokens. Never throws. */
export type Ask = (route: "start" | "refresh" | "end", body: object) => Promise<Answer>;

export interface AskDeps {
  /** The issuer's address, without a slash at its end. */
  readonly url: string;
  readonly mode: Mode["mode"];
  readonly fetch: typeof fetch;
  /** Milliseconds from asking to the last byte. */
  readonly timeout: number;
  readonly world: Pick<ClientWorld, "setTimer">;
  /** Proves each request; missing where the session is bound to no key. */
  readonly prover?: Prover | undefined;
}

export function createAsk({ url, mode, fetch, timeout, world, prover }: AskDeps): Ask {
  // Said only where it is needed: some runtimes know no cookies, and refuse the option.
  const cookies = mode === "cookie" ? ({ credentials: "include" } as const) : {};
  const send = async (place: string, body: string, signal: AbortSignal): Promise<Response> => {
    const proof = prover && { dpop: await prover.prove({ method: "POST", url: place }) };
    const common = { "content-type": "application/json", accept: "application/json", "x-countersign": "1" };
    const headers = { ...common, ...proof };
    return await unredirected(fetch)(place, { method: "POST", ...cookies, headers, body, signal });
  };
  const exchange = async (place: string, text: string, signal: AbortSignal): Promise<Answer> => {
    for (let before: unknown; ; ) {
      const response = await send(place, text, signal);
      const answer = await readAnswer(response);
      const error = fieldOf(answer.body, "error");
      const isMended = await prover?.heed(place, error, response.headers);
      if (!isMended || error === before) return answer;
      // Nothing has happened: the same request, proved once more.
      before = error;
    }
  };
  return async (route, body) => {
    const controller = new AbortController();
    const { signal } = controller;
    const cancel = world.setTimer(() => controller.abort(), timeout);
    try {
      // A key may take for ever, and so may a `fetch` that knows no signals.
      return await untilAborted(exchange(`${url}/session/${route}`, JSON.stringify(body), signal), signal);
    } catch (error) {
      return { error };
    } finally {
      cancel();
    }
  };
}

async function readAnswer(response: Response): Promise<Answered> {
  const body = parseJson(await response.text());
  return { status: response.status, body, retryAfter: readRetryAfter(response.headers) };
}

/** Seconds, or a date (RFC 9110 §10.2.3): that one is read against the server's own clock, or not at all. */
function readRetryAfter(headers: Headers): number | undefined {
  const value = headers.get("retry-after")?.trim();
  if (!value) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  const seconds = (Date.parse(value) - Date.parse(headers.get("date") ?? "")) / 1000;
  return seconds >= 0 ? seconds : undefined;
}
