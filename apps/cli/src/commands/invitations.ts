import { command, type Group } from "../command.ts";
import { email as emailForm, idFrom, roleName } from "../forms.ts";
import { done, time } from "../output.ts";
import { pageOf, pageOptions } from "../page.ts";

const list = command({
  name: "list",
  says: "invitations that nobody has used yet",
  options: pageOptions,
  run: async ({ signedIn }, page) => {
    const { api } = await signedIn();
    return pageOf(await api.invitations.list.query(page), page, {
      ID: (invitation) => invitation.id,
      "E-MAIL": (invitation) => invitation.email,
      ROLES: (invitation) => invitation.roles,
      CREATED: (invitation) => time(invitation.createdAt),
      EXPIRES: (invitation) => time(invitation.expiresAt),
    });
  },
});

const create = command({
  name: "create",
  says: "print a link with which one person may sign up, once",
  parameters: ["email"],
  forms: { email: emailForm },
  options: {
    role: { kind: "list", says: "a role the account will have; give it once for each", value: "name", form: roleName },
  },
  run: async ({ signedIn }, { email, role }) => {
    const { api } = await signedIn();
    const invitation = await api.invitations.create.mutate({ email, roles: [...role] });
    const { link, expiresAt } = invitation;
    const until = `For ${email}, once, until ${time(expiresAt)}.`;
    if (link === undefined) return { json: invitation, text: () => "", note: `${until} The link goes out by mail.` };
    return { json: invitation, text: () => `${link}\n`, note: `${until} The link is not shown again.` };
  },
});

const remove = command({
  name: "remove",
  says: "withdraw an invitation",
  parameters: ["id"],
  forms: { id: idFrom("invitations list") },
  run: async ({ signedIn }, { id }) => {
    const { api } = await signedIn();
    await api.invitations.remove.mutate({ id });
    return done("Withdrawn.", { id });
  },
});

export const invitations: Group = {
  name: "invitations",
  says: "let people sign up",
  commands: [list, create, remove],
};
