import { command, type Group } from "../command.ts";
import { account as accountForm } from "../forms.ts";
import { done, record, time } from "../output.ts";
import { pageOf, pageOptions } from "../page.ts";
import { accountIdOf, whichAccount } from "../which-account.ts";

const list = command({
  name: "list",
  says: "all accounts",
  options: pageOptions,
  run: async ({ signedIn }, page) => {
    const { api } = await signedIn();
    return pageOf(await api.users.list.query(page), page, {
      ID: (user) => user.id,
      "E-MAIL": (user) => user.email,
      NAME: (user) => user.name,
      ROLES: (user) => user.roles,
      CREATED: (user) => time(user.createdAt),
      DISABLED: (user) => time(user.disabledAt),
    });
  },
});

const get = command({
  name: "get",
  says: "one account",
  parameters: ["account"],
  forms: { account: accountForm },
  run: async ({ signedIn }, { account }) => {
    const { api } = await signedIn();
    const user = await api.users.get.query(whichAccount(account));
    const { id, email, name, roles, createdAt, disabledAt } = user;
    const shown = { id, "e-mail": email, name, roles, created: time(createdAt), disabled: time(disabledAt) };
    return record(shown, user);
  },
});

const disable = command({
  name: "disable",
  says: "shut an account out: its sessions end at once",
  parameters: ["account"],
  forms: { account: accountForm },
  run: async ({ signedIn }, { account }) => {
    const { api } = await signedIn();
    const id = await accountIdOf(api, account);
    await api.users.disable.mutate({ id });
    return done("Disabled, and its sessions have ended.", { id });
  },
});

const enable = command({
  name: "enable",
  says: "let a disabled account in again",
  parameters: ["account"],
  forms: { account: accountForm },
  run: async ({ signedIn }, { account }) => {
    const { api } = await signedIn();
    const id = await accountIdOf(api, account);
    await api.users.enable.mutate({ id });
    return done("Enabled.", { id });
  },
});

const remove = command({
  name: "remove",
  says: "delete an account for good",
  parameters: ["account"],
  forms: { account: accountForm },
  options: { yes: { kind: "switch", says: "do not ask" } },
  run: async ({ ask, signedIn }, { account, yes }) => {
    const { api } = await signedIn();
    const id = await accountIdOf(api, account);
    await ask.confirm(`Delete account ${account} for good?`, yes);
    await api.users.remove.mutate({ id });
    return done("Removed.", { id });
  },
});

const endSessions = command({
  name: "end-sessions",
  says: "sign an account out everywhere",
  parameters: ["account"],
  forms: { account: accountForm },
  run: async ({ signedIn }, { account }) => {
    const { api } = await signedIn();
    const id = await accountIdOf(api, account);
    const { ended } = await api.users.endSessions.mutate({ id });
    return done(`Its sessions have ended: ${ended}.`, { id, ended });
  },
});

export const users: Group = {
  name: "users",
  says: "administer accounts",
  commands: [list, get, disable, enable, remove, endSessions],
};
