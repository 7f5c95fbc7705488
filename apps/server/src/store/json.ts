/** A list of texts out of a JSON column. Only we write those, so its shape is not checked. */
export function parseTexts(json: string): string[] {
  return JSON.parse(json) as string[];
}
