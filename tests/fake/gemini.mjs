// Fake Gemini API server: /v1beta/models/NAME:streamGenerateContent (SSE),
// :generateContent, :countTokens, :batchEmbedContents, and GET /v1beta/models.
// See README.md for the scenarios.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve, newId, pieces, exampleOf, usageOf, agentLine, agentAnswer, vectorOf } from './fakelib.mjs';

const ANSWER = 'Hello from the fake model. The answer is 42.';
const RPC = 'type.googleapis.com/google.rpc.';

// ------------------------------------------------------------------- errors

const ERRORS = {
  'bad-request': ['INVALID_ARGUMENT', 'Request contains an invalid argument.'],
  auth: ['UNAUTHENTICATED', 'Request had invalid authentication credentials.'],
  'bad-key': ['INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.'],
  forbidden: ['PERMISSION_DENIED', 'The caller does not have permission'],
  'bad-model': ['NOT_FOUND', null],
  'not-found': ['NOT_FOUND', null],
  'too-large': ['INVALID_ARGUMENT', 'Request payload size exceeds the limit: 20971520 bytes.'],
  'rate-limit': ['RESOURCE_EXHAUSTED', 'You exceeded your current quota. Please retry in a moment.'],
  quota: ['RESOURCE_EXHAUSTED', 'You exceeded your current quota, please check your plan and billing details.'],
  server: ['INTERNAL', 'An internal error has occurred. Please retry or report.'],
  overloaded: ['UNAVAILABLE', 'The model is overloaded. Please try again later.'],
  context: ['INVALID_ARGUMENT', 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).'],
};

function errorBody(status, kind, message, s = {}) {
  const [state, text] = ERRORS[kind] ?? ['UNKNOWN', null];
  const details = [];
  if (kind === 'rate-limit' && s.name === '429') {
    details.push({ '@type': `${RPC}QuotaFailure`, violations: [{ quotaMetric: 'generativelanguage.googleapis.com/generate_content_requests', quotaId: 'GenerateRequestsPerMinutePerProjectPerModel', quotaValue: '10' }] });
    details.push({ '@type': `${RPC}RetryInfo`, retryDelay: `${s.ra ?? 2}s` });
  }
  if (kind === 'quota') {
    details.push({ '@type': `${RPC}QuotaFailure`, violations: [{ quotaMetric: 'generativelanguage.googleapis.com/generate_content_free_tier_requests', quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier', quotaValue: '250' }] });
  }
  if (kind === 'bad-key') details.push({ '@type': `${RPC}ErrorInfo`, reason: 'API_KEY_INVALID', domain: 'googleapis.com', metadata: { service: 'generativelanguage.googleapis.com' } });
  return { error: { code: status, message: s.msg ?? text ?? message, status: state, ...(details.length ? { details } : {}) } };
}

// -------------------------------------------------------------- tool choice

const declarations = (body) => (body?.tools ?? []).flatMap((tool) => tool.functionDeclarations ?? []);

function directoryOf(body) {
  const text = JSON.stringify([body?.systemInstruction ?? '', (body?.contents ?? []).slice(0, 2)]);
  return /(?:working director(?:y|ies)|Workspace Director(?:y|ies)|directories):?\**:?(?:\\n)?[\s\-`]*(\/[^\s"\\`]+)/i.exec(text)?.[1] ?? '';
}

export function pickCall(body, want) {
  const named = new Map(declarations(body).map((tool) => [tool.name, tool]));
  const shellLine = want.kind === 'write'
    ? `mkdir -p "$(dirname '${want.file}')" && printf '%s\\n' '${want.text}' > '${want.file}'`
    : want.command;
  if (want.kind === 'unknown') return { name: 'no_such_tool', args: { a: 1 } };
  if (want.kind === 'named') {
    const found = [...named.keys()].find((name) => name === want.tool || name.endsWith(want.tool)) ?? want.tool;
    return { name: found, args: JSON.parse(want.args) };
  }
  if (want.kind === 'write' && named.has('write_file')) {
    const directory = directoryOf(body);
    return { name: 'write_file', args: { file_path: directory ? path.resolve(directory, want.file) : want.file, content: `${want.text}\n` } };
  }
  if (named.has('run_shell_command')) return { name: 'run_shell_command', args: { command: shellLine, description: 'scripted step' } };
  for (const [name, tool] of named) {
    const props = (tool.parametersJsonSchema ?? tool.parameters)?.properties ?? {};
    if ('command' in props) return { name, args: { command: shellLine } };
    if ('path' in props && 'content' in props) return { name, args: { path: want.file, content: `${want.text}\n` } };
  }
  return null;
}

const partsSaid = (body) => (body?.contents ?? []).filter((content) => content.role === 'user').flatMap((content) => content.parts ?? []);

/** What the user said last, and what the last tool printed. */
const lastPrompt = (body) => partsSaid(body).map((part) => part.text).filter(Boolean).pop() ?? '';
const lastOutput = (body) => JSON.stringify(partsSaid(body).filter((part) => part.functionResponse).pop()?.functionResponse?.response ?? '');

function wanted(s, step, body) {
  switch (s.name) {
    case 'tool-agent': return step === 0 ? { kind: 'run', command: agentLine(s, lastPrompt(body)) } : null;
    case 'tool-edit': return step === 0 ? { kind: 'write', file: s.file ?? 'made-by-fake.txt', text: s.text ?? 'written by the fake model' } : null;
    case 'tool-shell': return step === 0 ? { kind: 'run', command: s.cmd ?? 'echo shell-ran; pwd; id -un' } : null;
    case 'tool-fail': return step === 0 ? { kind: 'run', command: 'echo to-stderr >&2; exit 3' } : null;
    case 'tool-sleep': return step === 0 ? { kind: 'run', command: `sleep ${s.secs ?? 300}` } : null;
    case 'tool-loop': return step < Number(s.max ?? 1000) ? { kind: 'run', command: `echo step ${step}` } : null;
    case 'tool-named': return step === 0 ? { kind: 'named', tool: s.tool, args: s.args ?? '{}' } : null;
    case 'tool-unknown': return step === 0 ? { kind: 'unknown' } : null;
    default: return null;
  }
}

function stepOf(contents) {
  let step = 0;
  for (const content of contents ?? []) {
    if (content.role !== 'user') continue;
    if ((content.parts ?? []).some((part) => part.functionResponse)) step++; else step = 0;
  }
  return step;
}

// ----------------------------------------------------------------- generate

async function generate(x, streamed) {
  const { scenario: s, body } = x;
  const u = usageOf(s);
  const usageMetadata = {
    promptTokenCount: u.input, cachedContentTokenCount: u.cached,
    candidatesTokenCount: u.output - u.reasoning, thoughtsTokenCount: u.reasoning,   // Gemini counts thoughts apart
    totalTokenCount: u.input + u.output,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: u.input }],
  };
  const config = body?.generationConfig ?? {};
  const schema = config.responseJsonSchema ?? config.responseSchema;
  const base = { modelVersion: x.model, responseId: newId('') };
  const candidate = (parts, finishReason) => ({ candidates: [{ content: { role: 'model', parts }, ...(finishReason ? { finishReason } : {}), index: 0 }], ...base });

  // Side questions of a client (which model, who speaks next) ask for JSON; answer those plainly.
  if (schema && declarations(body).length === 0) {
    const text = s.name === 'bad-json' ? '{"not": "what the schema asks' : JSON.stringify(exampleOf(schema));
    const whole = { ...candidate([{ text }], 'STOP'), usageMetadata };
    x.served({ ...u, written: 0 });
    if (!streamed) return x.json(200, whole);
    x.startSse(); x.sse('', whole); return x.end();
  }

  const step = stepOf(body?.contents);
  const want = wanted(s, step, body);
  const call = want && pickCall(body, want);
  const text = s.answer ?? (s.name === 'tool-agent' ? agentAnswer(lastOutput(body)) : s.name === 'long' ? 'word '.repeat(Number(s.words ?? 20000)).trim() : ANSWER);

  const served = () => x.served({ ...u, written: 0 });   // this protocol has no such class
  if (!streamed) {
    served();
    if (s.name === 'blocked') return x.json(200, { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata, ...base });
    const parts = call ? [{ functionCall: { id: newId('c'), name: call.name, args: call.args } }] : [{ text }];
    return x.json(200, { ...candidate(parts, s.name === 'refused' ? 'SAFETY' : s.name === 'incomplete' ? 'MAX_TOKENS' : 'STOP'), usageMetadata });
  }

  x.startSse();
  const send = (value) => x.sse('', value);
  if (s.name === 'stream-error') { send(errorBody(503, 'overloaded')); return x.end(); }
  if (['blocked', 'refused', 'no-output', 'bad-call'].includes(s.name) || call) served();
  if (s.name === 'blocked') { send({ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata, ...base }); return x.end(); }
  if (s.name === 'refused') { send({ ...candidate([], 'SAFETY'), usageMetadata }); return x.end(); }
  if (s.name === 'no-output') { send({ ...candidate([{ text: '' }], 'STOP'), usageMetadata }); return x.end(); }
  if (s.name === 'bad-call') { send({ ...candidate([], 'MALFORMED_FUNCTION_CALL'), usageMetadata }); return x.end(); }
  if (s.name === 'think') send(candidate([{ text: '**Thinking**\nI consider the question.', thought: true }]));
  if (call) {
    send(candidate([{ text: 'I use a tool.' }]));
    send({ ...candidate([{ functionCall: { id: newId('c'), name: call.name, args: call.args }, thoughtSignature: 'ZmFrZQ==' }], 'STOP'), usageMetadata });
    return x.end();
  }
  const delay = Number(s.ms ?? (s.name === 'slow' ? 400 : 0));
  const size = Number(s.size ?? (s.name === 'slow' ? 4 : 24));
  const all = pieces(text, size);
  for (let i = 0; i < all.length; i++) {
    const last = i === all.length - 1;
    if (last) served();
    const finish = last ? (s.name === 'incomplete' ? 'MAX_TOKENS' : 'STOP') : undefined;
    send({ ...candidate([{ text: all[i] }], finish), ...(last ? { usageMetadata } : {}) });
    if (i === 0) {
      if (s.name === 'malformed') { x.sse('', '{"candidates": [{"content": {"parts": [{"te'); return x.end(); }
      if (s.name === 'cut') { await x.pause(50); return x.cut(); }
      if (s.name === 'truncated') return x.end();
      if (s.name === 'hang-mid') return x.untilClosed();
    }
    if (delay && !last && !await x.pause(delay)) return undefined;
  }
  return x.end();
}

// ------------------------------------------------------------------- server

const MODELS = ['gemini-fake-pro', 'gemini-fake-flash'];
const nameAndVerb = (url) => /\/models\/([^/:]+):([A-Za-z]+)$/.exec(decodeURIComponent(url.pathname));

export const provider = {
  name: 'gemini',
  scenarios: [
    'think', 'long', 'slow', 'refused', 'blocked', 'incomplete', 'no-output', 'bad-call', 'bad-json',
    'tool-edit', 'tool-shell', 'tool-agent', 'tool-fail', 'tool-sleep', 'tool-loop', 'tool-named', 'tool-unknown',
    'hang-mid', 'cut', 'truncated', 'malformed', 'stream-error',
  ],
  modelOf: (url) => nameAndVerb(url)?.[1] ?? '',
  isModelCall: (url, method) => method === 'POST' && /:(streamGenerateContent|generateContent|batchEmbedContents)$/.test(url.pathname),
  error: (status, kind, message, s = {}) => errorBody(status, s.name === '400' && s.key ? 'bad-key' : kind, message, s),
  async handle(x) {
    const route = x.url.pathname.replace(/\/+$/, '');
    if (x.req.method === 'GET' && /\/models$/.test(route)) {
      return x.json(200, { models: MODELS.map((name) => ({ name: `models/${name}`, version: '1', displayName: name, inputTokenLimit: 1048576, outputTokenLimit: 65536, supportedGenerationMethods: ['generateContent', 'countTokens'] })) });
    }
    const verb = x.req.method === 'POST' ? nameAndVerb(x.url)?.[2] : '';
    if (verb === 'streamGenerateContent') return generate(x, true);
    if (verb === 'generateContent') return generate(x, false);
    if (verb === 'countTokens') return x.json(200, { totalTokens: Math.ceil(JSON.stringify(x.body).length / 4) });
    if (verb === 'batchEmbedContents') return x.json(200, { embeddings: (x.body?.requests ?? []).map((r) => ({ values: vectorOf((r.content?.parts ?? []).map((p) => p.text).join(' '), Number(x.scenario.dims ?? 16)) })) });
    return false;
  },
};

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) serve(provider, 18083);
