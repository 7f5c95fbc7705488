import { expect, test } from "vitest";
import { account, description, email, type Form, pageSize, permission, personName, roleName } from "./forms.ts";

const cases: readonly (readonly [string, Form, readonly string[], readonly string[]])[] = [
  [
    "an e-mail address",
    email,
    ["ann@example.com", " Ann.B+x@sub.example.co ", "ａnn@example.com"],
    [
      "",
      "@",
      "ann",
      "ann@",
      "@example.com",
      "ann@localhost",
      "a..b@example.com",
      "ann@-x.com",
      `a@${"b.".repeat(127)}com`,
    ],
  ],
  ["an account", account, ["AAAAAAAAAAAAAAAAAAAAA-", "ann@example.com"], ["nobody", "ann@", "A".repeat(23)]],
  [
    "a permission",
    permission,
    ["users:read", "orders:read@https://api.example.com", "orders:read@http://localhost:3000"],
    ["users", "users:", "Users:read", "users:read@api", "users:read@", "users:read write"],
  ],
  ["a role's name", roleName, ["reader", "a-1"], ["Reader", "1a", "a b", ""]],
  ["a name", personName, ["Ann"], [" ", "a\nb", "a".repeat(101)]],
  ["a description", description, ["", "x".repeat(300)], ["x".repeat(301)]],
  ["a page's size", pageSize, ["1", "100"], ["0", "101", "x", "-1"]],
];

test.each(cases)("%s is told from what is none", (_name, form, good, bad) => {
  for (const text of good) expect(form.fits(text), text).toBe(true);
  for (const text of bad) expect(form.fits(text), text).toBe(false);
});
