import { command, type Group } from "../command.ts";
import { table } from "../output.ts";
import { push } from "./access-push.ts";

const list = command({
  name: "table",
  says: "every call that the server knows, and who may make it",
  run: async ({ signedIn }) => {
    const { api } = await signedIn();
    const access = await api.access.table.query();
    const rows = Object.entries(access).map(([path, policy]) => ({ path, policy }));
    return table(rows, { CALL: ({ path }) => path, "WHO MAY": ({ policy }) => whoMay(policy) }, access);
  },
});

const mine = command({
  name: "mine",
  says: "what you may do at this server: your permissions here, and the calls that they open",
  run: async ({ signedIn }) => {
    const { api } = await signedIn();
    const own = await api.access.mine.query();
    const rows = own.paths.map((path) => ({ path }));
    return {
      ...table(rows, { CALL: ({ path }) => path }, own),
      note: `Your permissions here: ${own.permissions.join(" ") || "none"}`,
    };
  },
});

/** A policy of the guard in words; one of a newer server as it came. */
function whoMay(policy: Readonly<Record<string, unknown>>): string {
  const [[kind, value] = ["", ""]] = Object.entries(policy);
  const words: Readonly<Record<string, (value: unknown) => string>> = {
    open: (why) => `anyone: ${why}`,
    orSignedIn: (why) => `anyone: ${why}`,
    signedIn: () => "whoever is signed in",
    allowed: (all) => (Array.isArray(all) ? all.join(" and ") : String(all)),
    allowedAny: (some) => (Array.isArray(some) ? some.join(" or ") : String(some)),
  };
  return Object.hasOwn(words, kind) ? (words[kind]?.(value) ?? kind) : JSON.stringify(policy);
}

export const access: Group = {
  name: "access",
  says: "who may do what, here and at other APIs",
  commands: [list, mine, push],
};
