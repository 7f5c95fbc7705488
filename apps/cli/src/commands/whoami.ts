import { command } from "../command.ts";
import { record } from "../output.ts";

export const whoami = command({
  name: "whoami",
  says: "who is signed in here, and what they may do at this server",
  run: async ({ signedIn }) => {
    const { api } = await signedIn();
    const [me, mine] = await Promise.all([api.account.me.query(), api.access.mine.query()]);
    const { id, email, name, roles } = me;
    const { permissions } = mine;
    return record({ id, "e-mail": email, name, roles, "permissions here": permissions }, { ...me, permissions });
  },
});
