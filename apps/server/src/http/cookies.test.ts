import { describe, expect, test } from "vitest";
import { cookie, cookieName, noCookie, readCookie } from "./cookies.ts";

const name = cookieName("console");

describe("the refresh cookie", () => {
  test("ASVS 3.3.1, 3.3.2, 3.3.3, 3.3.4: belongs to one host, over TLS, out of reach of scripts and of other sites", () => {
    expect(cookie(name, "csr_x", 60.9)).toBe(
      "__Host-cs-console=csr_x; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=60",
    );
  });

  test("is forgotten with the same attributes, or a browser would not forget it", () => {
    expect(noCookie(name)).toBe("__Host-cs-console=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
  });

  test("is found among others by its exact name", () => {
    expect(readCookie("a=1; __Host-cs-console=x=y; __Host-cs-console2=z", name)).toBe("x=y");
    expect(readCookie("__host-cs-console=x; cs-console=y; x__Host-cs-console=z", name)).toBeUndefined();
    expect(readCookie(undefined, name)).toBeUndefined();
  });

  test("corpus 64: is refused when it comes twice", () => {
    expect(() => readCookie("__Host-cs-console=a; __Host-cs-console=a", name)).toThrow("bad_request");
    expect(() => readCookie("__Host-cs-console=a;__Host-cs-console=b", name)).toThrow("bad_request");
  });

  test("has no name for a client whose id could break out of it", () => {
    for (const id of ["", "a b", "a;b", "a=b", "a\r\nb", "é"]) expect(() => cookieName(id)).toThrow(TypeError);
  });
});
