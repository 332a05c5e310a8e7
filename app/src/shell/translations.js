
// Lets a browser's translator work on the page beside our wasm.
//
// A translator puts an element of its own in the place of a text. The text that our wasm knows is out of the page then: a
// new value of it would not be seen, and one that our wasm removes would stay. So such a text is put back beside its
// translation, empty. Once our wasm writes, moves or removes it, the translation goes, moves or is removed with it.
{
  const translations = new WeakMap();
  const taken = new WeakSet();

  const pair = (text, near) => {
    const translation = near.find((node) => node?.nodeName === 'FONT' && node.parentNode && !taken.has(node));
    if (!translation) return;
    taken.add(translation);
    translations.set(text, { translation, original: text.data });
    text.data = '';
    translation.before(text);
  };

  const written = (text) => {
    const { translation } = translations.get(text);
    translations.delete(text);
    // Added to the page anew, for the translator to see it.
    if (text.parentNode && translation.parentNode) translation.replaceWith(text);
    else translation.remove();
  };

  const moved = (text) => {
    const { translation, original } = translations.get(text);
    if (text.nextSibling === translation) return;
    if (text.parentNode && translation.parentNode) {
      text.after(translation);
      return;
    }
    translations.delete(text);
    // Either the translator shows the original again, or our wasm has removed it.
    if (text.parentNode) text.data = original;
    else translation.remove();
  };

  const observer = new MutationObserver((records) => {
    for (const { type, target, addedNodes, removedNodes, previousSibling, nextSibling } of records) {
      if (type === 'characterData') {
        if (translations.has(target)) written(target);
        continue;
      }
      for (const node of [...addedNodes, ...removedNodes]) {
        if (translations.has(node)) moved(node);
        else if (node.nodeType === Node.TEXT_NODE && !node.parentNode) {
          pair(node, [...addedNodes, previousSibling, nextSibling]);
        }
      }
    }
  });

  addEventListener('kagitaba:runs', () => {
    observer.observe(document.getElementById('app'), { childList: true, characterData: true, subtree: true });
  });
}
