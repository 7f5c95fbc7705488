import { reasonOf } from "@countersign/client";
import { useMutation } from "@tanstack/react-query";
import { signIn, signUp } from "./countersign.ts";

/** Signs in, or makes an account where the issuer lets people in. */
export function SignIn() {
  const enter = useMutation({
    mutationFn: ({ mode, name, email, password }: Record<"mode" | "name" | "email" | "password", string>) =>
      mode === "new" ? signUp({ name, email, password }) : signIn({ email, password }),
  });
  const submit = (form: FormData) => {
    const field = (name: string) => String(form.get(name) ?? "");
    enter.mutate({ mode: field("mode"), name: field("name"), email: field("email"), password: field("password") });
  };
  return (
    <form action={submit}>
      <h1>Notes</h1>
      <label>
        E-mail <input name="email" type="email" autoComplete="username" required />
      </label>
      <label>
        Password <input name="password" type="password" autoComplete="current-password" required />
      </label>
      <details>
        <summary>New here?</summary>
        <label>
          Name <input name="name" autoComplete="name" />
        </label>
        <button type="submit" name="mode" value="new" disabled={enter.isPending}>
          Make an account
        </button>
      </details>
      <button type="submit" name="mode" value="known" disabled={enter.isPending}>
        Sign in
      </button>
      {enter.error && <p role="alert">{sentences[reasonOf(enter.error)] ?? "That did not work."}</p>}
    </form>
  );
}

const sentences: Readonly<Record<string, string>> = {
  wrong_credentials: "No account has this e-mail address and password.",
  conflict: "There is an account with this e-mail address: sign in.",
  password_unsuitable: "Choose a longer or less common password.",
  rate_limited: "Too many attempts: wait a while.",
  sign_up_closed: "New accounts need an invitation.",
  network: "The server cannot be reached.",
};
