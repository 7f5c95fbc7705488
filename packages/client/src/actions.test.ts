import { reasons } from "@countersign/tokens";
import { expect, test } from "vitest";
import { type Action, actions, isKnownReason } from "./actions.ts";

const having = (action: Action) => reasons.filter((reason) => actions[reason] === action);

test("every reason has its action, and no other word has one", () => {
  expect(Object.keys(actions).toSorted()).toEqual([...reasons].toSorted());
  expect(["", "toString", "__proto__", "a_newer_reason", undefined, 401].filter(isKnownReason)).toEqual([]);
});

test("the actions are those of the protocol", () => {
  expect(having("refresh")).toEqual(["token_expired", "token_stale", "unknown_key"]);
  expect(having("sign-out")).toEqual(["session_ended", "invalid_grant"]);
  expect(having("step-up")).toEqual(["step_up_required"]);
  expect(having("wait")).toEqual(["busy", "rate_limited", "unavailable", "revocation_unknown", "clock_skew"]);
  expect(having("prove-again")).toEqual(["use_dpop_nonce"]);
  expect(having("sign-in")).toEqual(["key_mismatch"]);
});
