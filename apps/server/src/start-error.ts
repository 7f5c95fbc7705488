/**
 * Why a program does not start, in sentences for the person who started it: what is wrong and what to do. Printed
 * without a stack. Holds no value of a setting, because a setting may be a secret.
 */
export class StartError extends Error {
  override readonly name = "StartError";
}
