import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { assertSuitable, type PasswordContext, productWords } from "./password-rules.ts";

const ann: PasswordContext = { email: "ann.meadows+test@acme.example", name: "Ann-Marie Meadows" };
const suitable = (password: string, context: PasswordContext = ann) =>
  expect(() => assertSuitable(password, context)).not.toThrow();
const refused = (password: string, detail: string, context: PasswordContext = ann) =>
  expect(() => assertSuitable(password, context)).toThrow(
    expect.objectContaining({ name: "Refusal", reason: "password_unsuitable", message: "password_unsuitable", detail }),
  );

describe("the length of a password", () => {
  test("ASVS 6.2.1: is 8 characters at least", () => {
    refused("", "too short");
    refused("qhx7rwz", "too short");
    suitable("qhx7rwzk");
  });

  test("ASVS 6.2.1: is counted in characters, not in units or bytes", () => {
    refused("🐴🐴🐴🐴", "too short");
    suitable("🐴🦄🐝🐢🐙🦊🐼🐧");
  });

  test.each([15, 64, 65, 128, 1024])("ASVS 6.2.9: may be %i characters", (length) => {
    suitable("qhx7rwzk".repeat(128).slice(0, length));
  });

  test("corpus 69: ends at 1024 bytes", () => {
    refused("qhx7rwzk".repeat(129), "too long");
    refused("🐴🦄🐝🐢".repeat(65), "too long");
    refused("x".repeat(1_000_000), "too long");
  });

  test("corpus 69: is not asked of half a character", () => {
    refused("qhx7rwzk\ud83d", "not well-formed text");
  });
});

describe("ASVS 6.2.5: no kind of character is asked for or refused", () => {
  test.each([
    ["small letters alone", "qhxrwzkvbn"],
    ["digits alone", "7402918365102"],
    ["blanks", "a b c d e f g"],
    ["blanks at both ends", "  qhxrwzkv  "],
    ["a NUL", "qhxrwz\0kvbn"],
    ["emoji", "🐴 🦄 🐝 🐢 🐙"],
    ["another script", "лошадь батарея"],
    ["one letter often", "zzzzzzzzzzzzzzzzzzzzzzz"],
    ["a sentence", "it is raining again, isn't it?"],
  ])("%s will do", (_what, password) => {
    suitable(password);
  });
});

describe("ASVS 6.2.4, 6.2.12: common and breached passwords", () => {
  const language = createRequire(import.meta.url)("@zxcvbn-ts/language-common");
  const list: string[] = language.dictionary["passwords-common"];
  const fitting = list.filter((password) => [...password].length >= 8);

  test("are refused, all of those that would otherwise fit, and they are more than 3000", () => {
    expect(fitting.length).toBeGreaterThanOrEqual(3000);
    const accepted = fitting.filter((password) => {
      try {
        assertSuitable(password);
        return true;
      } catch {
        return false;
      }
    });
    expect(accepted).toEqual([]);
  });

  test.each([
    "password123",
    "PASSWORD123",
    "Password1",
    "P@ssw0rd1",
    "p-a-s-s-w-o-r-d",
    "!!!password!!!",
    "qwertyuiop",
    "iloveyou1",
    "trustno1",
    "12345678",
  ])("are refused in any case and disguise: %s", (password) => {
    refused(password, "a common one");
  });

  test("do not taint what only contains one", () => {
    suitable("trustno1 wears a green hat");
  });
});

describe("ASVS 6.1.2, 6.2.11: the product's and the account's names", () => {
  const leaning = "little but the product's or the account's name";

  test.each([
    "countersign",
    "Countersign",
    "COUNTERSIGN1",
    "countersign2026",
    "C0unt3rs1gn!",
    "c0unter5ign",
    "counter-sign",
    "c.o.u.n.t.e.r.s.i.g.n",
    "!!!!countersign!!!!",
    "countersigncountersign",
    "my countersign",
  ])("the product's is no password: %s", (password) => {
    refused(password, leaning);
  });

  test("the product is on the documented list", () => {
    expect(productWords).toContain("countersign");
  });

  test.each([
    "ann.meadows+test@acme.example",
    "ann.meadows+test",
    "annmeadows",
    "AnnMeadows1",
    "Ann-Marie Meadows",
    "annmarie1",
    "meadows2026",
    "Mead0ws!!!!!",
    "meadowsmarie",
    "m34d0w5-m4r13",
  ])("the account's is no password: %s", (password) => {
    refused(password, leaning);
  });

  test("an installation adds words of its own", () => {
    const context = { ...ann, words: ["Umbrella Corp", ""] };
    refused("umbrella-corp-1", leaning, context);
    suitable("umbrella-corp-1");
  });

  test("whole names count from three characters on, parts of them from four", () => {
    refused("eva2026!", leaning, { name: "Eva" });
    suitable("evqx2026", { name: "Ev" });
    refused("lina2026!", leaning, { name: "Lina Wu" });
    suitable("eva2026x", { name: "Eva Wu" });
  });

  test("someone else's name is no reason", () => {
    suitable("meadows2026", { email: "bob@acme.example", name: "Bob" });
  });

  test.each(["countersign wears a green hat", "meadows full of clover", "annotated sleepwalkers"])(
    "enough besides them makes a password: %s",
    (password) => {
      suitable(password);
    },
  );

  test.each<PasswordContext>([{}, { email: "", name: "" }, { email: "@", name: "-" }, { email: "a@b", name: "Al" }])(
    "hardly any name leaves the rules as they are: %j",
    (context) => {
      suitable("qhx7rwzk", context);
      refused("countersign1", leaning, context);
    },
  );
});

test("no refusal holds the password", () => {
  for (const password of ["hunter", "countersign1", "password123", "y".repeat(2000)]) {
    try {
      assertSuitable(password);
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify(error)).not.toContain(password);
    }
  }
});
