import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { lastLines, recentText } from '../../../lib/environments/process/output-log.ts';
import { readRecord } from '../../../lib/environments/process/record.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'verdigris-pipe-'));
const pipe = path.join(directory, 'pipe');
execFileSync('mkfifo', [pipe]);
afterAll(() => rmSync(directory, { recursive: true }));

it('is not waited for where a process has put a pipe in its place', () => {
  expect(recentText(pipe, 0, 100)).toBeNull();
  expect(lastLines(pipe, 0, 10)).toEqual([]);
  expect(() => readRecord(pipe)).toThrow('is no regular file');
  expect(readRecord(path.join(directory, 'nothing'))).toBeNull();
});
