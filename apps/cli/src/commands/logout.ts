import { command } from "../command.ts";
import { done } from "../output.ts";

export const logout = command({
  name: "logout",
  says: "sign out: the session ends here and at the server",
  run: async ({ connect, server }) => {
    await connect().session.end();
    return done(`Signed out of ${server()}.`, { server: server() });
  },
});
