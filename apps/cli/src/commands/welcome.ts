import type { Context } from "../context.ts";
import { type Answer, done } from "../output.ts";

/** What every way in answers. */
export function welcome({ server, isChosen }: Context, email: string): Answer {
  const next = isChosen() ? "" : `\nFor the next commands: export COUNTERSIGN_URL=${server()}`;
  return done(`Signed in to ${server()} as ${email}.${next}`, { server: server(), email });
}
