import type { Operation } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable, type Unsubscribable } from "@trpc/server/observable";
import { untilAborted } from "../until-aborted.ts";
import { failedCall } from "./failed-call.ts";
import type { Answers } from "./link-types.ts";

/** A call that goes out once what it needs is loaded, and fails where that cannot be, or is not waited for. */
export function laterCall<Router extends AnyTRPCRouter, Part>(
  op: Operation,
  load: () => Promise<Part>,
  make: (part: Part) => Answers<Router>,
): Answers<Router> {
  return observable((observer) => {
    let subscription: Unsubscribable | undefined;
    let isOver = false;
    const begin = (call: Answers<Router>) => {
      if (!isOver) subscription = call.subscribe(observer);
    };
    untilAborted(load(), op.signal)
      .then((part) => begin(make(part)))
      .catch((cause: unknown) => begin(failedCall(cause, op)));
    return () => {
      isOver = true;
      subscription?.unsubscribe();
    };
  });
}
