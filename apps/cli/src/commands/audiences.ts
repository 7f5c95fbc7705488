import { command, type Group } from "../command.ts";
import { table } from "../output.ts";

const list = command({
  name: "list",
  says: "the APIs that accept the server's tokens, with their permissions and the roles that they brought along",
  run: async ({ signedIn }) => {
    const { api } = await signedIn();
    return table(await api.audiences.list.query(), {
      AUDIENCE: ({ audience }) => audience,
      PERMISSIONS: ({ permissions }) => permissions,
      ROLES: ({ roles }) => roles,
    });
  },
});

export const audiences: Group = {
  name: "audiences",
  says: "the APIs that the server issues tokens for",
  commands: [list],
};
