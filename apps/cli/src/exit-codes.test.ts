import { readFileSync } from "node:fs";
import { reasonOf } from "@countersign/client";
import { expect, test } from "vitest";
import { exitHelp, exits, meanings } from "./exit-codes.ts";

test("the help and the page list the same exit codes in the same words", () => {
  const page = readFileSync(new URL("../README.md", import.meta.url), "utf8").replaceAll(/ +/g, " ");
  for (const { code, says } of Object.values(exits)) {
    expect(page).toContain(`| ${code} | ${says} |`);
    expect(exitHelp).toMatch(new RegExp(`^ +${code} +${says.replaceAll(/[()]/g, "\\$&")}$`, "m"));
  }
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
