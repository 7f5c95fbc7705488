import { command, type Group } from "../command.ts";
import { account as accountForm, description, roleName } from "../forms.ts";
import { inWords } from "../in-words.ts";
import { done, table } from "../output.ts";
import { permissionOption, readPermission, showPermission, unknownPermissions } from "../permissions.ts";
import { accountIdOf } from "../which-account.ts";

const contents = {
  description: { kind: "text", says: "what it is for", form: description },
  permission: permissionOption,
} as const;

const builtIn = {
  says: "The role is built in: it is neither changed nor removed.",
  next: "Make your own: countersign roles create",
};

const list = command({
  name: "list",
  says: "all roles and what they permit",
  run: async ({ server, signedIn }) => {
    const { api } = await signedIn();
    return table(await api.roles.list.query(), {
      NAME: (role) => role.name,
      "BUILT IN": (role) => role.builtIn,
      PERMISSIONS: (role) => role.permissions.map((one) => showPermission(one, server())),
      DESCRIPTION: (role) => role.description,
    });
  },
});

const create = command({
  name: "create",
  says: "make a role",
  parameters: ["name"],
  forms: { name: roleName },
  options: contents,
  run: async ({ signedIn }, { name, description = "", permission: permissions }) => {
    const { api } = await signedIn();
    await inWords(api.roles.create.mutate({ name, description, permissions: permissions.map(readPermission) }), {
      ...unknownPermissions,
      conflict: { says: "There is a role of this name already.", next: "All of them: countersign roles list" },
    });
    return done("Created.", { name });
  },
});

const update = command({
  name: "update",
  says: "replace what a role says and permits",
  parameters: ["name"],
  forms: { name: roleName },
  options: contents,
  run: async ({ signedIn }, { name, description = "", permission: permissions }) => {
    const { api } = await signedIn();
    await inWords(api.roles.update.mutate({ name, description, permissions: permissions.map(readPermission) }), {
      ...unknownPermissions,
      conflict: builtIn,
    });
    return done("Updated.", { name });
  },
});

const remove = command({
  name: "remove",
  says: "delete a role; whoever had it loses it",
  parameters: ["name"],
  forms: { name: roleName },
  options: { yes: { kind: "switch", says: "do not ask" } },
  run: async ({ ask, signedIn }, { name, yes }) => {
    const { api } = await signedIn();
    await ask.confirm(`Delete the role ${name}?`, yes);
    await inWords(api.roles.remove.mutate({ name }), { conflict: builtIn });
    return done("Removed.", { name });
  },
});

const grant = command({
  name: "grant",
  says: "give a role to an account",
  parameters: ["account", "role"],
  forms: { account: accountForm, role: roleName },
  run: async ({ signedIn }, { account, role }) => {
    const { api } = await signedIn();
    await api.roles.grant.mutate({ account: await accountIdOf(api, account), role });
    return done("Granted.", { account, role });
  },
});

const revoke = command({
  name: "revoke",
  says: "take a role from an account",
  parameters: ["account", "role"],
  forms: { account: accountForm, role: roleName },
  run: async ({ signedIn }, { account, role }) => {
    const { api } = await signedIn();
    await api.roles.revoke.mutate({ account: await accountIdOf(api, account), role });
    return done("Revoked.", { account, role });
  },
});

export const roles: Group = {
  name: "roles",
  says: "administer roles: named sets of permissions",
  commands: [list, create, update, remove, grant, revoke],
};
