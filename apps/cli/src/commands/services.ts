import { command, type Group } from "../command.ts";
import { idFrom, personName } from "../forms.ts";
import { inWords } from "../in-words.ts";
import { type Answer, done, table, time } from "../output.ts";
import { permissionOption, readPermission, showPermission, unknownPermissions } from "../permissions.ts";

const id = idFrom("services list");

const permissions = {
  permission: permissionOption,
} as const;

/** The day of a time in seconds since the epoch, in UTC. */
const day = (seconds: number | null) => time(seconds).slice(0, 10);

const list = command({
  name: "list",
  says: "programs that act for themselves, what they may do, and their secrets with the day of their last use",
  run: async ({ server, signedIn }) => {
    const { api } = await signedIn();
    return table(await api.services.list.query(), {
      ID: (service) => service.id,
      NAME: (service) => service.name,
      DISABLED: (service) => time(service.disabledAt),
      PERMISSIONS: (service) => service.permissions.map((one) => showPermission(one, server())),
      "SECRETS (LAST USED)": (service) => service.secrets.map((one) => `${one.id} (${day(one.usedOn) || "never"})`),
    });
  },
});

const create = command({
  name: "create",
  says: "make a service, and print its ID and its secret",
  parameters: ["name"],
  forms: { name: personName },
  options: permissions,
  run: async ({ signedIn }, { name, permission }) => {
    const { api } = await signedIn();
    const made = await inWords(api.services.create.mutate({ name, permissions: permission.map(readPermission) }), {
      ...unknownPermissions,
      conflict: { says: "There is a service of this name already.", next: "All of them: countersign services list" },
    });
    return credential(made.id, made.secret.secret, made, "The secret is not shown again.");
  },
});

const update = command({
  name: "update",
  says: "replace what a service may do",
  parameters: ["id"],
  forms: { id },
  options: permissions,
  run: async ({ signedIn }, { id, permission }) => {
    const { api } = await signedIn();
    await inWords(api.services.update.mutate({ id, permissions: permission.map(readPermission) }), unknownPermissions);
    return done("Updated.", { id });
  },
});

const rotate = command({
  name: "rotate",
  says: "print a new secret; the newest so far goes on beside it, one before that ends",
  parameters: ["id"],
  forms: { id },
  run: async ({ signedIn }, { id }) => {
    const { api } = await signedIn();
    const rotated = await api.services.rotate.mutate({ id });
    const ended = rotated.ended.length === 0 ? "" : ` Ended: ${rotated.ended.join(" ")}.`;
    return credential(id, rotated.secret.secret, { id, ...rotated }, `The secret is not shown again.${ended}`);
  },
});

const revoke = command({
  name: "revoke",
  says: "end a secret of a service, and every token that it has now",
  parameters: ["id", "secret-id"],
  forms: { id, "secret-id": id },
  run: async ({ signedIn }, { id, "secret-id": secret }) => {
    const { api } = await signedIn();
    await api.services.revokeSecret.mutate({ id, secret });
    return done("Ended.", { id, secret });
  },
});

const disable = command({
  name: "disable",
  says: "let a service in no more, until it is enabled again",
  parameters: ["id"],
  forms: { id },
  run: async ({ signedIn }, { id }) => {
    const { api } = await signedIn();
    await api.services.disable.mutate({ id });
    return done("Disabled.", { id });
  },
});

const enable = command({
  name: "enable",
  says: "let a disabled service in again, with the secrets it has",
  parameters: ["id"],
  forms: { id },
  run: async ({ signedIn }, { id }) => {
    const { api } = await signedIn();
    await api.services.enable.mutate({ id });
    return done("Enabled.", { id });
  },
});

const remove = command({
  name: "remove",
  says: "delete a service, its secrets and every token that it has now",
  parameters: ["id"],
  forms: { id },
  options: { yes: { kind: "switch", says: "do not ask" } },
  run: async ({ ask, signedIn }, { id, yes }) => {
    const { api } = await signedIn();
    await ask.confirm(`Delete the service ${id}?`, yes);
    await api.services.remove.mutate({ id });
    return done("Removed.", { id });
  },
});

/** What a service proves itself by, as two lines: a script reads one with `sed -n 2p`, or all of it with `--json`. */
function credential(id: string, secret: string, json: unknown, note: string): Answer {
  return { json, text: () => `${id}\n${secret}\n`, note };
}

export const services: Group = {
  name: "services",
  says: "programs that act for themselves, such as an API that reads what was revoked",
  commands: [list, create, update, rotate, revoke, disable, enable, remove],
};
