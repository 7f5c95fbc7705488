/** @throws {TypeError} with a sentence that names the setting. */
export function positive(name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1) throw new TypeError(`${name}: must be a whole number of at least 1`);
  return value;
}
