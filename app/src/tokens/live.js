
// Follows the changes in an account by one stream for all tabs of the browser, which has few connections: the tab that
// holds the lock `name` has the stream and passes on what it hears, and when it goes, the next tab takes over. A browser
// without locks or channels has a stream for each tab.
//
// Calls `report` with the JSON of each change after the entry number `after`, once and in order, and with `undefined` when
// the session has ended. A stream that is lost is opened again and continues where it was. Returns a function that ends
// it all.
globalThis.kagitabaFollow = (name, address, after, report) => {
  const [firstWait, longestWait] = [1_000, 30_000];
  const ending = new AbortController();
  const { signal } = ending;
  const channel = navigator.locks && globalThis.BroadcastChannel ? new BroadcastChannel(name) : null;
  const say = (message) => channel?.postMessage(message);
  let seen = after;
  let [leads, failures] = [false, 0];
  let source, timer, from;

  const hear = (number, change) => {
    if (signal.aborted || number <= seen) return;
    seen = number;
    report(change);
  };
  const hearEnd = () => {
    if (!signal.aborted) report(undefined);
  };

  const connect = () => {
    clearTimeout(timer);
    source?.close();
    source = new EventSource(`${address}?after=${from}`);
    source.addEventListener('change', ({ lastEventId, data }) => {
      failures = 0;
      from = Number(lastEventId);
      say({ number: from, change: data });
      hear(from, data);
    });
    source.addEventListener('end', () => {
      again();
      say({ ended: true });
      hearEnd();
    });
    source.addEventListener('error', again);
  };
  const again = () => {
    source.close();
    clearTimeout(timer);
    timer = setTimeout(connect, Math.min(firstWait * 2 ** failures, longestWait));
    failures += 1;
  };
  const lead = () =>
    new Promise((letGo) => {
      if (signal.aborted) return letGo();
      leads = true;
      from = seen;
      signal.addEventListener('abort', () => {
        source.close();
        clearTimeout(timer);
        letGo();
      });
      connect();
      say({ howFar: true });
    });

  if (channel) {
    channel.addEventListener('message', ({ data: { number, change, ended, howFar, after } }) => {
      if (number) hear(number, change);
      if (ended) hearEnd();
      if (howFar) say({ after: seen });
      // Another tab has seen less than the stream has said: it says the rest again.
      if (leads && after < from) {
        source.close();
        clearTimeout(timer);
        from = after;
        timer = setTimeout(connect);
      }
    });
    // `addEventListener` alone starts the channel. The only refusal is that of a lock no longer wanted.
    navigator.locks.request(name, { signal }, lead).catch(() => {});
    say({ after: seen });
  } else {
    lead();
  }
  return () => {
    ending.abort();
    channel?.close();
  };
};
