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

  test("is one for every copy of the class that a bundler has made", async () => {
    const file = "./errors.ts?another-copy";
    const copy: typeof import("./errors.ts") = await import(file);
    expect(copy.Refusal).not.toBe(Refusal);
    const [own, theirs] = [new Refusal("busy"), new copy.Refusal("busy")];
    expect([own instanceof copy.Refusal, theirs instanceof Refusal, own instanceof Refusal]).toEqual([
      true,
      true,
      true,
    ]);
  });

  test.each([new Error("busy"), { reason: "busy" }, Refusal, "busy", null, undefined])("is not %s", (value) => {
    expect(value instanceof Refusal).toBe(false);
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
