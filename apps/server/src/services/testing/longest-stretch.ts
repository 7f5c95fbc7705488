/**
 * How long the event loop was kept from everything else at most, in milliseconds of this thread's own work: what other
 * processes take from it does not count.
 */
export async function longestStretch(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let before = spent();
  const sample = () => {
    const now = spent();
    longest = Math.max(longest, now - before);
    before = now;
  };
  const timer = setInterval(sample, 1);
  try {
    await work();
    sample();
  } finally {
    clearInterval(timer);
  }
  return longest;
}

function spent(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
