// Fetches a piece of wasm, and once more if that fails: Firefox gives up what is under way as soon as a link is followed, even
// one to a file, and a line may be lost for a moment. A piece that cannot be loaded stops the page once it is needed.
globalThis.kagitabaFetch = (address) =>
  fetch(address).catch(async () => {
    await new Promise((go) => setTimeout(go, 1_000));
    return fetch(address);
  });
