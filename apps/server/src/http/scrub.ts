/** What our secrets look like, wherever they turn up. The last net under the log, not the first. */
const secrets = new RegExp(
  [
    String.raw`\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*`, // an access token, or any other JWS
    String.raw`\bcsr_[\w-]{22}\.[\w.-]+`, // a refresh token
    String.raw`\$argon2[a-z]{1,2}\$[^\s"\\]+`, // a password's hash
    String.raw`\bs1\.[\w-]{16}\.[\w-]+\.[\w-]+`, // a sealed text
    String.raw`(?<=\b(?:Bearer|DPoP)\s)[^\s"\\,]+`, // credentials of any kind
    String.raw`(?<=:\/\/[^\s"\\/:@]*:)[^\s"\\/@]+(?=@)`, // a URL's password
    String.raw`(?<![\w-])[\w-]{43}(?![\w-])`, // 256 bits: a one-time secret, a key, or the hash of one
  ].join("|"),
  "gi",
);

/** What a terminal or a line-based reader could take for a command or a new line, where JSON leaves it as it is. */
const controls = /[\u007f-\u009f\u2028\u2029]/g;

/** Takes secrets out of a line of JSON, and escapes the controls that JSON permits (ASVS 16.2.5, 16.4.1). */
export function scrub(line: string): string {
  return line
    .replace(secrets, "[removed]")
    .replace(controls, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
