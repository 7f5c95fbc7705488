import { command, type Group } from "../command.ts";
import { Failure } from "../failure.ts";
import { idFrom } from "../forms.ts";
import { done, table, time } from "../output.ts";

const list = command({
  name: "list",
  says: "your sessions, newest first",
  run: async ({ signedIn }) => {
    const { api } = await signedIn();
    return table(await api.account.sessions.query(), {
      ID: (session) => session.id,
      HERE: (session) => session.current,
      CLIENT: (session) => session.client,
      BEGAN: (session) => time(session.createdAt),
      "LAST REFRESH": (session) => time(session.refreshedAt),
      EXPIRES: (session) => time(session.expiresAt),
      DEVICE: (session) => session.userAgent,
    });
  },
});

const end = command({
  name: "end",
  says: "end one session, or with --others all but this one",
  parameters: ["id?"],
  forms: { id: idFrom("sessions list") },
  options: { others: { kind: "switch", says: "all but the one of this program" } },
  run: async ({ signedIn }, { id, others }) => {
    if ((id === undefined) !== others) throw new Failure("usage", "Give either a session's id or --others.");
    const { api } = await signedIn();
    if (id === undefined) {
      const { ended } = await api.account.endOtherSessions.mutate();
      return done(`Your other sessions have ended: ${ended}.`, { ended });
    }
    await api.account.endSession.mutate({ id });
    return done("The session has ended.", { id });
  },
});

export const sessions: Group = { name: "sessions", says: "where you are signed in", commands: [list, end] };
