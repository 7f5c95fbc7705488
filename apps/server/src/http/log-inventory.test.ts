import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auditEvents } from "../services/audit/audit-events.ts";
import { administrator, type RunningApp, startApp } from "./testing/running-app.ts";

const root = new URL("../../../../", import.meta.url);
const page = readFileSync(new URL("docs/logging.md", root), "utf8");

/** The cells of the table under a heading, without their code marks. */
function rows(heading: string): string[][] {
  const section = page.split(/^## /m).find((part) => part.startsWith(heading)) ?? "";
  const lines = section.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .replaceAll("`", "")
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

let server: RunningApp;
beforeAll(async () => {
  server = await startApp();
});
afterAll(() => server.stop());

describe("ASVS 16.1.1: what is written down, as it is documented", () => {
  test("the line of a request has these members and no others", async () => {
    const handoff = await server.handoff("cli");
    const started = await server.post("/session/start", { client: "cli", handoff });
    const authorization = `Bearer ${JSON.parse(started.body).tokens[0].access_token}`;
    await server.call("/trpc/account.me", { headers: { authorization } });
    await server.call("/trpc/account.me", { headers: { authorization: "Bearer nonsense" } });
    await server.post("/trpc/signIn.password", { client: "cli", email: administrator.email, password: "not it" });
    await server.call("/nowhere");
    const requests = () => server.lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "request");
    await expect.poll(() => requests().map(({ status }) => status)).toEqual([200, 200, 200, 401, 400, 404]);
    const members = new Set(requests().flatMap((line) => Object.keys(line)));
    expect([...members].sort()).toEqual(
      rows("The line of a request")
        .flat()
        .filter((_, cell) => cell % 2 === 0)
        .sort(),
    );
  });

  test("every other line that the code can write is listed", () => {
    const sources = execFileSync("git", ["ls-files", "apps/server/src"], { cwd: root, encoding: "utf8" })
      .split("\n")
      .filter((file) => file.endsWith(".ts") && !/test/.test(file));
    const written = sources.flatMap((file) => {
      const calls = readFileSync(new URL(file, root), "utf8").matchAll(
        /\b(?:log|logger\??)\.(fatal|error|warn|info|debug)\((?:\{[^}]*\}, )?["`]([^"`]+)["`]/g,
      );
      return [...calls].map(([, level, text = ""]) => `${level} ${text.replace(/\$\{[^}]*\}/, "…")}`);
    });
    expect(written.sort()).toEqual(
      rows("Other lines of the log")
        .map(([level, text]) => `${level} ${text}`)
        .sort(),
    );
  });

  test("the audit knows these events and no others", () => {
    const documented = rows("Events of the audit").map(([event, outcome]) => [event, outcome]);
    expect(documented).toEqual(Object.entries(auditEvents));
  });
});
