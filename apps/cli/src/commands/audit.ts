import { command, type Group } from "../command.ts";
import { account, eventName, idFrom, moment, outcome } from "../forms.ts";
import { inWords } from "../in-words.ts";
import { table, time } from "../output.ts";
import { pageOf, pageOptions } from "../page.ts";
import { accountIdOf } from "../which-account.ts";
import { exportAudit } from "./audit-export.ts";
import { verify } from "./audit-verify.ts";

const words = {
  bad_request: {
    says: "The server knows no such event.",
    next: "Its README lists them; a kind such as sign_in will do.",
  },
};

const list = command({
  name: "list",
  says: "what has happened, newest first",
  options: {
    ...pageOptions,
    event: {
      kind: "text",
      says: "this event, such as sign_in.refused, or all of a kind: sign_in",
      value: "name",
      form: eventName,
    },
    outcome: { kind: "text", says: "only what went so", value: "outcome", form: outcome },
    actor: { kind: "text", says: "only what this account did", value: "account", form: account },
    subject: {
      kind: "text",
      says: "only what was done to this: an ID, a role's name, an API's address",
      value: "subject",
    },
    session: { kind: "text", says: "only what was done in this session", value: "id", form: idFrom("sessions list") },
    address: { kind: "text", says: "only what came from this IP address", value: "address" },
    from: { kind: "text", says: "not before this time", value: "time", form: moment },
    to: { kind: "text", says: "before this time", value: "time", form: moment },
  },
  run: async ({ signedIn }, { actor, outcome, from, to, ...rest }) => {
    const { api } = await signedIn();
    const filter = {
      ...rest,
      actor: actor && (await accountIdOf(api, actor)),
      // The form lets nothing else pass.
      outcome: outcome as "success" | "refused" | undefined,
      from: seconds(from),
      to: seconds(to),
    };
    return pageOf(await inWords(api.audit.list.query(filter), words), rest, {
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

const keys = command({
  name: "keys",
  says: "the keys that the server seals the audit with; written down, they verify any export",
  run: async ({ signedIn }) => {
    const { api } = await signedIn();
    return table(await api.audit.keys.query(), { KEY: ({ kid }) => kid, ALGORITHM: ({ alg }) => alg });
  },
});

function seconds(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text) / 1000;
}

export const audit: Group = {
  name: "audit",
  says: "the record of what happened",
  commands: [list, exportAudit, verify, keys],
};
