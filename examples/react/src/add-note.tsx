import { useMutation } from "@tanstack/react-query";
import { queryClient, trpc } from "./countersign.ts";
import { Problem } from "./problem.tsx";

/** For whoever may add one; the API decides. */
export function AddNote() {
  const onSuccess = () => queryClient.invalidateQueries(trpc.list.queryFilter());
  const add = useMutation(trpc.add.mutationOptions({ onSuccess }));
  return (
    <form
      onSubmit={(event) => {
        // Not by an action: it would empty the field also where adding failed.
        event.preventDefault();
        const form = event.currentTarget;
        add.mutate({ text: String(new FormData(form).get("text")) }, { onSuccess: () => form.reset() });
      }}
    >
      <label>
        Note <textarea name="text" rows={3} required maxLength={1000} />
      </label>
      <button type="submit" disabled={add.isPending}>
        Add
      </button>
      <Problem error={add.error} />
    </form>
  );
}
