declare module "workerd" {
  /** The path of the runtime's binary. The package has no types. */
  const path: string;
  export = path;
}
