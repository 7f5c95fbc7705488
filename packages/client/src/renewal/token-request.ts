import type { ClientWorld } from "../client-world.ts";
import type { Mode } from "../mode.ts";
import type { Audiences } from "../session/audiences.ts";
import { type Moment, momentOf } from "../session/clock-skew.ts";
import type { Ask } from "./ask.ts";
import { judgeRefresh, type Outcome } from "./refresh.ts";

export interface TokenRequestDeps {
  /** Id of this app. */
  readonly client: string;
  readonly mode: Mode["mode"];
  readonly ask: Ask;
  readonly audiences: Audiences;
  readonly world: ClientWorld;
}

/** What came of it, and when it was asked. */
export interface Asked {
  readonly outcome: Outcome;
  readonly askedAt: Moment;
}

/**
 * Asks for tokens: one request, or more where the server does not know one of the audiences. What it refused for that is
 * as good as before, so what it does not know can be left out.
 *
 * @param lists audiences to ask for, best first: see `Audiences.lists`
 */
export function createTokenRequest({ client, mode, ask, audiences, world }: TokenRequestDeps) {
  return async (route: "start" | "refresh", grant: object, lists: readonly (readonly string[])[]): Promise<Asked> => {
    for (let at = 0; ; at += 1) {
      const list = lists[at] ?? [];
      const next = lists[at + 1];
      const askedAt = momentOf(world);
      const outcome = judgeRefresh(await ask(route, { client, ...grant, ...audiences.named(list) }), mode);
      const isUnknown = outcome.kind === "refused" && outcome.reason === "invalid_target";
      if (!isUnknown || !next) return { outcome, askedAt };
      audiences.refused(list.filter((one) => !next.includes(one)));
    }
  };
}
