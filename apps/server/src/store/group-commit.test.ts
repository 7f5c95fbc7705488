import { describe, expect, test } from "vitest";
import { GroupCommit } from "./group-commit.ts";

/** A disk whose syncs end when the test says so, and that notes what was written when each began. */
function slowDisk() {
  const syncs: { readonly held: string; readonly done: PromiseWithResolvers<void> }[] = [];
  const disk = {
    written: "",
    closed: false,
    sync: () => {
      const done = Promise.withResolvers<void>();
      syncs.push({ held: disk.written, done });
      return done.promise;
    },
    close: async () => {
      disk.closed = true;
    },
  };
  return { disk, syncs };
}

/** Lets everything run that waits for no sync. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("group commit", () => {
  test("a commit waits for a sync that began after it, and shares it with those that were there", async () => {
    const { disk, syncs } = slowDisk();
    const commits = new GroupCommit(disk);
    const durable: string[] = [];
    const commit = (name: string) => {
      disk.written += name;
      void commits.durable().then(() => durable.push(name));
    };
    commit("a");
    commit("b");
    await settle();
    commit("c");
    commit("d");
    await settle();
    expect(syncs.map(({ held }) => held)).toEqual(["ab"]);
    expect(durable).toEqual([]);
    syncs[0]?.done.resolve();
    await settle();
    expect(durable).toEqual(["a", "b"]);
    expect(syncs.map(({ held }) => held)).toEqual(["ab", "abcd"]);
    syncs[1]?.done.resolve();
    await settle();
    expect(durable).toEqual(["a", "b", "c", "d"]);
    commit("e");
    await settle();
    expect(syncs.map(({ held }) => held)).toEqual(["ab", "abcd", "abcde"]);
  });

  test("after a failed sync nothing is durable any more, and none is tried: it would succeed over the gap", async () => {
    const { disk, syncs } = slowDisk();
    const commits = new GroupCommit(disk);
    commits.assertSound();
    const first = commits.durable();
    await settle();
    const second = commits.durable();
    const cause = new Error("EIO");
    syncs[0]?.done.reject(cause);
    await expect(first).rejects.toMatchObject({ cause });
    await expect(second).rejects.toMatchObject({ cause });
    await expect(commits.durable()).rejects.toMatchObject({ cause });
    expect(() => commits.assertSound()).toThrow(expect.objectContaining({ cause }));
    expect(syncs).toHaveLength(1);
  });

  test("closing waits for what was asked for", async () => {
    const { disk, syncs } = slowDisk();
    const commits = new GroupCommit(disk);
    const first = commits.durable();
    await settle();
    const second = commits.durable();
    const closing = commits.close();
    syncs[0]?.done.resolve();
    await first;
    await settle();
    expect(disk.closed).toBe(false);
    syncs[1]?.done.resolve();
    await second;
    await closing;
    expect(disk.closed).toBe(true);
  });
});
