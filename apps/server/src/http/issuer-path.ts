/** The path of an issuer's URL, under which its routes stand; empty for an origin. */
export function pathOf(issuer: string): string {
  const { pathname } = new URL(issuer);
  return pathname === "/" ? "" : pathname;
}
