import type { Tab } from "./tab.ts";

/** Takes the keys of an origin away, as a browser does that needs room. What pages have in memory stays. */
export async function loseKeys({ page }: Tab): Promise<void> {
  await page.evaluate(`new Promise((resolve, reject) => {
    const opening = indexedDB.open("countersign");
    opening.onerror = reject;
    opening.onsuccess = () => {
      const transaction = opening.result.transaction("keys", "readwrite");
      transaction.objectStore("keys").clear();
      transaction.oncomplete = () => { opening.result.close(); resolve(); };
    };
  })`);
}
