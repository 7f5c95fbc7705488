import { ClientError } from "../errors.ts";
import type { Session } from "../session/session.ts";

/** Sign-ins that are under way, which signing out ends. */
export interface Beginning {
  /** Begins one. It ends with what is returned, unless somebody signs out before that: then `session_ended`. */
  begin(): Session["start"];
  /** Somebody signs out. */
  end(): void;
}

/** @param starting gives what redeems a handoff, once this client knows what is here */
export function createBeginning(starting: () => Promise<(handoff: string) => Promise<void>>): Beginning {
  let signOuts = 0;
  return {
    begin() {
      const before = signOuts;
      return async ({ handoff }) => {
        const start = await starting();
        if (signOuts !== before) throw new ClientError("session_ended");
        await start(handoff);
      };
    },
    end() {
      signOuts += 1;
    },
  };
}
