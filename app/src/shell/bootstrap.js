// Looks after the page while our wasm does not run it: until it does, and once it has failed. Our wasm reports how far it
// is by events (see bootstrap.rs). Lines that begin with two slashes are not sent.
(() => {
  const html = document.documentElement;
  const all = (selector) => [...document.querySelectorAll(selector)];
  // 'waiting' until our wasm 'runs', or has 'failed'.
  let state = 'waiting';
  let hydrating = false;
  let panicked = false;

  // The last click on a button that only our wasm can answer. A click elsewhere replaces it: the person has gone on.
  let clicked = null;
  const forget = () => {
    clicked?.removeAttribute('aria-busy');
    clicked = null;
  };
  const remember = (target) => {
    forget();
    clicked = target.closest?.('#app button[type=button]:not([popovertarget])') ?? null;
    clicked?.setAttribute('aria-busy', 'true');
  };
  const press = () => {
    const button = clicked;
    const focused = document.activeElement;
    forget();
    if (!button || (focused && focused !== button && focused !== document.body)) return;
    if (button.disabled) requestAnimationFrame(() => button.click());
    else button.click();
  };

  // Fields whose value is not the one that the server sent. Hydration may set them back.
  const isChanged = (field) => {
    if (field.options) {
      const chosen = [...field.options].findLastIndex((option) => option.defaultSelected);
      return field.selectedIndex !== Math.max(chosen, 0);
    }
    if (field.type === 'radio') return field.checked && !field.defaultChecked;
    if (field.type === 'checkbox') return field.checked !== field.defaultChecked;
    return field.value !== field.defaultValue;
  };
  let kept = [];
  // The fields that the person has changed since then, and whether an event is not theirs but ours.
  let touched = new WeakSet();
  let replays = false;
  const keep = () => {
    touched = new WeakSet();
    const fields = all('#app :is(input:not([type=hidden]), select, textarea)').filter(isChanged);
    kept = fields.map((field) => {
      const { value, checked, selectionStart, selectionEnd } = field;
      return { field, value, checked, selectionStart, selectionEnd };
    });
  };
  const restore = ({ field, value, checked, selectionStart, selectionEnd }) => {
    if (touched.has(field)) return;
    if (field.type === 'checkbox' || field.type === 'radio') {
      field.checked = checked;
    } else if (field.value !== value) {
      field.value = value;
      if (selectionStart != null) field.setSelectionRange(selectionStart, selectionEnd);
    }
  };
  const replay = async () => {
    kept.forEach(restore);
    for (const one of kept.filter(({ field }) => !touched.has(field))) {
      // The answer to the one before may have set it back.
      restore(one);
      replays = true;
      for (const type of ['input', 'change']) one.field.dispatchEvent(new Event(type, { bubbles: true }));
      replays = false;
      await new Promise((go) => setTimeout(go));
    }
  };

  // Changes by others (extensions, translators) before hydration, which takes the page as the server sent it: undone
  // for the time of hydration, and given back afterwards unless it replaced something.
  const records = [];
  const foreign = new MutationObserver((list) => records.push(...list));
  let foreigners = [];
  const put = (node, parent, next) => parent.insertBefore(node, next?.parentNode === parent ? next : null);
  const undo = () => {
    records.push(...foreign.takeRecords());
    foreign.disconnect();
    const removed = new Set(records.flatMap(({ removedNodes }) => [...removedNodes]));
    const isForeign = (node) => node.tagName && node.tagName !== 'FONT' && !removed.has(node);
    foreigners = records.flatMap(({ target, addedNodes, removedNodes, nextSibling }) =>
      removedNodes.length ? [] : [...addedNodes].filter(isForeign).map((node) => ({ node, target, nextSibling })),
    );
    for (const { target, addedNodes, removedNodes, nextSibling } of records.reverse()) {
      for (const node of addedNodes) if (node.parentNode === target) node.remove();
      for (const node of removedNodes) put(node, target, nextSibling);
    }
  };
  const giveBack = ({ node, target, nextSibling }) => target.isConnected && put(node, target, nextSibling);

  // Once our wasm has failed, links and forms are the browser's: no handler of ours hears of them.
  let address;
  // Firefox gives up what is under way as soon as a link is followed, and says so to the page that is still shown. It
  // stays if the link leads to a file.
  let leaves = false;
  const leave = () => {
    leaves = true;
    setTimeout(() => {
      leaves = false;
      show();
    }, 5_000);
  };
  addEventListener('beforeunload', leave);
  const show = () => {
    const notice = document.getElementById('stopped');
    // A browser that has no wasm at all (a locked down one) is used to it: there is nothing to say.
    if (!notice || leaves || state !== 'failed' || !globalThis.WebAssembly) return;
    notice.hidden = false;
    // Outside an open dialog nothing can be clicked, and in a closed one nothing be seen.
    const dialog = all('dialog:modal').at(-1);
    if (dialog || notice.closest('dialog')) (dialog ?? document.body).append(notice);
  };
  const fail = () => {
    if (state === 'failed') return;
    state = 'failed';
    address = location.pathname + location.search;
    forget();
    html.removeAttribute('data-hydrated');
    html.dataset.failed = '';
    for (const button of all('[data-waits]')) button.disabled = true;
    if (document.readyState === 'loading') addEventListener('DOMContentLoaded', show);
    else show();
  };
  const handled = 'click input change submit keydown focusout cancel close toggle popstate visibilitychange';
  for (const type of handled.split(' ')) {
    const handle = (event) => {
      if (state === 'waiting' && type === 'click') remember(event.target);
      if ((type === 'input' || type === 'change') && !replays) touched.add(event.target);
      if (state !== 'failed') {
        // The window's own listeners come in the order of their making, and the router's is not the last.
        const goes = type !== 'popstate' || dispatchEvent(new Event('kagitaba:goes-back', { cancelable: true }));
        if (!goes) event.stopImmediatePropagation();
        return;
      }
      event.stopImmediatePropagation();
      if (type === 'close') show();
      if (type === 'popstate' && address !== location.pathname + location.search) location.reload();
    };
    addEventListener(type, handle, true);
  }

  // The page has been parsed: from now on, all that changes in it is the work of others.
  const begin = () => {
    if (hydrating || state !== 'waiting') return;
    for (const button of all('[data-waits]')) button.disabled = false;
    foreign.observe(document.getElementById('app'), { childList: true, subtree: true });
  };
  document.addEventListener('readystatechange', begin, { once: true, capture: true });
  addEventListener('unhandledrejection', () => {
    // Our wasm could not be loaded. If something else was the reason, our wasm reports soon that it runs.
    if (state === 'waiting') fail();
  });
  addEventListener('kagitaba:hydrates', () => {
    hydrating = true;
    keep();
    undo();
    for (const button of all('[data-waits]')) button.disabled = true;
  });
  addEventListener('kagitaba:fails', () => {
    panicked = true;
    fail();
  });
  const run = async () => {
    if (panicked) return;
    state = 'runs';
    // It may keep a page from being shown again as it was left.
    removeEventListener('beforeunload', leave);
    document.getElementById('stopped').hidden = true;
    delete html.dataset.failed;
    foreigners.forEach(giveBack);
    if (kept.length) await replay();
    // For style sheets and tests.
    if (!panicked) html.dataset.hydrated = '';
    press();
  };
  // Handlers of ours are called then, when our wasm has nothing under way.
  addEventListener('kagitaba:runs', () => queueMicrotask(run));
})();
