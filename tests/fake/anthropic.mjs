// Fake Anthropic server: /v1/messages (SSE and plain), /v1/messages/count_tokens,
// /v1/models. See README.md for the scenarios.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve, newId, pieces, exampleOf, usageOf, agentLine, agentAnswer } from './fakelib.mjs';

const ANSWER = 'Hello from the fake model. The answer is 42.';

// ------------------------------------------------------------------- errors

const ERRORS = {
  'bad-request': ['invalid_request_error', null],
  auth: ['authentication_error', 'invalid x-api-key'],
  forbidden: ['permission_error', 'Your API key does not have permission to use the specified resource.'],
  'bad-model': ['not_found_error', null],
  'not-found': ['not_found_error', null],
  'too-large': ['request_too_large', 'Request exceeds the maximum size'],
  'rate-limit': ['rate_limit_error', 'This request would exceed your rate limit of 50,000 input tokens per minute.'],
  quota: ['invalid_request_error', 'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.'],
  server: ['api_error', 'Internal server error'],
  overloaded: ['overloaded_error', 'Overloaded'],
  context: ['invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'],
};

function errorBody(status, kind, message, s = {}) {
  const [type, text] = ERRORS[kind] ?? ['api_error', null];
  return { type: 'error', error: { type, message: s.msg ?? text ?? message }, request_id: newId('req_') };
}

// -------------------------------------------------------------- tool choice

/** The working directory the client told the model about, if any. */
function directoryOf(body) {
  const text = JSON.stringify([body?.system ?? '', (body?.messages ?? []).slice(0, 2)]);
  return /[Ww]orking directory:? *(\/[^\s"\\]+)/.exec(text)?.[1] ?? '';
}

export function pickCall(body, want) {
  const named = new Map((body?.tools ?? []).map((tool) => [tool.name, tool]));
  const shellLine = want.kind === 'write'
    ? `mkdir -p "$(dirname '${want.file}')" && printf '%s\\n' '${want.text}' > '${want.file}'`
    : want.command;
  const directory = directoryOf(body);
  if (want.kind === 'unknown') return { name: 'NoSuchTool', input: { a: 1 } };
  if (want.kind === 'named') {
    const found = [...named.keys()].find((name) => name === want.tool || name.endsWith(want.tool)) ?? want.tool;
    return { name: found, input: JSON.parse(want.args) };
  }
  if (want.kind === 'write' && named.has('Write') && (directory || want.file.startsWith('/'))) {
    return { name: 'Write', input: { file_path: path.resolve(directory || '/', want.file), content: `${want.text}\n` } };
  }
  if (named.has('Bash')) {
    const input = { command: shellLine, description: 'scripted step' };
    if (want.timeout) input.timeout = Number(want.timeout);
    return { name: 'Bash', input };
  }
  for (const [name, tool] of named) {
    const props = tool.input_schema?.properties ?? {};
    if ('command' in props) return { name, input: { command: shellLine } };
    if ('cmd' in props) return { name, input: { cmd: shellLine } };
    if ('path' in props && 'content' in props) return { name, input: { path: want.file, content: `${want.text}\n` } };
  }
  return null;
}

const partsOf = (message) => (typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content ?? []);
const partsSaid = (body, type) => (body?.messages ?? []).filter((m) => m.role === 'user').flatMap(partsOf).filter((part) => part.type === type);

/** What the user said last (clients put reminders of their own around it), and what the last tool printed. */
const lastPrompt = (body) => partsSaid(body, 'text').map((part) => part.text).filter((text) => !text.startsWith('<system-reminder>')).pop() ?? '';
const lastOutput = (body) => {
  const content = partsSaid(body, 'tool_result').pop()?.content;
  return typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join('');
};

function wanted(s, step, body) {
  switch (s.name) {
    case 'tool-agent': return step === 0 ? { kind: 'run', command: agentLine(s, lastPrompt(body)) } : null;
    case 'tool-edit': return step === 0 ? { kind: 'write', file: s.file ?? 'made-by-fake.txt', text: s.text ?? 'written by the fake model' } : null;
    case 'tool-shell': return step === 0 ? { kind: 'run', command: s.cmd ?? 'echo shell-ran; pwd; id -un', timeout: s.timeout } : null;
    case 'tool-fail': return step === 0 ? { kind: 'run', command: 'echo to-stderr >&2; exit 3' } : null;
    case 'tool-sleep': return step === 0 ? { kind: 'run', command: `sleep ${s.secs ?? 300}`, timeout: 600000 } : null;
    case 'tool-loop': return step < Number(s.max ?? 1000) ? { kind: 'run', command: `echo step ${step}` } : null;
    case 'tool-named': return step === 0 ? { kind: 'named', tool: s.tool, args: s.args ?? '{}' } : null;
    case 'tool-unknown': return step === 0 ? { kind: 'unknown' } : null;
    default: return null;
  }
}

/** Tool results since the user last said something in words. */
function stepOf(messages) {
  let step = 0;
  for (const message of messages ?? []) {
    if (message.role !== 'user') continue;
    const content = Array.isArray(message.content) ? message.content : [{ type: 'text' }];
    if (content.some((part) => part.type === 'tool_result')) step++; else step = 0;
  }
  return step;
}

// ----------------------------------------------------------------- messages

function usageStart(u) {
  const cached = Math.min(u.cached, u.input);
  const written = Math.min(u.written, u.input - cached);
  return {
    input_tokens: u.input - cached - written,     // Anthropic counts cached tokens apart
    cache_creation_input_tokens: written,
    cache_read_input_tokens: cached,
    cache_creation: { ephemeral_5m_input_tokens: written, ephemeral_1h_input_tokens: 0 },
    output_tokens: 1,
    service_tier: 'standard',
  };
}

async function messages(x) {
  const { scenario: s, body } = x;
  const usage = usageOf(s);
  const step = stepOf(body?.messages);
  const want = wanted(s, step, body);
  const call = want && pickCall(body, want);
  const content = [];
  if (s.name === 'think') content.push({ type: 'thinking', thinking: 'I consider the question.', signature: 'ZmFrZS1zaWduYXR1cmU=' });
  let stop = 'end_turn';
  const schema = body?.output_config?.format?.schema ?? body?.output_format?.schema;
  const structured = (body?.tools ?? []).find((tool) => tool.name === 'StructuredOutput');
  const plain = s.answer ?? (s.name === 'tool-agent' ? agentAnswer(lastOutput(body)) : s.name === 'long' ? 'word '.repeat(Number(s.words ?? 20000)).trim() : ANSWER);
  if (call) {
    content.push({ type: 'text', text: 'I use a tool.' });
    content.push({ type: 'tool_use', id: newId('toolu_'), name: call.name, input: call.input });
    stop = 'tool_use';
  } else if (s.name === 'refused') {
    stop = 'refusal';
  } else if (s.name === 'incomplete') {
    content.push({ type: 'text', text: plain });
    stop = 'max_tokens';
  } else if (s.name === 'context-stop') {
    content.push({ type: 'text', text: plain });
    stop = 'model_context_window_exceeded';
  } else if (s.name === 'no-output') {
    // nothing at all
  } else if (structured && step === 0 && s.name !== 'no-schema') {
    const value = s.name === 'bad-json' ? { wrong: true } : exampleOf(structured.input_schema);
    content.push({ type: 'tool_use', id: newId('toolu_'), name: structured.name, input: value });
    stop = 'tool_use';
  } else if (schema) {
    content.push({ type: 'text', text: s.name === 'bad-json' ? '{"not": "what the schema asks' : JSON.stringify(exampleOf(schema)) });
  } else content.push({ type: 'text', text: plain });

  const id = newId('msg_');
  const headers = { 'request-id': newId('req_'), 'anthropic-organization-id': 'fake-org' };
  const start = usageStart(usage);
  const end = { ...start, output_tokens: usage.output, output_tokens_details: { thinking_tokens: usage.reasoning } };
  if (!body?.stream) {
    x.served(usage);
    return x.json(200, { id, type: 'message', role: 'assistant', model: body?.model, content, stop_reason: stop, stop_sequence: null, usage: end }, headers);
  }

  x.startSse(headers);
  const send = (type, data = {}) => x.sse(type, { type, ...data });
  send('message_start', { message: { id, type: 'message', role: 'assistant', model: s.model ?? body.model, content: [], stop_reason: null, stop_sequence: null, usage: start } });
  send('ping');
  if (s.name === 'stream-error') { send('error', { error: { type: s.type ?? 'overloaded_error', message: 'Overloaded' } }); return x.end(); }
  const delay = Number(s.ms ?? (s.name === 'slow' ? 400 : 0));
  const size = Number(s.size ?? (s.name === 'slow' ? 4 : 24));
  let sent = 0;
  for (let index = 0; index < content.length; index++) {
    const block = content[index];
    const empty = block.type === 'text' ? { type: 'text', text: '' }
      : block.type === 'thinking' ? { type: 'thinking', thinking: '', signature: '' }
        : { type: 'tool_use', id: block.id, name: block.name, input: {} };
    send('content_block_start', { index, content_block: empty });
    const whole = block.type === 'text' ? block.text : block.type === 'thinking' ? block.thinking : JSON.stringify(block.input);
    for (const piece of pieces(whole, size)) {
      const delta = block.type === 'text' ? { type: 'text_delta', text: piece }
        : block.type === 'thinking' ? { type: 'thinking_delta', thinking: piece }
          : { type: 'input_json_delta', partial_json: piece };
      send('content_block_delta', { index, delta });
      sent++;
      if (s.name === 'malformed' && sent === 1) { x.sse('content_block_delta', '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","te'); return x.end(); }
      if (s.name === 'cut' && sent === 1) { await x.pause(50); return x.cut(); }
      if (s.name === 'truncated' && sent === 1) return x.end();
      if (s.name === 'hang-mid' && sent === 1) return x.untilClosed();
      if (s.name === 'ping-forever' && sent === 1) { while (await x.pause(Number(s.ms ?? 1000))) send('ping'); return undefined; }
      if (delay && !await x.pause(delay)) return undefined;
    }
    if (block.type === 'thinking') send('content_block_delta', { index, delta: { type: 'signature_delta', signature: block.signature } });
    send('content_block_stop', { index });
  }
  x.served(usage);
  send('message_delta', { delta: { stop_reason: stop, stop_sequence: null }, usage: end });
  send('message_stop');
  return x.end();
}

// ------------------------------------------------------------------- server

const MODELS = ['claude-fake-large', 'claude-fake-small'];

export const provider = {
  name: 'anthropic',
  scenarios: [
    'think', 'long', 'slow', 'refused', 'incomplete', 'context-stop', 'no-output', 'bad-json', 'no-schema',
    'tool-edit', 'tool-shell', 'tool-agent', 'tool-fail', 'tool-sleep', 'tool-loop', 'tool-named', 'tool-unknown',
    'hang-mid', 'ping-forever', 'cut', 'truncated', 'malformed', 'stream-error',
  ],
  modelOf: (url, body) => body?.model,
  isModelCall: (url, method) => method === 'POST' && /\/messages$/.test(url.pathname),
  error: errorBody,
  errorHeaders: (status, kind, s) => {
    const headers = { 'request-id': newId('req_') };
    if (s.retry !== undefined) headers['x-should-retry'] = s.retry === '1' ? 'true' : 'false';
    if (kind === 'rate-limit') {
      headers['anthropic-ratelimit-requests-remaining'] = '0';
      headers['anthropic-ratelimit-requests-reset'] = new Date(Date.now() + 1000 * Number(s.ra ?? 2)).toISOString();
    }
    if (s.unified) {
      headers['anthropic-ratelimit-unified-status'] = 'rejected';
      headers['anthropic-ratelimit-unified-reset'] = String(Math.floor(Date.now() / 1000) + Number(s.unified));
      headers['anthropic-ratelimit-unified-representative-claim'] = 'five_hour';
    }
    return headers;
  },
  async handle(x) {
    const route = x.url.pathname.replace(/\/+$/, '');
    if (x.req.method === 'HEAD') { x.res.writeHead(200); x.res.end(); return undefined; }
    if (x.req.method === 'GET' && /\/v1\/models$/.test(route)) {
      return x.json(200, { data: MODELS.map((id) => ({ type: 'model', id, display_name: id, created_at: '2026-01-01T00:00:00Z' })), has_more: false, first_id: MODELS[0], last_id: MODELS.at(-1) });
    }
    if (x.req.method === 'POST' && /\/messages\/count_tokens$/.test(route)) return x.json(200, { input_tokens: Math.ceil(JSON.stringify(x.body).length / 4) });
    if (x.req.method === 'POST' && /\/messages$/.test(route)) return messages(x);
    return false;
  },
};

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) serve(provider, 18082);
