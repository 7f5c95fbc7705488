import { describe, expect, test } from "vitest";
import { addressGroup } from "./address-group.ts";

describe("corpus 50: addresses that one subscriber can choose among count as one", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::1", "2001:db8:1:2::/64"],
    ["2001:0db8:0001:0002:ffff::", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    [null, "unknown"],
    ["", "unknown"],
    ["evil", "unknown"],
    ["1.2.3.4, 5.6.7.8", "unknown"],
  ])("%j is of %s", (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });
});
