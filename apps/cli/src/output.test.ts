import { describe, expect, test } from "vitest";
import { done, record, render, table, time } from "./output.ts";

const plain = { head: (text: string) => text, faint: (text: string) => text };
const rows = [
  { id: "a", roles: ["administrator", "member"], off: true },
  { id: "long-one", roles: [], off: false },
];
const users = table(rows, { ID: (u) => u.id, ROLES: (u) => u.roles, DISABLED: (u) => u.off });

describe("an answer", () => {
  test("is a table for people, its columns aligned and nothing trailing", () => {
    expect(render(users, false, plain)).toBe(
      [
        "ID        ROLES                 DISABLED",
        "a         administrator member  yes",
        "long-one                        no",
        "",
      ].join("\n"),
    );
  });

  test("is what the server sent for programs", () => {
    expect(JSON.parse(render(users, true, plain))).toEqual(rows);
  });

  test("is a list of named values for one thing", () => {
    const answer = record({ id: "a", name: "Ann\nBob", none: null }, {});
    expect(render(answer, false, plain)).toBe("id    a\nname  Ann\ufffdBob\nnone\n");
  });

  test("is empty for people where something was only done, and says what it was done to for programs", () => {
    const answer = done("Removed.", { id: "a" });
    expect(render(answer, false, plain)).toBe("");
    expect(JSON.parse(render(answer, true, plain))).toEqual({ id: "a" });
  });

  test("shows times in UTC to the second", () => {
    expect([time(1_700_000_000), time(0.9), time(null)]).toEqual(["2023-11-14 22:13:20Z", "1970-01-01 00:00:00Z", ""]);
  });
});
