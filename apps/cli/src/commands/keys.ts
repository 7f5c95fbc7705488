import { command, type Group } from "../command.ts";
import type { Form } from "../forms.ts";
import { inWords } from "../in-words.ts";
import { done, table, time } from "../output.ts";

/** The thumbprint of a key (RFC 7638). */
const kid: Form = {
  says: "a key's ID from `countersign keys list`",
  fits: (text) => /^[A-Za-z0-9_-]{43}$/.test(text),
};

const list = command({
  name: "list",
  says: "the keys that tokens are signed with, where each stands, and when it may sign",
  run: async ({ connect }) => {
    const { api } = await connect();
    return table(await api.keys.list.query(), {
      ID: (key) => key.kid,
      ALGORITHM: (key) => key.alg,
      STATUS: (key) => key.status,
      "MAY SIGN FROM": (key) => time(key.readyAt),
      "SIGNED FROM": (key) => time(key.activatedAt),
      TO: (key) => time(key.retiredAt),
    });
  },
});

const rotate = command({
  name: "rotate",
  says: "have the next key sign from now on; tokens of the former live on",
  run: async ({ signedIn }) => {
    const { api } = await signedIn();
    const rotated = await inWords(api.keys.rotate.mutate(), {
      conflict: {
        says: "No successor has been published for an hour yet, so not every API can know it.",
        next: "When each may sign: countersign keys list",
      },
    });
    return done(`Rotated: ${rotated.current} signs now.`, rotated);
  },
});

const revoke = command({
  name: "revoke",
  says: "take a key out at once, with every token that it signed; their owners get new ones by themselves",
  parameters: ["key-id"],
  forms: { "key-id": kid },
  options: { yes: { kind: "switch", says: "do not ask" } },
  run: async ({ ask, signedIn }, { "key-id": id, yes }) => {
    const { api } = await signedIn();
    await ask.confirm(`Revoke the key ${id}, and refuse every token that it signed?`, yes);
    await api.keys.revoke.mutate({ kid: id });
    return done("Revoked.", { kid: id });
  },
});

export const keys: Group = {
  name: "keys",
  says: "the keys that tokens are signed with; they change by themselves",
  commands: [list, rotate, revoke],
};
