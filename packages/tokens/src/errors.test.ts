import { describe, expect, test } from "vitest";
import { isReason, Refusal, reasons } from "./errors.ts";

describe("a refusal", () => {
  test("says its reason and nothing private when it is printed as text", () => {
    const refusal = new Refusal("unavailable", { detail: "the disk is full", cause: new Error("ENOSPC /var/lib") });
    expect(String(refusal)).toBe("Refusal: unavailable");
    expect(refusal.message).toBe("unavailable");
  });

  test("keeps detail and cause for the log", () => {
    const cause = new Error("ENOSPC");
    const refusal = new Refusal("busy", { detail: "queue full", cause, retryAfter: 2, maxAge: 60, nonce: "n" });
    expect(refusal).toBeInstanceOf(Error);
    expect(refusal).toMatchObject({
      reason: "busy",
      detail: "queue full",
      cause,
      retryAfter: 2,
      maxAge: 60,
      nonce: "n",
    });
  });

  test("has no cause where none was given", () => {
    expect("cause" in new Refusal("busy")).toBe(false);
  });
});

describe("a reason", () => {
  test("is one of a closed list without repetition", () => {
    expect(new Set(reasons).size).toBe(reasons.length);
    expect(reasons.every(isReason)).toBe(true);
  });

  test.each(["", "BUSY", "busy ", "constructor", "length", 0, null, undefined, ["busy"], {}])("is not %j", (value) => {
    expect(isReason(value)).toBe(false);
  });
});
