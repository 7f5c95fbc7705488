import { readFileSync } from "node:fs";
import { reasonOf } from "@countersign/client";
import { expect, test } from "vitest";
import { exitHelp, exits, meanings, ownReasons } from "./exit-codes.ts";

test("the help and the page list the same exit codes in the same words", () => {
  const page = readFileSync(new URL("../README.md", import.meta.url), "utf8").replaceAll(/ +/g, " ");
  for (const { code, says } of Object.values(exits)) {
    expect(page).toContain(`| ${code} | ${says} |`);
    expect(exitHelp).toMatch(new RegExp(`^ +${code} +${says.replaceAll(/[()]/g, "\\$&")}$`, "m"));
  }
});

test("the page lists every value that `error` can have with --json, beside its exit code", () => {
  const page = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  for (const [reason, { exit }] of Object.entries(meanings)) {
    expect(page).toMatch(new RegExp(`^\\| ${exits[exit].code} .*\`${reason}\``, "m"));
  }
  for (const exit of [
    "unexpected",
    "usage",
    "signedOut",
    "unreachable",
    "localFile",
    "notWhole",
    "cancelled",
  ] as const) {
    expect(page).toMatch(new RegExp(`^\\| ${exits[exit].code} .*\`${ownReasons[exit]}\``, "m"));
  }
  for (const reason of Object.values(ownReasons)) expect(reason).toMatch(/^[a-z_]+$/);
});

test("no two ways to end share a number", () => {
  const codes = Object.values(exits).map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
});

test("every reason has a sentence, and whatever ends a session says how to sign in", () => {
  for (const [reason, { says }] of Object.entries(meanings)) expect(says, reason).toMatch(/^[A-Z].+\.$/);
  const ends = Object.values(meanings).filter(({ exit }) => exit === "signedOut");
  expect(ends.every(({ next }) => next?.includes("countersign login"))).toBe(true);
  expect(meanings[reasonOf(new Error("x"))].exit).toBe("unexpected");
});
