/** Loaded before the product that is looked at for growth (with --expose-gc): upon a signal all garbage is collected, so that what is left is in use. */
process.on("SIGUSR2", () => {
  // What the first collection ends may hold what the second one frees.
  for (let times = 0; times < 2; times += 1) globalThis.gc?.();
});
