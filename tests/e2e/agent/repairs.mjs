// repairs.mjs DIR: twenty broken folders, the tasks to repair them, and what a model does about each,
// answer by answer. Ten of the models make mistakes with their tools first, each a different one.
//
// DIR gets config/tasks.json, script.json (for the scenario tool-script of tests/fake) and repo/ID/...
// A folder is repaired when its `test` (sh) succeeds; repo/check runs the tests of what was changed.

import fs from 'node:fs';
import path from 'node:path';

const finish = (summary) => ({ calls: [['finish', { status: 'done', summary }]] });
const read = (file) => ['read_file', { path: file }];
const patch = (text) => ['apply_patch', { patch: text }];
const one = (file, from, to, line = 1) => patch(`--- a/${file}\n+++ b/${file}\n@@ -${line} +${line} @@\n-${from}\n+${to}\n`);
const write = (file, content) => ['write_file', { path: file, content }];
const run = (command) => ['run_command', { command }];
const numbers = (n) => Array.from({ length: n }, (_, i) => `${i + 1}\n`).join('');
const block = (name, args) => `\`\`\`tool\n${JSON.stringify({ name, arguments: args })}\n\`\`\``;

/** id, files, the test's lines, and the model's answers. */
const plain = [
  { id: 'exact-patch', files: { 'a.txt': 'one\ntow\nthree\n' }, test: 'grep -qx two a.txt',
    steps: [{ calls: [read('exact-patch/a.txt')] }, { calls: [one('exact-patch/a.txt', 'tow', 'two', 2)] }, finish('spelled right')] },
  { id: 'wrong-numbers', files: { 'a.txt': numbers(50) }, test: 'grep -qx fourty a.txt && [ "$(wc -l <a.txt)" = 50 ]',
    steps: [{ calls: [patch('--- wrong-numbers/a.txt\n+++ wrong-numbers/a.txt\n@@ -3,9 +700,1 @@\n 39\n-40\n+fourty\n 41\n')] }, finish('40 is a word')] },
  { id: 'write-whole', files: { 'a.txt': 'wrong\n' }, test: 'printf "right\\n" | cmp -s - a.txt',
    steps: [{ text: 'I write it anew.', calls: [write('write-whole/a.txt', 'right\n')] }, finish('written anew')] },
  { id: 'by-command', files: { 'a.sh': 'echo bad\n' }, test: '[ "$(sh a.sh)" = good ]',
    steps: [{ calls: [run('cd by-command && sed -i s/bad/good/ a.sh && sh a.sh')] }, finish('sed did it')] },
  { id: 'search-first', files: { 'x/y/z.txt': 'needle = 1\n', 'x/other.txt': 'hay\n' }, test: 'grep -qx "needle = 2" x/y/z.txt',
    steps: [{ calls: [['search', { pattern: 'needle', path: 'search-first' }]] }, { calls: [one('search-first/x/y/z.txt', 'needle = 1', 'needle = 2')] }, finish('found it')] },
  { id: 'several-files', files: { 'a.txt': 'a\n', 'old.txt': 'old\n' }, test: '[ "$(cat a.txt new/b.txt)" = "$(printf "A\\nB")" ] && [ ! -e old.txt ]',
    steps: [{ calls: [patch('--- a/several-files/a.txt\n+++ b/several-files/a.txt\n@@ -1 +1 @@\n-a\n+A\n--- /dev/null\n+++ b/several-files/new/b.txt\n@@ -0,0 +1 @@\n+B\n--- a/several-files/old.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-old\n')] }, finish('three files')] },
  { id: 'two-at-once', files: { 'a.txt': 'a\n', 'b.txt': 'b\n' }, test: 'grep -qx A a.txt && grep -qx B b.txt',
    steps: [{ calls: [one('two-at-once/a.txt', 'a', 'A'), one('two-at-once/b.txt', 'b', 'B'), ['list_dir', { path: 'two-at-once' }]] }, finish('both')] },
  { id: 'test-and-again', files: { 'n.txt': '1\n' }, test: '[ "$(cat n.txt)" -gt 2 ]',
    steps: [{ calls: [write('test-and-again/n.txt', '2\n')] }, { calls: [run('cd test-and-again && sh test; echo $?')] },
      { calls: [write('test-and-again/n.txt', '3\n')] }, { calls: [run('cd test-and-again && sh test')] }, finish('3 is enough')] },
  { id: 'result-in-words', files: { 'a.txt': 'x\n' }, test: 'grep -qx y a.txt',
    steps: [{ calls: [one('result-in-words/a.txt', 'x', 'y')] }, { text: 'Done:\n```json\n{"status": "done", "summary": "x is y"}\n```' }] },
  { id: 'calls-as-text', files: { 'a.txt': 'x\n' }, test: 'grep -qx y a.txt',
    steps: [{ text: `Let me look.\n${block('read_file', { path: 'calls-as-text/a.txt' })}` }, { text: `<tool_call>${JSON.stringify({ name: 'write_file', arguments: { path: 'calls-as-text/a.txt', content: 'y\n' } })}</tool_call>` },
      { text: block('finish', { status: 'done', summary: 'in text' }) }] },
];

/** What the model does wrong before it does the same as everybody. */
const mistakes = [
  ['broken-json', [['write_file', '{"path": "broken-json/a.txt", "content": "y']]],
  ['cut-off', [['write_file', '{"path": "cut-off/a.txt", "con']], 'length'],
  ['unknown-tool', [['edit_file', { path: 'unknown-tool/a.txt' }]]],
  ['missing-argument', [['write_file', { path: 'missing-argument/a.txt' }]]],
  ['wrong-type', [['write_file', { path: 'wrong-type/a.txt', content: { text: 'y' } }]]],
  ['list-of-arguments', [['read_file', '["list-of-arguments/a.txt"]']]],
  ['no-diff', [patch('replace x by y in no-diff/a.txt')]],
  ['patch-that-misses', [one('patch-that-misses/a.txt', 'z', 'y')]],
  ['outside', [write('../outside.txt', 'y\n'), write('/etc/orxaq-outside', 'y\n'), read('outside/../../orxaq.yaml')]],
  ['into-git', [write('.git/hooks/pre-commit', '#!/bin/sh\n'), ['run_command', { command: '' }]]],
].map(([id, calls, stop]) => ({
  id, files: { 'a.txt': 'x\n' }, test: 'grep -qx y a.txt',
  steps: [{ calls, stop }, { calls: [one(`${id}/a.txt`, 'x', 'y')] }, finish(`after a mistake: ${id}`)],
}));

const dir = process.argv[2];
const all = [...plain, ...mistakes];
const put = (name, text) => {
  const full = path.join(dir, name);
  fs.mkdirSync(path.dirname(full), { recursive: true });
  fs.writeFileSync(full, text);
};
for (const repair of all) {
  put(`repo/${repair.id}/test`, `${repair.test}\n`);
  for (const [name, text] of Object.entries(repair.files)) put(`repo/${repair.id}/${name}`, text);
}
put('config/tasks.json', JSON.stringify(all.map(({ id }) => ({
  id, owner: 'worker', priority: 1, title: `Repair ${id}`, description: `Make ${id}/test succeed.`,
})), null, 1));
put('script.json', JSON.stringify(Object.fromEntries(all.map(({ id, steps }) => [id, steps]))));
put('ids', `${all.map(({ id }) => id).join('\n')}\n`);
