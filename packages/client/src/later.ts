import { loading } from "./loading.ts";

/** Methods that anyhow answer later. */
type Asynchronous<Made> = { readonly [Name in keyof Made]: (...args: never[]) => Promise<unknown> };

/** What is made once of a part that is loaded when it is first needed. @throws {ClientError} `network`, see `loading` */
export function making<Part, Made>(load: () => Promise<Part>, make: (part: Part) => Made): () => Promise<Made> {
  let made: Made | undefined;
  return async () => {
    const part = await loading(load);
    made ??= make(part);
    return made;
  };
}

/** An object that is made when one of its methods is first called. Each of them throws what `get` throws. */
export function later<Made extends Asynchronous<Made>>(get: () => Promise<Made>): Made {
  return new Proxy({} as Made, {
    get:
      (_, name) =>
      async (...args: never[]) => {
        const made = await get();
        return await made[name as keyof Made](...args);
      },
  });
}
