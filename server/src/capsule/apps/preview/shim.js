// Runs before the scripts of a previewed page. What they ask for from the root of the host is led into the
// preview; storage and cookies, which a sandboxed page has not, are kept until it is left.
(() => {
  const prefix = /^\/_capsule\/preview\/[^/]+\/\d+/.exec(location.pathname)?.[0];
  if (!prefix) return;

  const inside = (address) => {
    let url;
    try {
      url = new URL(String(address), document.baseURI);
    } catch {
      return address;
    }
    if (url.host !== location.host || url.pathname.startsWith("/_capsule/")) return address;
    url.pathname = prefix + url.pathname;
    return url.href;
  };

  const fetch = window.fetch;
  window.fetch = (input, options) => {
    if (!(input instanceof Request)) return fetch(inside(input), options);
    const address = inside(input.url);
    return fetch(address === input.url ? input : new Request(address, input), options);
  };

  const open = XMLHttpRequest.prototype.open;
  XMLHttpRequest.prototype.open = function (method, address, ...rest) {
    return open.call(this, method, inside(address), ...rest);
  };

  for (const name of ["WebSocket", "EventSource"]) {
    const Plain = window[name];
    window[name] = class extends Plain {
      constructor(address, ...rest) {
        super(inside(address), ...rest);
      }
    };
  }

  const led = new Set(["src", "href", "action", "formaction", "poster"]);
  const setAttribute = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function (name, value) {
    return setAttribute.call(this, name, led.has(String(name).toLowerCase()) ? inside(value) : value);
  };
  const properties = {
    src: [HTMLScriptElement, HTMLImageElement, HTMLIFrameElement, HTMLMediaElement, HTMLSourceElement],
    href: [HTMLLinkElement, HTMLAnchorElement],
    action: [HTMLFormElement],
  };
  for (const [name, kinds] of Object.entries(properties)) {
    for (const kind of kinds) {
      const plain = Object.getOwnPropertyDescriptor(kind.prototype, name);
      if (!plain?.set) continue;
      Object.defineProperty(kind.prototype, name, {
        ...plain,
        set(value) {
          plain.set.call(this, inside(value));
        },
      });
    }
  }

  const storage = () => {
    const kept = new Map();
    return {
      getItem: (key) => kept.get(String(key)) ?? null,
      setItem: (key, value) => void kept.set(String(key), String(value)),
      removeItem: (key) => void kept.delete(String(key)),
      clear: () => kept.clear(),
      key: (index) => [...kept.keys()][index] ?? null,
      get length() {
        return kept.size;
      },
    };
  };
  for (const name of ["localStorage", "sessionStorage"]) {
    Object.defineProperty(window, name, { value: storage(), configurable: true });
  }
  const cookies = new Map();
  Object.defineProperty(document, "cookie", {
    configurable: true,
    get: () => [...cookies].map((pair) => pair.join("=")).join("; "),
    set: (text) => {
      const [, name, value] = /^\s*([^=;]*)=?([^;]*)/.exec(String(text)) ?? [];
      if (name) cookies.set(name.trim(), value);
    },
  });
})();
