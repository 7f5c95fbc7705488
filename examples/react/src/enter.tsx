import { useCountersign } from "@countersign/client/react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Problem } from "./problem.tsx";

/** Signs in, or makes an account. */
export function Enter() {
  const { signIn, signUp } = useCountersign();
  const [isNew, setNew] = useState(false);
  const enter = useMutation({
    mutationFn: ({ name, ...credentials }: Record<"name" | "email" | "password", string>) =>
      isNew ? signUp({ name, ...credentials }) : signIn(credentials),
  });
  const submit = (form: FormData) => {
    const field = (name: string) => String(form.get(name) ?? "");
    enter.mutate({ name: field("name"), email: field("email"), password: field("password") });
  };
  const other = () => {
    enter.reset();
    setNew(!isNew);
  };
  return (
    <form
      onSubmit={(event) => {
        // Not by an action: it would empty the fields also of who mistyped one.
        event.preventDefault();
        submit(new FormData(event.currentTarget));
      }}
    >
      <h1>Notes</h1>
      {isNew && (
        <label>
          Name <input name="name" autoComplete="name" required />
        </label>
      )}
      <label>
        E-mail <input name="email" type="email" autoComplete="username" required />
      </label>
      <label>
        Password
        <input name="password" type="password" autoComplete={isNew ? "new-password" : "current-password"} required />
      </label>
      <Problem error={enter.error} />
      <footer>
        <button type="submit" disabled={enter.isPending}>
          {isNew ? "Make an account" : "Sign in"}
        </button>
        <button type="button" className="link" onClick={other}>
          {isNew ? "I have an account" : "New here?"}
        </button>
      </footer>
    </form>
  );
}
