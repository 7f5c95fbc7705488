/** What a program takes from the environment of tests, whatever it is told: where programs are, and compiled code. */
export const leastEnvironment = {
  PATH: process.env["PATH"],
  NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
};
