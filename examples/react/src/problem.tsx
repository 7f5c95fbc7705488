import { reasonOf } from "@countersign/client";

const sentences: Readonly<Record<string, string>> = {
  wrong_credentials: "No account has this e-mail address and password.",
  conflict: "There is an account with this e-mail address: sign in.",
  password_unsuitable: "Choose a longer or less common password.",
  rate_limited: "Too many attempts: wait a while.",
  not_permitted: "You may not do this.",
  network: "The server cannot be reached.",
};

/** What went wrong, by its reason; nothing without an error. */
export function Problem({ error }: { readonly error: unknown }) {
  if (!error) return null;
  return <p role="alert">{sentences[reasonOf(error)] ?? "That did not work."}</p>;
}
