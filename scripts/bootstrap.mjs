#!/usr/bin/env node
/**
 * Makes a checkout ready and runs one of the project's tasks: `node scripts/bootstrap.mjs <task> [args]`.
 *
 * This is the one file that runs on whatever Node.js (18 or later) happens to be there, before any
 * dependency is installed. Everything else runs on the Node.js that package-lock.json pins. Stdout
 * belongs to the task alone; what happens here is told on stderr.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const tasks = {
  demo: 'scripts/demo.ts',
  'demo:checks': 'scripts/demo-checks.ts',
  'demo:cloud': 'scripts/demo-cloud.ts',
  cloud: 'scripts/cloud.ts',
  test: 'scripts/test.ts',
  bench: 'scripts/bench.ts',
  'bench:dns': 'scripts/bench/dns.ts',
  'bench:faults': 'scripts/bench/faults.ts',
  'bench:judge': 'scripts/bench/judge.ts',
  'bench:kill': 'scripts/bench/kill.ts',
  verdigris: 'cli/main.ts',
};

/** The oldest versions that run TypeScript as it is: 22.18, 23.6 and all of 24 and later. */
function runsTypeScript(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major >= 24 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/**
 * Whether node_modules is what package-lock.json says. npm writes its own record as the last act of
 * an install, so an interrupted one has none; packages for other platforms are allowed to be absent.
 */
export function isInstalled(root) {
  const wanted = readPackages(path.join(root, 'package-lock.json'));
  const present = readPackages(path.join(root, 'node_modules', '.package-lock.json'));
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(([location, { version, optional, devOptional }]) => {
    const isRequired = location !== '' && !optional && !devOptional;
    const found = present[location];
    return found ? found.version === version : !isRequired;
  });
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** The process that holds the lock is gone, or it died before it wrote its id. */
function isAbandoned(lock) {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    return pid > 0 ? !isAlive(pid) : Date.now() - statSync(lock).mtimeMs > 5000;
  } catch {
    return false;
  }
}

function take(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

/** Runs `work` while no other bootstrap of this checkout runs its own. */
async function exclusively(root, work) {
  const lock = path.join(root, '.verdigris', 'install.lock');
  mkdirSync(path.dirname(lock), { recursive: true });
  let hasSaidSo = false;
  while (!take(lock)) {
    if (isAbandoned(lock)) rmSync(lock, { force: true });
    else {
      if (!hasSaidSo) console.error('Waiting for another install of this checkout to finish …');
      hasSaidSo = true;
      await delay(200);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Starts a child, passes signals on to it, and waits for it: `{ code, signal }`. */
async function run(command, args, options) {
  const child = spawn(command, args, options);
  // A terminal gives Ctrl-C to the whole process group; passing it on would make it two.
  const passOn = (signal) => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, passOn);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ code, signal }));
      options.onSpawn?.(child);
    });
  } finally {
    for (const signal of signals) process.off(signal, passOn);
  }
}

/** `npm ci`, by the npm that started us where there is one. Its output is shown when it fails. */
async function install(root) {
  console.error('Installing dependencies (once per package-lock.json) …');
  const flags = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  const isScript = npm !== undefined && /npm-cli\.c?js$/.test(npm);
  const [command, args] = isScript ? [process.execPath, [npm, ...flags]] : ['npm', flags];
  const { output, ...ended } = await runQuietly(command, args, root, {
    shell: !isScript && process.platform === 'win32',
  });
  if (ended.code !== 0 && !ended.signal) {
    console.error(
      `${output}\nInstalling the dependencies failed: npm ci ended with ${ended.code}.`,
    );
  }
  return ended;
}

/** Folder of the Python environment in a checkout, and what it is made from. */
const venv = '.venv';
const requirements = path.join('scripts', 'emulators', 'requirements.txt');

/** Whether this run of a task talks to the emulated cloud, lints CloudFormation or runs schemathesis. */
export function needsPython(task, args) {
  if (task === 'cloud' || task === 'demo:cloud') return true;
  if (task === 'bench') return args.some((it) => it.includes('cloud'));
  const isForPython = (it) => /cloud|template|schemathesis/.test(it);
  return task === 'test' && (args.length === 0 || args.some(isForPython));
}

/** Whether the Python environment is what requirements.txt says: the stamp is written last. */
export function isPythonReady(root) {
  const read = (file) => {
    try {
      return readFileSync(path.join(root, file), 'utf8');
    } catch {
      return undefined;
    }
  };
  const wanted = read(requirements);
  return wanted !== undefined && read(path.join(venv, 'requirements.txt')) === wanted;
}

function findPython() {
  const isNewEnough = ['-c', 'import sys, venv; sys.exit(sys.version_info < (3, 10))'];
  return ['python3', 'python'].find((name) => spawnSync(name, isNewEnough).status === 0);
}

/**
 * Makes the Python environment of emulators and test tools. Nobody needs it to release on one machine, so what
 * goes wrong is told and the task goes on: it says itself what it has to leave out.
 */
async function preparePython(root) {
  const python = findPython();
  if (!python) {
    console.error('No Python 3.10 or later (with venv) here: what needs it is left out.');
    return;
  }
  console.error('Preparing emulators and test tools in .venv (once, about a minute) …');
  const bin = path.join(root, venv, process.platform === 'win32' ? 'Scripts' : 'bin', 'python');
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  const calls = [
    [python, ['-m', 'venv', '--clear', path.join(root, venv)]],
    [bin, [...pip, '--requirement', path.join(root, requirements)]],
  ];
  for (const [command, args] of calls) {
    const { code, signal, output } = await runQuietly(command, args, root);
    if (code === 0) continue;
    console.error(
      `${output}\nWhat needs Python is left out: ${command} ended with ${code ?? signal}.`,
    );
    return;
  }
  const stamp = path.join(root, venv, 'requirements.txt');
  writeFileSync(stamp, readFileSync(path.join(root, requirements), 'utf8'));
}

/** Runs a command and keeps its output for the case that it fails: `{ code, signal, output }`. */
async function runQuietly(command, args, root, options = {}) {
  let output = '';
  const collect = (chunk) => {
    output += chunk;
  };
  const ended = await run(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
    onSpawn(child) {
      child.stdout.on('data', collect);
      child.stderr.on('data', collect);
    },
  });
  return { ...ended, output };
}

/** The Node.js that the lockfile pins, or ours where that one does not run (musl, ignored scripts). */
function chooseNode(root) {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const pinned = path.join(root, 'node_modules', 'node', 'bin', name);
  if (existsSync(pinned) && spawnSync(pinned, ['--version']).status === 0) return pinned;
  if (runsTypeScript(process.version)) return process.execPath;
  console.error(
    `The Node.js in node_modules does not run here, and this one (${process.version}) cannot run ` +
      'TypeScript. Install Node.js 24, or allow the install script of the package "node".',
  );
  return undefined;
}

/** Ends this process as the child ended, so that callers see its code or its signal. */
function endAs({ code, signal }) {
  if (signal) process.kill(process.pid, signal);
  else process.exitCode = code ?? 1;
}

/** `npm run verdigris` works where it was called, as any command does; npm itself moves to the root. */
function workingDirectory(task, root) {
  const { INIT_CWD, npm_package_json: manifest } = process.env;
  const isByNpm = manifest === path.join(root, 'package.json');
  return task === 'verdigris' && isByNpm && INIT_CWD ? INIT_CWD : process.cwd();
}

async function main([task, ...args]) {
  const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
  if (!Object.hasOwn(tasks, task ?? '')) {
    console.error(`usage: bootstrap.mjs ${Object.keys(tasks).join(' | ')} [arguments]`);
    process.exitCode = 2;
    return;
  }
  if (!isInstalled(root)) {
    const ended = await exclusively(root, () => (isInstalled(root) ? { code: 0 } : install(root)));
    if (ended.code !== 0) return endAs(ended);
  }
  if (needsPython(task, args) && !isPythonReady(root)) {
    await exclusively(root, () => (isPythonReady(root) ? undefined : preparePython(root)));
  }
  const node = chooseNode(root);
  if (!node) return endAs({ code: 1 });
  const bin = path.join(root, 'node_modules', '.bin');
  const searchPath = `${bin}${path.delimiter}${process.env.PATH ?? ''}`;
  const script = path.join(root, tasks[task]);
  const cache = path.join(root, 'node_modules', '.cache', 'compiled');
  endAs(
    await run(node, ['--disable-warning=ExperimentalWarning', script, ...args], {
      stdio: 'inherit',
      cwd: workingDirectory(task, root),
      // Types are stripped and code is compiled once, not at every start.
      env: { NODE_COMPILE_CACHE: cache, ...process.env, PATH: searchPath },
    }),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(process.argv.slice(2));
}
