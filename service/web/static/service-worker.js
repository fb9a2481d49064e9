// Adds the page's token to requests that cannot carry it themselves: <video> and downloads.

const GUARDED = /^\/v1\/video\/(source|results)\//;

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  const { request } = event;
  const needsToken = GUARDED.test(new URL(request.url).pathname)
    && !request.headers.has("Authorization");
  if (needsToken) event.respondWith(withToken(request, event.clientId || event.replacesClientId));
});

async function withToken(request, clientId) {
  const headers = new Headers(request.headers);
  for (const [name, value] of Object.entries(await tokenOf(clientId))) headers.set(name, value);
  return fetch(request.url, { headers, signal: request.signal, credentials: "same-origin" });
}

async function tokenOf(clientId) {
  const client = await clients.get(clientId);
  if (!client) return {};
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (event) => resolve(event.data);
    client.postMessage("token", [port2]);
  });
}
