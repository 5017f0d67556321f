// Shared plumbing of the fake model servers: options, scenario choice, request
// log, SSE writing and the failures that look the same at every provider.
// Node >= 20, no dependencies, listens on 127.0.0.1 only.

import http from 'node:http';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';

// ---------------------------------------------------------------- options

/** Command line (--port 8080 --scenario ok --log DIR ...) over environment. */
export function readOptions(defaultPort, argv = process.argv.slice(2), env = process.env) {
  const opt = {
    port: Number(env.FAKE_PORT ?? defaultPort),
    scenario: env.FAKE_SCENARIO ?? '',
    log: env.FAKE_LOG ?? '',
    portFile: env.FAKE_PORT_FILE ?? '',
    key: env.FAKE_KEY ?? '',
    idleExit: Number(env.FAKE_IDLE_EXIT ?? 0),
  };
  for (let i = 0; i < argv.length; i++) {
    const [flag, glued] = argv[i].split(/=(.*)/s);
    const value = () => glued ?? argv[++i];
    if (flag === '--port') opt.port = Number(value());
    else if (flag === '--scenario') opt.scenario = value();
    else if (flag === '--log') opt.log = value();
    else if (flag === '--port-file') opt.portFile = value();
    else if (flag === '--key') opt.key = value();
    else if (flag === '--idle-exit') opt.idleExit = Number(value());
    else {
      process.stderr.write(`unknown option ${flag}\n`
        + 'options: --port N (0 = any) --scenario NAME --log DIR --port-file FILE --key KEY --idle-exit SECONDS\n');
      process.exit(2);
    }
  }
  return opt;
}

// -------------------------------------------------------------- scenarios

const decode = (text) => { try { return decodeURIComponent(text); } catch { return text; } };

/** "429,ra=7,n=2" -> { name: '429', ra: '7', n: '2', raw } */
export function parseScenario(text) {
  const [name, ...pairs] = String(text).split(',');
  const out = { raw: String(text), name: name || 'ok' };
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 0) out[pair] = '1';
    else out[pair.slice(0, at)] = decode(pair.slice(at + 1));
  }
  return out;
}

/** Scenarios every provider knows; a provider adds its own in .scenarios. */
export const COMMON = [
  'ok', '400', '401', '402', '403', '404', '413', '429', '429-bare', '429-quota', '500', '502', '503', '529', 'too-long',
  'hang', 'hang-headers', 'empty', 'html', 'malformed-json', 'reset',
  'list-401', 'list-500', 'list-hang', 'list-html', 'list-big', 'list-cut', 'list-lie',
];

/** A model called fake-NAME chooses the scenario NAME. */
export function scenarioOfModel(model) {
  const match = /(?:^|[/:])fake-(.+)$/.exec(model ?? '');
  return match ? match[1] : '';
}

// ------------------------------------------------------------ small helpers

/** A vector that depends on the words of a text and on nothing else: each adds or takes one somewhere. */
export function vectorOf(text, dims) {
  const v = new Array(dims).fill(0);
  for (const word of String(text).toLowerCase().split(/[^a-z0-9]+/).filter(Boolean)) {
    let hash = 2166136261;
    for (const c of word) hash = Math.imul(hash ^ c.charCodeAt(0), 16777619) >>> 0;
    v[hash % dims] += hash & 0x10000 ? 1 : -1;
  }
  return v;
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

let counter = 0;
export const newId = (prefix) => `${prefix}${process.pid.toString(16)}${Date.now().toString(16)}${(++counter).toString(16).padStart(4, '0')}`;

/** Cuts text into pieces of at most n characters (at least one piece). */
export function pieces(text, n) {
  const out = [];
  for (let i = 0; i < text.length; i += n) out.push(text.slice(i, i + n));
  return out.length ? out : [''];
}

/** The smallest value that satisfies a (simple) JSON schema. */
export function exampleOf(schema, depth = 0) {
  if (!schema || typeof schema !== 'object' || depth > 12) return null;
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum) && schema.enum.length) return schema.enum[0];
  const options = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(options) && options.length) return exampleOf(options[0], depth + 1);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (String(type ?? (schema.properties ? 'object' : 'null')).toLowerCase()) {
    case 'object': {
      const out = {};
      for (const [key, sub] of Object.entries(schema.properties ?? {})) out[key] = exampleOf(sub, depth + 1);
      return out;
    }
    case 'array': return Array.from({ length: schema.minItems ?? 1 }, () => exampleOf(schema.items, depth + 1));
    case 'string': return 'x'.repeat(Math.max(schema.minLength ?? 0, 0)) || 'text';
    case 'integer':
    case 'number': return schema.minimum ?? 1;
    case 'boolean': return true;
    default: return null;
  }
}

/** Usage numbers every fake returns unless the scenario says otherwise. */
export function usageOf(scenario) {
  const number = (key, fallback) => (scenario[key] === undefined ? fallback : Number(scenario[key]));
  return {
    input: number('in', 1200),       // all input tokens, cached ones included
    cached: number('cached', 1000),  // read from the cache
    written: number('written', 50),  // written to the cache (Anthropic only)
    output: number('out', 77),       // all output tokens, reasoning included
    reasoning: number('reason', 33),
  };
}

// ------------------------------------------------------------ scripted agent

/** tool-agent: a program that works like an agent, cmd=, reads the prompt on its standard input ... Encoded,
 *  because clients look into a command for what a prompt may well contain. */
export const agentLine = (s, prompt) => `printf %s ${Buffer.from(prompt).toString('base64')} | base64 -d | ${s.cmd}`;

/** ... and its last line {"type":"result", ...} is what the model answers. */
export function agentAnswer(output) {
  const plain = String(output ?? '').replace(/\\n/g, '\n').replace(/\\"/g, '"');
  const line = plain.split('\n').filter((text) => text.includes('{"type":"result"')).pop() ?? '';
  const object = /\{"type":"result".*?\}/.exec(line)?.[0] ?? '{}';
  try {
    const { status, summary } = JSON.parse(object);
    return JSON.stringify({ status: status ?? 'blocked', summary: summary ?? '', commit: '', validations: [], next_actions: [], blocker: '' });
  } catch { return object; }
}

// ---------------------------------------------------------------- exchange

/** One request with its reply: what a provider's handler works on. */
export class Exchange {
  constructor(req, res, url, body, scenario, server) {
    Object.assign(this, { req, res, url, body, scenario, server, closed: false });
    res.on('close', () => { this.closed = true; });
  }

  json(status, value, headers = {}) {
    const text = JSON.stringify(value);
    this.res.writeHead(status, { 'content-type': 'application/json', ...headers });
    this.res.end(text);
  }

  text(status, type, text, headers = {}) {
    this.res.writeHead(status, { 'content-type': type, ...headers });
    this.res.end(text);
  }

  startSse(headers = {}) {
    this.res.writeHead(200, {
      'content-type': 'text/event-stream', 'cache-control': 'no-cache', connection: 'keep-alive', ...headers,
    });
    this.res.flushHeaders();
  }

  /** event may be '' (Gemini and chat completions send data lines only). */
  sse(event, data) {
    if (this.closed) return;
    const body = typeof data === 'string' ? data : JSON.stringify(data);
    this.res.write(`${event ? `event: ${event}\n` : ''}data: ${body}\n\n`);
  }

  end() { if (!this.closed) this.res.end(); }

  /** To be called where a reply states its usage: what a client ought to have in its books. */
  served(u) {
    const sum = this.server.served;
    sum.requests++;
    for (const key of ['input', 'cached', 'written', 'output', 'reasoning']) sum[key] += u[key];
  }

  /** Closes the TCP connection without finishing the reply. */
  cut() { this.req.socket.destroy(); }

  /** Waits, giving up early when the client has gone; true while it is there. */
  async pause(ms) {
    const until = Date.now() + ms;
    while (!this.closed && Date.now() < until) await sleep(Math.min(50, Math.max(1, until - Date.now())));
    return !this.closed;
  }

  async untilClosed() { while (!this.closed) await sleep(50); }
}

// ------------------------------------------------------------------ server

/**
 * provider: {
 *   name, scenarios               what it knows beyond COMMON
 *   modelOf(url, body)             the model the request asks for
 *   error(status, kind, message)   that provider's error body
 *   limitHeaders(scenario)         extra headers for 429 (optional)
 *   handle(x)                      answers an Exchange; false = no such route
 * }
 */
export function serve(provider, defaultPort) {
  const opt = readOptions(defaultPort);
  const nothing = () => ({ requests: 0, input: 0, cached: 0, written: 0, output: 0, reasoning: 0 });
  const state = { scenario: opt.scenario, log: [], hits: new Map(), last: Date.now(), seq: 0, open: 0, served: nothing() };
  if (opt.log) fs.mkdirSync(opt.log, { recursive: true });

  const readBody = async (req) => {
    const chunks = [];
    for await (const chunk of req) chunks.push(chunk);
    let raw = Buffer.concat(chunks);
    const encoding = req.headers['content-encoding'];
    if (encoding === 'gzip') raw = zlib.gunzipSync(raw);
    else if (encoding === 'br') raw = zlib.brotliDecompressSync(raw);
    else if (encoding === 'deflate') raw = zlib.inflateSync(raw);
    else if (encoding === 'zstd' && zlib.zstdDecompressSync) raw = zlib.zstdDecompressSync(raw);
    return raw;
  };

  const record = (entry) => {
    state.log.push(entry);
    if (state.log.length > 2000) state.log.shift();
    if (!opt.log) return;
    const { body, ...head } = entry;
    fs.appendFileSync(path.join(opt.log, 'requests.jsonl'), `${JSON.stringify({ ...head, bytes: entry.bytes })}\n`);
    if (body !== undefined && body !== null) {
      const file = `${String(entry.seq).padStart(4, '0')}-${entry.method}-${entry.path.replace(/[^A-Za-z0-9.]+/g, '_').slice(0, 80)}.json`;
      fs.writeFileSync(path.join(opt.log, file), JSON.stringify(body, null, 1));
    }
  };

  const control = async (url, req, res) => {
    const reply = (value) => { res.writeHead(200, { 'content-type': 'application/json' }); res.end(`${JSON.stringify(value)}\n`); };
    if (url.pathname === '/_fake/health') return reply({ ok: true, provider: provider.name, pid: process.pid });
    if (url.pathname === '/_fake/requests') return reply(state.log);
    if (url.pathname === '/_fake/usage') return reply(state.served);
    if (url.pathname === '/_fake/reset') { state.log = []; state.hits.clear(); state.served = nothing(); state.scenario = opt.scenario; return reply({ ok: true }); }
    if (url.pathname === '/_fake/scenario') {
      const raw = (await readBody(req)).toString('utf8').trim();
      state.scenario = url.searchParams.get('name') ?? raw;
      state.hits.clear();
      return reply({ ok: true, scenario: state.scenario });
    }
    res.writeHead(404); res.end();
  };

  const server = http.createServer(async (req, res) => {
    state.last = Date.now();
    state.open++;
    res.on('close', () => { state.open--; state.last = Date.now(); });
    try {
      const url = new URL(req.url, 'http://127.0.0.1');
      if (url.pathname.startsWith('/_fake/')) return await control(url, req, res);

      // A /s/SCENARIO/ prefix of the path (so: of the base URL) wins over all.
      let chosen = '';
      const prefixed = /^\/s\/([^/]+)(\/.*)?$/.exec(url.pathname);
      if (prefixed) { chosen = decode(prefixed[1]); url.pathname = prefixed[2] ?? '/'; }

      const raw = await readBody(req);
      let body = null;
      if (raw.length) { try { body = JSON.parse(raw.toString('utf8')); } catch { body = { unparsed: raw.toString('utf8').slice(0, 2000) }; } }
      const model = provider.modelOf(url, body) ?? '';
      const named = scenarioOfModel(model);
      const known = (text) => [...COMMON, ...(provider.scenarios ?? [])].includes(parseScenario(text).name);
      const scenario = parseScenario(chosen || state.scenario || (known(named) ? named : 'ok'));

      const entry = {
        seq: ++state.seq, at: new Date().toISOString(), method: req.method, path: url.pathname + url.search,
        scenario: scenario.raw, model, headers: req.headers, bytes: raw.length, body,
      };
      record(entry);

      const x = new Exchange(req, res, url, body, scenario, state);
      x.model = model;
      if (!known(scenario.raw)) return x.json(501, { error: { message: `the fake knows no scenario "${scenario.name}"` } });
      if (opt.key && !JSON.stringify(req.headers).includes(opt.key)) {
        return x.json(401, provider.error(401, 'auth', 'Incorrect API key provided.'));
      }
      if (scenario.name.startsWith('list-') && req.method === 'GET') return await listFailure(x);
      if (provider.isModelCall(url, req.method)) {
        // n=K: the scenario applies to the first K model calls, later ones are ok.
        const hit = (state.hits.get(scenario.raw) ?? 0) + 1;
        state.hits.set(scenario.raw, hit);
        x.hit = hit;
        if (scenario.n && hit > Number(scenario.n)) x.scenario = { ...scenario, name: scenario.then ?? 'ok' };
        if (await commonFailure(provider, x)) return;
      }
      if (await provider.handle(x) === false) x.json(404, provider.error(404, 'not-found', `no such route: ${req.method} ${url.pathname}`));
    } catch (problem) {
      process.stderr.write(`${provider.name}: ${problem.stack}\n`);
      try { res.writeHead(500, { 'content-type': 'text/plain' }); res.end(String(problem)); } catch { res.destroy(); }
    }
  });
  server.keepAliveTimeout = 5000;
  server.requestTimeout = 0;
  server.on('upgrade', (req, socket) => {
    record({ seq: ++state.seq, at: new Date().toISOString(), method: 'UPGRADE', path: req.url, scenario: '', model: '', headers: req.headers, bytes: 0, body: null });
    socket.end('HTTP/1.1 426 Upgrade Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  });
  server.listen(opt.port, '127.0.0.1', () => {
    const { port } = server.address();
    if (opt.portFile) { fs.writeFileSync(`${opt.portFile}.tmp`, `${port}\n`); fs.renameSync(`${opt.portFile}.tmp`, opt.portFile); }
    process.stdout.write(`${provider.name} fake listening on http://127.0.0.1:${port} pid ${process.pid}\n`);
  });
  if (opt.idleExit > 0) {
    setInterval(() => { if (state.open === 0 && Date.now() - state.last > opt.idleExit * 1000) process.exit(0); }, 500).unref();
  }
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
  return server;
}

/** Failures every provider can show; true when the reply is done. */
async function commonFailure(provider, x) {
  const s = x.scenario;
  const retry = s.ra === undefined ? {} : { 'retry-after': s.ra };
  const fail = (status, kind, message, headers = {}) => {
    const more = provider.errorHeaders?.(status, kind, s) ?? {};
    x.json(status, provider.error(status, kind, s.msg ?? message, s), { ...more, ...headers });
    return true;
  };
  switch (s.name) {
    case '400': return fail(400, 'bad-request', 'The request is malformed.');
    case '401': return fail(401, 'auth', 'Incorrect API key provided.');
    case '403': return fail(403, 'forbidden', 'This key may not use this model.');
    case '404': return fail(404, 'bad-model', `The model \`${x.model}\` does not exist or you do not have access to it.`);
    case '413': return fail(413, 'too-large', 'Request body is too large.');
    case '429': return fail(429, 'rate-limit', 'Rate limit reached. Please try again later.', { 'retry-after': s.ra ?? '2' });
    case '429-bare': return fail(429, 'rate-limit', 'Rate limit reached.');
    case '429-quota': return fail(429, 'quota', 'You exceeded your current quota, please check your plan and billing details.');
    case '402': return fail(402, 'quota', 'Payment required: credit balance is too low.');
    case '500': return fail(500, 'server', 'The server had an error while processing your request.', retry);
    case '502': x.text(502, 'text/html', '<html><head><title>502 Bad Gateway</title></head><body>bad gateway</body></html>'); return true;
    case '503': return fail(503, 'overloaded', 'The server is overloaded, try again later.', retry);
    case '529': return fail(529, 'overloaded', 'Overloaded', retry);
    case 'too-long': return fail(400, 'context', 'too long');
    case 'hang': await x.untilClosed(); return true;                       // no reply headers, ever
    case 'hang-headers': x.startSse(); await x.untilClosed(); return true;  // headers, then silence
    case 'empty': x.text(200, 'text/event-stream', ''); return true;
    case 'html': x.text(200, 'text/html', '<html><body>Please sign in to the network.</body></html>'); return true;
    case 'malformed-json': x.text(200, 'application/json', '{"id": "abc", "output": [ {"type":'); return true;
    case 'reset': x.cut(); return true;
    default: return false;
  }
}

/** What a server may do when it is asked for its models; list-401 repeats everything it was sent. */
async function listFailure(x) {
  const s = x.scenario;
  switch (s.name) {
    case 'list-401': return x.json(401, { error: { message: `no: ${x.req.url} ${decodeURIComponent(x.req.url)} ${JSON.stringify(x.req.headers)}` } });
    case 'list-500': return x.json(500, { error: { message: 'out of order' } });
    case 'list-hang': return x.untilClosed();
    case 'list-html': return x.text(200, 'text/html', '<html><body>Please sign in to the network.</body></html>');
    case 'list-big': return x.json(200, { data: Array.from({ length: Number(s.count ?? 20000) }, (_, i) => ({ id: `model-${i}`, object: 'model', owned_by: 'somebody' })) });
    case 'list-cut': return x.cut();
    default: return x.json(200, { error: 'Unexpected endpoint or method. Returning 200 anyway' });
  }
}
