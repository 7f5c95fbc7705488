import { command, type Group } from "../command.ts";
import { time } from "../output.ts";
import { pageOf, pageOptions } from "../page.ts";

const list = command({
  name: "list",
  says: "what has happened, newest first",
  options: { ...pageOptions, event: { kind: "text", says: "only this event, such as sign_in.refused", value: "name" } },
  run: async ({ signedIn }, page) => {
    const { api } = await signedIn();
    return pageOf(await api.audit.list.query(page), page, {
      TIME: (entry) => time(entry.at),
      EVENT: (entry) => entry.event,
      OUTCOME: (entry) => entry.outcome,
      ACTOR: (entry) => entry.actor,
      SUBJECT: (entry) => entry.subject,
      ADDRESS: (entry) => entry.address,
      ID: (entry) => entry.id,
    });
  },
});

export const audit: Group = { name: "audit", says: "the record of what happened", commands: [list] };
