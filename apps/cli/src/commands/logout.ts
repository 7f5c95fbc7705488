import { command } from "../command.ts";
import { Failure } from "../failure.ts";
import { done } from "../output.ts";

export const logout = command({
  name: "logout",
  says: "sign out: the session ends here and at the server",
  run: async ({ connect, server }) => {
    const { session } = await connect();
    const { state } = session;
    if (!("session" in state)) return done(`You were not signed in to ${server()}.`, { server: server() });
    const { session: id } = state;
    let untold = false;
    session.onWarning(({ kind }) => {
      untold ||= kind === "end_pending";
    });
    await session.end();
    if (!untold) return done(`Signed out of ${server()}.`, { server: server() });
    throw new Failure(
      "unreachable",
      "You are signed out here, but the server could not be told.",
      `It will be told by the next command, or end the session from elsewhere: countersign sessions end ${id}`,
    );
  },
});
