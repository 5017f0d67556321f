// Fake OpenAI server: /v1/responses (SSE and plain), /v1/chat/completions
// (SSE and plain), /v1/models. See README.md for the scenarios.

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve, newId, pieces, exampleOf, usageOf, agentLine, agentAnswer } from './fakelib.mjs';

const ANSWER = 'Hello from the fake model. The answer is 42.';

// ------------------------------------------------------------------- errors

const ERRORS = {
  'bad-request': { type: 'invalid_request_error', code: null },
  auth: { type: 'invalid_request_error', code: 'invalid_api_key' },
  forbidden: { type: 'invalid_request_error', code: 'model_not_allowed' },
  'bad-model': { type: 'invalid_request_error', code: 'model_not_found', param: 'model' },
  'not-found': { type: 'invalid_request_error', code: null },
  'too-large': { type: 'invalid_request_error', code: 'request_too_large' },
  'rate-limit': { type: 'requests', code: 'rate_limit_exceeded' },
  quota: { type: 'insufficient_quota', code: 'insufficient_quota' },
  server: { type: 'server_error', code: null },
  overloaded: { type: 'service_unavailable_error', code: 'server_is_overloaded' },
  context: { type: 'invalid_request_error', code: 'context_length_exceeded', param: 'input' },
};

const errorObject = (kind, message) => ({
  message: kind === 'context' ? 'Your input exceeds the context window of this model. Please adjust your input and try again.' : message,
  param: null,
  ...ERRORS[kind],
});

// -------------------------------------------------------------- tool choice

/**
 * All tools a Responses request offers, as a flat list. Newer clients put some
 * of them into the input (items of type "additional_tools") and into nested
 * namespaces; a call then has to name its namespace.
 */
export function offeredTools(body) {
  const out = [];
  const walk = (tools, namespace) => {
    for (const tool of tools ?? []) {
      if (tool.type === 'namespace') walk(tool.tools, tool.name);
      else out.push(namespace ? { ...tool, namespace } : tool);
    }
  };
  walk(body?.tools);
  for (const item of Array.isArray(body?.input) ? body.input : []) if (item.type === 'additional_tools') walk(item.tools);
  return out;
}

/**
 * Looks through the offered tools and turns "write this file" or "run this
 * command" into a call that the client can execute. Returns
 * { type: 'function_call', name, arguments } or { type: 'custom_tool_call', name, input }.
 */
export function pickCall(tools, want) {
  const named = new Map();
  for (const tool of tools ?? []) named.set(tool.name ?? tool.function?.name ?? tool.type, tool);
  const has = (name) => named.has(name);
  const space = (name) => (named.get(name)?.namespace ? { namespace: named.get(name).namespace } : {});
  const call = (name, args) => ({ type: 'function_call', name, ...space(name), arguments: JSON.stringify(args) });
  const custom = (name, input) => ({ type: 'custom_tool_call', name, ...space(name), input });
  const shellLine = want.kind === 'write'
    ? `mkdir -p "$(dirname '${want.file}')" && printf '%s\\n' '${want.text}' > '${want.file}'`
    : want.command;
  if (want.kind === 'patch' && has('apply_patch')) {
    const patch = `*** Begin Patch\n*** Add File: ${want.file}\n+${want.text}\n*** End Patch\n`;
    return named.get('apply_patch').type === 'custom' ? custom('apply_patch', patch) : call('apply_patch', { input: patch });
  }
  if (want.kind === 'unknown') return call('no_such_tool', { a: 1 });
  if (want.kind === 'named') {
    const found = [...named.keys()].find((name) => name === want.tool || name.endsWith(want.tool)) ?? want.tool;
    return { ...call(found, JSON.parse(want.args)), ...(want.ns ? { namespace: want.ns } : {}) };
  }
  if (has('exec_command')) return call('exec_command', { cmd: shellLine, yield_time_ms: Number(want.yield ?? 10000) });
  if (has('shell_command')) return call('shell_command', { command: shellLine, timeout_ms: Number(want.timeout ?? 60000) });
  if (has('shell')) return call('shell', { command: ['bash', '-lc', shellLine], timeout_ms: Number(want.timeout ?? 60000) });
  if (has('exec') && named.get('exec').type === 'custom') {
    // "code mode": one tool that takes JavaScript, the real tools are globals in it
    const inner = want.kind === 'patch'
      ? `tools.apply_patch(${JSON.stringify(`*** Begin Patch\n*** Add File: ${want.file}\n+${want.text}\n*** End Patch\n`)})`
      : `tools.exec_command(${JSON.stringify({ cmd: shellLine, yield_time_ms: Number(want.yield ?? 10000) })})`;
    return custom('exec', `const r = await ${inner};\ntext(typeof r === 'string' ? r : JSON.stringify(r));`);
  }
  for (const [name, tool] of named) {           // any other client: bash-like, then write-like tools
    const props = tool.parameters?.properties ?? tool.function?.parameters?.properties ?? {};
    if ('command' in props) return call(name, { command: shellLine });
    if ('cmd' in props) return call(name, { cmd: shellLine });
    if (want.kind !== 'run' && 'path' in props && 'content' in props) return call(name, { path: want.file, content: `${want.text}\n` });
  }
  return null;
}

const textOf = (content) => (typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join(''));

/** What the user asked for last, and what the last tool printed. */
const itemsOf = (body) => (Array.isArray(body?.input) ? body.input : body?.messages ?? []);
const lastPrompt = (body) => {
  const said = itemsOf(body).filter((item) => item.role === 'user').map((item) => textOf(item.content));
  return said.filter((text) => /^id: /m.test(text)).pop() ?? said.pop() ?? '';   // a task, rather than a word between
};
const lastOutput = (body) => {
  const item = itemsOf(body).filter((one) => isToolOutput(one) || one.role === 'tool').pop();
  return textOf(item?.output ?? item?.content);
};

/** What a scenario wants done by a tool at this step, or null. */
function wanted(s, step, body) {
  switch (s.name) {
    case 'tool-agent': return step === 0 ? { kind: 'run', command: agentLine(s, lastPrompt(body)) } : null;
    case 'tool-edit': return step === 0 ? { kind: 'write', file: s.file ?? 'made-by-fake.txt', text: s.text ?? 'written by the fake model' } : null;
    case 'tool-patch': return step === 0 ? { kind: 'patch', file: s.file ?? 'made-by-fake.txt', text: s.text ?? 'written by the fake model' } : null;
    case 'tool-shell': return step === 0 ? { kind: 'run', command: s.cmd ?? 'echo shell-ran; pwd; id -un' } : null;
    case 'tool-fail': return step === 0 ? { kind: 'run', command: 'echo to-stderr >&2; exit 3' } : null;
    case 'tool-sleep': return step === 0 ? { kind: 'run', command: `sleep ${s.secs ?? 300}`, yield: 600000, timeout: 600000 } : null;
    case 'tool-loop': return step < Number(s.max ?? 1000) ? { kind: 'run', command: `echo step ${step}` } : null;
    case 'tool-named': return step === 0 ? { kind: 'named', tool: s.tool, ns: s.ns, args: s.args ?? '{}' } : null;
    case 'tool-unknown': return step === 0 ? { kind: 'unknown' } : null;
    default: return null;
  }
}

// ------------------------------------------------------------ Responses API

const isToolOutput = (item) => /_call_output$/.test(item?.type ?? '');

/** Tool results since the user last spoke = how far the scripted turn is. */
function stepOfInput(input) {
  let step = 0;
  for (const item of Array.isArray(input) ? input : []) {
    if (item.type === 'message' || item.role) { if (item.role === 'user') step = 0; } else if (isToolOutput(item)) step++;
  }
  return step;
}

function responsesUsage(u) {
  return {
    input_tokens: u.input,
    input_tokens_details: { cached_tokens: u.cached },
    output_tokens: u.output,
    output_tokens_details: { reasoning_tokens: u.reasoning },
    total_tokens: u.input + u.output,
  };
}

function responseObject(x, id, status, output, extra = {}) {
  return {
    id, object: 'response', created_at: Math.floor(Date.now() / 1000), status, model: x.body?.model ?? 'fake',
    output, parallel_tool_calls: true, previous_response_id: x.body?.previous_response_id ?? null,
    error: null, incomplete_details: null, usage: null, ...extra,
  };
}

const answerText = (x) => {
  const s = x.scenario;
  if (s.answer) return s.answer;
  if (s.name === 'tool-agent') return agentAnswer(lastOutput(x.body));
  if (s.name === 'long') return 'word '.repeat(Number(s.words ?? 20000)).trim();
  const schema = x.body?.text?.format?.schema ?? x.body?.response_format?.json_schema?.schema;
  if (schema) return s.name === 'bad-json' ? '{"not": "what the schema asks' : JSON.stringify(exampleOf(schema));
  return ANSWER;
};

async function responses(x) {
  const { scenario: s, body } = x;
  const id = newId('resp_');
  const usage = responsesUsage(usageOf(s));
  const step = stepOfInput(body?.input);
  const want = wanted(s, step, body);
  const call = want && pickCall(offeredTools(body), want);

  const output = [];
  const item = (value) => { output.push(value); return value; };
  if (s.name === 'think') item({ id: newId('rs_'), type: 'reasoning', summary: [{ type: 'summary_text', text: 'I consider the question.' }], encrypted_content: null });
  if (s.name === 'two-messages') item({ id: newId('msg_'), type: 'message', status: 'completed', role: 'assistant', content: [{ type: 'output_text', text: 'First I look around.', annotations: [] }] });
  if (call) item({ id: newId(call.type === 'function_call' ? 'fc_' : 'ctc_'), status: 'completed', call_id: newId('call_'), ...call });
  else if (s.name === 'refused') item({ id: newId('msg_'), type: 'message', status: 'completed', role: 'assistant', content: [{ type: 'refusal', refusal: 'I cannot help with that.' }] });
  else if (s.name !== 'no-output') item({ id: newId('msg_'), type: 'message', status: 'completed', role: 'assistant', content: [{ type: 'output_text', text: answerText(x), annotations: [] }] });

  const limits = {
    'x-request-id': newId('req_'), 'openai-processing-ms': '12', 'x-ratelimit-limit-requests': '500', 'x-ratelimit-remaining-requests': '499',
  };
  const served = () => x.served({ ...usageOf(s), written: 0 });   // this protocol has no such class
  if (!body?.stream) { served(); return x.json(200, responseObject(x, id, 'completed', output, { usage }), limits); }

  x.startSse(limits);
  let sequence = 0;
  const send = (type, data) => x.sse(type, { type, sequence_number: sequence++, ...data });
  const failure = (code, message) => {
    send('response.failed', { response: responseObject(x, id, 'failed', [], { error: { code, message } }) });
    x.end();
  };
  send('response.created', { response: responseObject(x, id, 'in_progress', []) });
  send('response.in_progress', { response: responseObject(x, id, 'in_progress', []) });
  if (s.name === 'fail-rate') return failure('rate_limit_exceeded', `Rate limit reached for fake on tokens per min. Please try again in ${s.ra ?? 2}s.`);
  if (s.name === 'fail-server') return failure('server_error', 'The server had an error processing your request.');
  if (s.name === 'fail-quota') return failure('insufficient_quota', 'You exceeded your current quota, please check your plan and billing details.');
  if (s.name === 'fail-context') return failure('context_length_exceeded', 'Your input exceeds the context window of this model. Please adjust your input and try again.');
  if (s.name === 'fail-policy') return failure('invalid_prompt', 'Invalid prompt: your prompt was flagged as potentially violating our usage policy.');
  if (s.name === 'stream-error') { send('error', { code: 'server_error', message: 'Something broke.', param: null }); return x.end(); }

  const delay = Number(s.ms ?? (s.name === 'slow' ? 400 : 0));
  const size = Number(s.size ?? (s.name === 'slow' ? 4 : 24));
  for (let at = 0; at < output.length; at++) {
    const done = output[at];
    if (done.type === 'message') {
      const part = done.content[0];
      const refusal = part.type === 'refusal';
      const text = refusal ? part.refusal : part.text;
      send('response.output_item.added', { output_index: at, item: { ...done, status: 'in_progress', content: [] } });
      send('response.content_part.added', { item_id: done.id, output_index: at, content_index: 0, part: refusal ? { type: 'refusal', refusal: '' } : { type: 'output_text', text: '', annotations: [] } });
      let sent = 0;
      for (const piece of pieces(text, size)) {
        send(refusal ? 'response.refusal.delta' : 'response.output_text.delta', { item_id: done.id, output_index: at, content_index: 0, delta: piece });
        sent++;
        if (s.name === 'malformed' && sent === 1) { x.sse('response.output_text.delta', '{"type":"response.output_text.delta","delta": "oops'); return x.end(); }
        if (s.name === 'cut' && sent === 1) { await x.pause(50); return x.cut(); }
        if (s.name === 'truncated' && sent === 1) return x.end();          // ends politely, but never completes
        if (s.name === 'hang-mid' && sent === 1) return x.untilClosed();
        if (delay && !await x.pause(delay)) return undefined;
      }
      if (!refusal) send('response.output_text.done', { item_id: done.id, output_index: at, content_index: 0, text });
      send('response.content_part.done', { item_id: done.id, output_index: at, content_index: 0, part });
    } else if (done.type === 'reasoning') {
      send('response.output_item.added', { output_index: at, item: { ...done, summary: [] } });
      send('response.reasoning_summary_part.added', { item_id: done.id, output_index: at, summary_index: 0, part: { type: 'summary_text', text: '' } });
      send('response.reasoning_summary_text.delta', { item_id: done.id, output_index: at, summary_index: 0, delta: done.summary[0].text });
      send('response.reasoning_summary_text.done', { item_id: done.id, output_index: at, summary_index: 0, text: done.summary[0].text });
    } else if (done.type === 'function_call') {
      send('response.output_item.added', { output_index: at, item: { ...done, status: 'in_progress', arguments: '' } });
      for (const piece of pieces(done.arguments, size)) send('response.function_call_arguments.delta', { item_id: done.id, output_index: at, delta: piece });
      send('response.function_call_arguments.done', { item_id: done.id, output_index: at, arguments: done.arguments });
    } else {
      send('response.output_item.added', { output_index: at, item: { ...done, status: 'in_progress', input: '' } });
      send('response.custom_tool_call_input.delta', { item_id: done.id, output_index: at, delta: done.input });
      send('response.custom_tool_call_input.done', { item_id: done.id, output_index: at, input: done.input });
    }
    send('response.output_item.done', { output_index: at, item: done });
  }
  served();
  if (s.name === 'incomplete') send('response.incomplete', { response: responseObject(x, id, 'incomplete', output, { usage, incomplete_details: { reason: s.reason ?? 'max_output_tokens' } }) });
  else send('response.completed', { response: responseObject(x, id, 'completed', output, { usage }) });
  return x.end();
}

// --------------------------------------------------------- chat completions

function chatUsage(u) {
  return {
    prompt_tokens: u.input, completion_tokens: u.output, total_tokens: u.input + u.output,
    prompt_tokens_details: { cached_tokens: u.cached }, completion_tokens_details: { reasoning_tokens: u.reasoning },
  };
}

/**
 * tool-script: file= holds {"TASK": [step, ...]}, a step is {text, calls: [[name, arguments], ...], stop};
 * arguments that are a string go out as they are, however broken. The task is the "id: TASK" in what the
 * user said first, the step how often the model has answered. {fail: STATUS} is no answer: it fails once and
 * is then passed over. Behind the last step the model says that it is done.
 */
const failedOnce = new Set();
function scripted(s, messages) {
  const said = textOf(messages.find((m) => m.role === 'user')?.content);
  const task = /^id: (\S+)$/m.exec(said)?.[1] ?? '';
  const step = messages.filter((m) => m.role === 'assistant').length;
  const steps = JSON.parse(fs.readFileSync(s.file, 'utf8'))[task] ?? [];
  const at = steps.findIndex((one) => one.fail);
  if (at === step && !failedOnce.has(task)) return failedOnce.add(task) && steps[at];
  return steps.filter((one) => !one.fail)[step] ?? { text: '{"status": "done", "summary": "as scripted"}' };
}

const scriptedCalls = (one) => one.calls?.map(([name, args]) => ({ name, arguments: typeof args === 'string' ? args : JSON.stringify(args) }));

/** extra(kind) lets the LM Studio fake add its own fields to a reply. */
export async function chat(x, extra = () => ({})) {
  const { scenario: s, body } = x;
  const id = newId('chatcmpl-');
  const usage = chatUsage(usageOf(s));
  const served = () => x.served({ ...usageOf(s), written: 0 });
  const messages = Array.isArray(body?.messages) ? body.messages : [];
  let step = 0;
  for (const m of messages) { if (m.role === 'user') step = 0; else if (m.role === 'tool') step++; }
  const want = wanted(s, step, body);
  const script = s.name === 'tool-script' ? scripted(s, messages) : null;
  if (script?.fail) return x.json(script.fail, { error: { message: 'as scripted', type: 'server_error' } });
  const picked = want && pickCall(body?.tools, want);
  const calls = script ? scriptedCalls(script) : picked && [{ name: picked.name, arguments: picked.arguments ?? JSON.stringify({ input: picked.input }) }];
  const finish = script?.stop ?? (calls ? 'tool_calls' : s.name === 'incomplete' ? 'length' : s.name === 'refused' ? 'content_filter' : 'stop');
  const text = script ? script.text ?? '' : s.name === 'refused' ? 'I cannot help with that.' : answerText(x);
  const toolCalls = calls?.map((one) => ({ id: newId('call_'), type: 'function', function: one }));
  const base = { id, created: Math.floor(Date.now() / 1000), model: body?.model ?? 'fake', system_fingerprint: 'fp_fake' };

  if (!body?.stream) {
    const message = { role: 'assistant', content: toolCalls ? null : text, refusal: null };
    if (s.name === 'think') message.reasoning_content = 'I consider the question.';
    if (toolCalls) message.tool_calls = toolCalls;
    if (Number(s.ms) && !await x.pause(Number(s.ms))) return undefined;
    served();
    return x.json(200, { ...base, object: 'chat.completion', choices: [{ index: 0, message, logprobs: null, finish_reason: finish }], usage, ...extra('whole') });
  }

  x.startSse();
  const chunk = (delta, reason = null, more = {}) => x.sse('', { ...base, object: 'chat.completion.chunk', choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }], ...more });
  const delay = Number(s.ms ?? (s.name === 'slow' ? 400 : 0));
  const size = Number(s.size ?? (s.name === 'slow' ? 4 : 24));
  chunk({ role: 'assistant', content: '' });
  if (s.name === 'stream-error') { x.sse('', { error: { message: 'Something broke.', type: 'server_error', code: null } }); return x.end(); }
  if (s.name === 'think') chunk({ reasoning_content: 'I consider the question.' });
  if (toolCalls) {
    for (const [index, one] of toolCalls.entries()) {
      chunk({ tool_calls: [{ index, id: one.id, type: 'function', function: { name: one.function.name, arguments: '' } }] });
      for (const piece of pieces(one.function.arguments, size)) chunk({ tool_calls: [{ index, function: { arguments: piece } }] });
    }
  } else {
    let sent = 0;
    for (const piece of pieces(text, size)) {
      chunk({ content: piece });
      sent++;
      if (s.name === 'malformed' && sent === 1) { x.sse('', '{"choices":[{"delta":{"content":"oops'); return x.end(); }
      if (s.name === 'cut' && sent === 1) { await x.pause(50); return x.cut(); }
      if (s.name === 'truncated' && sent === 1) return x.end();
      if (s.name === 'hang-mid' && sent === 1) return x.untilClosed();
      if (delay && !await x.pause(delay)) return undefined;
    }
  }
  chunk({}, finish);
  if (body.stream_options?.include_usage) served();
  if (body.stream_options?.include_usage) x.sse('', { ...base, object: 'chat.completion.chunk', choices: [], usage, ...extra('last') });
  x.sse('', '[DONE]');
  return x.end();
}

// ------------------------------------------------------------------- server

export const MODELS = ['gpt-fake', 'gpt-fake-mini', 'o-fake'];

export const SCENARIOS = [
  'think', 'two-messages', 'long', 'slow', 'refused', 'incomplete', 'no-output', 'bad-json',
  'tool-edit', 'tool-patch', 'tool-shell', 'tool-agent', 'tool-fail', 'tool-sleep', 'tool-loop', 'tool-named', 'tool-unknown', 'tool-script',
  'hang-mid', 'cut', 'truncated', 'malformed', 'stream-error',
  'fail-rate', 'fail-server', 'fail-quota', 'fail-context', 'fail-policy',
];

export const provider = {
  name: 'openai',
  scenarios: SCENARIOS,
  modelOf: (url, body) => body?.model,
  isModelCall: (url, method) => method === 'POST' && /\/(responses|chat\/completions)$/.test(url.pathname),
  error: (status, kind, message) => ({ error: errorObject(kind, message) }),
  errorHeaders: (status, kind, s) => (kind === 'rate-limit'
    ? { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': `${s.ra ?? 2}s` } : {}),
  async handle(x) {
    const route = x.url.pathname.replace(/\/+$/, '');
    if (x.req.method === 'GET' && /\/models$/.test(route)) {
      return x.json(200, { object: 'list', data: MODELS.map((id) => ({ id, object: 'model', created: 1700000000, owned_by: 'fake' })) });
    }
    if (x.req.method === 'POST' && /\/responses$/.test(route)) return responses(x);
    if (x.req.method === 'POST' && /\/chat\/completions$/.test(route)) return chat(x);
    return false;
  },
};

export { responses };

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) serve(provider, 18081);
