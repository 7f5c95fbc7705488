import { permission } from "./forms.ts";

interface Grantable {
  readonly audience: string;
  readonly permission: string;
}

/** `noun:verb` of the issuer itself, `noun:verb@https://api.example.com` of another API. */
export function readPermission(text: string): string | Grantable {
  const [own = "", audience] = text.split(/@(.*)/s, 2);
  return audience === undefined ? own : { audience, permission: own };
}

export function showPermission({ audience, permission }: Grantable, own: string): string {
  return audience === own ? permission : `${permission}@${audience}`;
}

/** The option that names permissions, once for each. */
export const permissionOption = {
  kind: "list",
  says: "a permission it holds; give it once for each",
  value: "noun:verb[@https://api]",
  form: permission,
} as const;

/** Refusals of permissions in words. What they look like was seen to before: what is left is what the server knows. */
export const unknownPermissions = {
  bad_request: {
    says: "The server knows no such permission.",
    next: "What it asks for itself: countersign access table. Another API's go with its address: noun:verb@https://api",
  },
  invalid_target: {
    says: "The server knows no such API.",
    next: "Behind the @ of a permission goes the API's audience, as the server has it.",
  },
};
