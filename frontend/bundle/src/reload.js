
// Reloads the page once `make dev` serves another build, whose time it writes into this file.
{
  let shown;
  const look = async () => {
    if (document.hidden) return;
    const answer = await fetch('/build.txt', { cache: 'no-store' }).catch(() => null);
    if (!answer?.ok) return; // the server is being replaced
    const built = await answer.text();
    shown ??= built;
    if (built !== shown) location.reload();
  };
  look();
  setInterval(look, 1000);
}
