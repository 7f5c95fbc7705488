import type { reasonOf } from "@countersign/client";

/** How this program ends, by name. The numbers are what scripts see and never change their meaning. */
export const exits = {
  ok: { code: 0, says: "done" },
  unexpected: { code: 1, says: "something unexpected" },
  usage: { code: 2, says: "wrong usage, or something is missing and there is no terminal to ask on" },
  signedOut: { code: 3, says: "not signed in, or the session has ended" },
  notPermitted: { code: 4, says: "not permitted" },
  wrongCredentials: { code: 5, says: "wrong credentials, or a dead link" },
  refused: { code: 6, says: "refused by a rule of the server, or bad input" },
  unreachable: { code: 7, says: "the server cannot be reached, or its certificate is not trusted" },
  tryLater: { code: 8, says: "not now: try later" },
  localFile: { code: 9, says: "a file on this side cannot be used (tokens, certificate, declaration)" },
  notWhole: { code: 10, says: "the audit is not what was sealed" },
  cancelled: { code: 130, says: "cancelled" },
} as const;

export type Exit = keyof typeof exits;

/** What a refusal is for a script, what it is in plain words, and what to do next. */
export interface Meaning {
  readonly exit: Exit;
  readonly says: string;
  readonly next?: string;
}

type Told = ReturnType<typeof reasonOf>;

const signIn = "Sign in: countersign login";
const newLink = "Ask for a new one: links work once and not for long.";
/** Left out where the server says how long. */
export const again = "Try again in a moment.";
const report = "The server's log says more, under the time of this call.";
const update = "This program and the server may be of different versions.";

/** Every reason a call can fail for. A new reason does not compile until it has its row. */
export const meanings: Readonly<Record<Told, Meaning>> = {
  no_token: { exit: "signedOut", says: "You are not signed in.", next: signIn },
  token_expired: { exit: "signedOut", says: "Your access has expired and could not be renewed.", next: signIn },
  token_stale: { exit: "signedOut", says: "Your access was withdrawn.", next: signIn },
  session_ended: { exit: "signedOut", says: "Your session has ended.", next: signIn },
  invalid_grant: { exit: "signedOut", says: "Your session has ended.", next: signIn },
  key_mismatch: { exit: "signedOut", says: "Your session is bound to another key.", next: signIn },
  step_up_required: { exit: "signedOut", says: "This asks for a fresh sign-in.", next: signIn },

  not_permitted: {
    exit: "notPermitted",
    says: "Your account may not do this.",
    next: "What it may do: countersign access mine",
  },
  account_required: { exit: "notPermitted", says: "This is for people, not for services." },
  origin_refused: { exit: "notPermitted", says: "The server does not let this program in.", next: update },
  invalid_client: { exit: "notPermitted", says: "The server does not know this program.", next: update },
  tls_required: { exit: "refused", says: "The server answers over TLS only.", next: "Give an https address: --url" },

  wrong_credentials: {
    exit: "wrongCredentials",
    says: "E-mail address or password is wrong.",
    next: "Mind capitals and spaces: passwords are compared exactly.",
  },
  invalid_code: { exit: "wrongCredentials", says: "The link is wrong, used or expired.", next: newLink },

  sign_up_closed: {
    exit: "refused",
    says: "This server takes no sign-ups without an invitation.",
    next: "Ask an administrator for an invitation link, and give it as the argument: countersign sign-up 'LINK'",
  },
  password_unsuitable: {
    exit: "refused",
    says: "The password is too short, too common or too close to your name.",
    next: "Take at least 8 characters that nobody would guess; 15 or more are better.",
  },
  conflict: { exit: "refused", says: "It exists already, or has changed in the meantime." },
  last_administrator: { exit: "refused", says: "This would leave the server without an administrator." },
  not_found: { exit: "refused", says: "There is no such thing here." },
  bad_request: {
    exit: "refused",
    says: "The server cannot take one of the values.",
    next: "The command's --help says what they look like.",
  },
  invalid_target: { exit: "refused", says: "The server knows no such audience." },
  too_large: { exit: "refused", says: "That is more than the server takes." },

  network: { exit: "unreachable", says: "The server cannot be reached." },

  busy: { exit: "tryLater", says: "The server is busy.", next: again },
  rate_limited: { exit: "tryLater", says: "Too many attempts.", next: again },
  unavailable: { exit: "tryLater", says: "The server cannot answer for the moment.", next: again },
  revocation_unknown: { exit: "tryLater", says: "The server cannot tell yet what was revoked.", next: again },
  clock_skew: { exit: "tryLater", says: "The server's clock is off.", next: again },

  malformed_credentials: { exit: "unexpected", says: "The server did not understand the token.", next: report },
  token_invalid: { exit: "unexpected", says: "The server did not accept the token.", next: signIn },
  unknown_key: { exit: "unexpected", says: "The server does not know the key of the token.", next: signIn },
  proof_invalid: { exit: "unexpected", says: "The server did not accept the proof of the key.", next: report },
  use_dpop_nonce: { exit: "unexpected", says: "The server asked for a proof twice.", next: report },
  batch_refused: { exit: "unexpected", says: "The server refused to take the calls together.", next: update },
  method_not_allowed: { exit: "unexpected", says: "The server knows no such call.", next: update },
  unsupported_media_type: { exit: "unexpected", says: "The server refused the form of the call.", next: update },
  internal: { exit: "unexpected", says: "The server failed.", next: report },
  unknown: { exit: "unexpected", says: "The server gave an answer that this program does not know.", next: update },
};

/** What `error` of --json is where this program itself refuses and no server gave a reason. */
export const ownReasons: Readonly<Record<Exit, string>> = {
  ok: "ok",
  unexpected: "unexpected",
  usage: "usage",
  signedOut: "signed_out",
  notPermitted: "not_permitted",
  wrongCredentials: "wrong_credentials",
  refused: "refused",
  unreachable: "network",
  tryLater: "try_later",
  localFile: "local_file",
  notWhole: "not_whole",
  cancelled: "cancelled",
};

/** The exit codes as the help shows them. */
export const exitHelp = [
  "Exit codes:",
  ...Object.values(exits).map(({ code, says }) => `  ${String(code).padEnd(4)}${says}`),
].join("\n");
